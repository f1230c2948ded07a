// One question to the Hugging Face Hub: its address, its credential, its refusals typed. Nothing about what comes next.

import type * as v from 'valibot';
import type { Credential, HttpRequest } from '../core/http.ts';
import type { HubSetting, Transport } from '../core/ports.ts';
import { type ModelRef, repositoryOf } from '../core/ref.ts';
import { believe, foreignAnswer, parseJson, protocolError } from './border.ts';
import { type HuggingfaceQuestion, huggingfaceRefusal } from './huggingface-wire.ts';

export const HUGGINGFACE_TITLE = 'Hugging Face';
/** Servers write it into addresses even when they are asked through a mirror (huggingface.md 1.1). */
export const HUGGINGFACE_ENDPOINT = 'https://huggingface.co';

export interface HuggingfaceApi {
  /** `{endpoint}/api/models/owner/name` */
  apiUrl(ref: ModelRef): string;
  /** `{endpoint}/owner/name`, with `datasets/` before it where it is one. */
  pageUrl(ref: ModelRef): string;
  /** A GET with the credential, which belongs to the endpoint's origin. */
  get(url: string): HttpRequest;
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
}

export interface HuggingfaceAnswer<S extends v.GenericSchema> {
  readonly data: v.InferOutput<S>;
  readonly nextUrl: string | undefined;
}

export function createHuggingfaceApi({ endpoint, token }: HubSetting, transport: Transport): HuggingfaceApi {
  const credential: Credential | undefined =
    token === undefined || token === '' ? undefined : { origin: new URL(endpoint).origin, bearer: token };
  const api: HuggingfaceApi = {
    apiUrl: (ref) => `${endpoint}/api/${ref.kind}s/${ref.repo}`,
    pageUrl: (ref) => `${endpoint}/${ref.kind === 'dataset' ? 'datasets/' : ''}${ref.repo}`,
    get: (url) => ({ method: 'GET', url, ...(credential === undefined ? {} : { credential }) }),
    question: (subject, ref) => ({
      title: HUGGINGFACE_TITLE,
      endpoint,
      subject,
      hasToken: credential !== undefined,
      page: api.pageUrl(ref),
    }),
    async ask(ref, url, schema, signal) {
      const question = api.question(repositoryOf(ref), ref);
      const answer = await transport.read({ ...api.get(url), headers: { accept: 'application/json' } }, signal);
      const refusal = huggingfaceRefusal(answer, question);
      if (refusal !== undefined) throw refusal;
      const value = parseJson(answer.text);
      if (answer.status !== 200 || value === undefined) throw foreignAnswer(answer, question);
      const data = believe(schema, value, question);
      return { data, nextUrl: nextUrl(answer.headers['link'], answer.url, question) };
    },
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
