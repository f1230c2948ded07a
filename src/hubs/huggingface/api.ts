// One question to the Hugging Face Hub: its address, its credential, its refusals typed. Nothing about what comes next.

import type * as v from 'valibot';
import type { HttpRequest, HttpText } from '../../core/http.ts';
import type { HubSetting, Transport } from '../../core/ports.ts';
import { type ModelRef, repositoryOf } from '../../core/ref.ts';
import { believe, foreignAnswer, parseJson, protocolError } from '../border.ts';
import { createKeys, type Keys } from '../keys.ts';
import { type Told, tell, withCredential } from '../tell.ts';
import { type HuggingfaceQuestion, huggingfaceRefusal } from './wire.ts';

export const HUGGINGFACE_TITLE = 'Hugging Face';
/** Servers write it into addresses even when they are asked through a mirror (huggingface.md 1.1). */
export const HUGGINGFACE_ENDPOINT = 'https://huggingface.co';

export interface HuggingfaceApi {
  /** `{endpoint}/api/models/owner/name` */
  apiUrl(ref: ModelRef): string;
  /** `{endpoint}/owner/name`, with `datasets/` before it where it is one. */
  pageUrl(ref: ModelRef): string;
  readonly endpoint: string;
  readonly keys: Keys;
  /** A GET with the credential, which belongs to the endpoint's origin. */
  get(url: string, signal: AbortSignal): Promise<HttpRequest>;
  /** @param ref whose page a person may have to be sent to */
  question(subject: string, ref: ModelRef): HuggingfaceQuestion;
  /** The answer in the shape of the schema, and the address of the next page if there is one.
   * @throws NOT_FOUND, REVISION_NOT_FOUND, AUTH_REQUIRED, FORBIDDEN, HUB_PROTOCOL, and what `Transport.read` throws */
  ask<S extends v.GenericSchema>(
    ref: ModelRef,
    url: string,
    schema: S,
    signal: AbortSignal,
  ): Promise<HuggingfaceAnswer<S>>;
  /** Any other request, judged by the caller. */
  tell(told: Told, signal: AbortSignal): Promise<HttpText>;
}

export interface HuggingfaceAnswer<S extends v.GenericSchema> {
  readonly data: v.InferOutput<S>;
  readonly nextUrl: string | undefined;
}

export function createHuggingfaceApi(setting: HubSetting, transport: Transport): HuggingfaceApi {
  const { endpoint } = setting;
  const keys = createKeys(setting, (bearer, origin) => ({ origin, bearer }));
  const api: HuggingfaceApi = {
    endpoint,
    keys,
    apiUrl: (ref) => `${endpoint}/api/${ref.kind}s/${ref.repo}`,
    pageUrl: (ref) => `${endpoint}/${ref.kind === 'dataset' ? 'datasets/' : ''}${ref.repo}`,
    get: async (url, signal) => withCredential({ method: 'GET', url }, await keys.current(signal)),
    question: (subject, ref) => ({
      title: HUGGINGFACE_TITLE,
      endpoint,
      subject,
      hasToken: keys.has,
      page: api.pageUrl(ref),
    }),
    async ask(ref, url, schema, signal) {
      const question = api.question(repositoryOf(ref), ref);
      const request = { method: 'GET', url, headers: { accept: 'application/json' } } as const;
      const answer = await api.tell({ request, judge: (text) => huggingfaceRefusal(text, question) }, signal);
      const value = parseJson(answer.text);
      if (answer.status !== 200 || value === undefined) throw foreignAnswer(answer, question);
      const data = believe(schema, value, question);
      return { data, nextUrl: nextUrl(answer.headers['link'], answer.url, question) };
    },
    tell: (told, signal) => tell(keys, transport, told, signal),
  };
  return api;
}

/** The target of `Link: <…>; rel="next"`, on the endpoint. @throws HUB_PROTOCOL when it leads to another origin */
function nextUrl(link: string | undefined, base: string, question: HuggingfaceQuestion): string | undefined {
  const target = /<([^<>]*)>\s*;\s*rel="?next"?/i.exec(link ?? '')?.[1];
  if (target === undefined) return undefined;
  const isDefault = target.startsWith(`${HUGGINGFACE_ENDPOINT}/`);
  const moved = isDefault ? `${question.endpoint}${target.slice(HUGGINGFACE_ENDPOINT.length)}` : target;
  const isOurs = URL.canParse(moved, base) && new URL(moved, base).origin === new URL(question.endpoint).origin;
  if (!isOurs) throw protocolError(question, 'the next page of the listing is on another host');
  return new URL(moved, base).href;
}
