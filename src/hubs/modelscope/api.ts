// One question to ModelScope's REST interface: its address, its credential, its envelope opened. Nothing about what comes next.

import type * as v from 'valibot';
import type { Credential, HttpRequest, HttpText } from '../../core/http.ts';
import type { HubSetting, Transport } from '../../core/ports.ts';
import { type ModelRef, repositoryOf } from '../../core/ref.ts';
import { believe, foreignAnswer, type Question } from '../border.ts';
import { createKeys, type Keys } from '../keys.ts';
import { type Told, tell, withCredential } from '../tell.ts';
import { type ModelscopeEnvelope, modelscopeRefusal, readEnvelope, succeeded } from './wire.ts';

export const MODELSCOPE_TITLE = 'ModelScope';

export interface ModelscopeApi {
  /** The address of a route below a repository, its query quoted as forms are: blank `+`, slash `%2F` (modelscope.md 3.1).
   * @param id what stands for the repository in the address; `owner/name` unless told */
  url(ref: ModelRef, route: string, query?: Readonly<Record<string, string>>, id?: string): string;
  readonly endpoint: string;
  readonly keys: Keys;
  /** A GET with the credential, which belongs to the endpoint's origin. */
  get(url: string, signal: AbortSignal): Promise<HttpRequest>;
  question(subject: string): Question;
  /** `Data` of the answer in the shape of the schema, and the envelope around it.
   * @throws NOT_FOUND, REVISION_NOT_FOUND, AUTH_REQUIRED, FORBIDDEN, HUB_PROTOCOL, SERVER, and what `Transport.read` throws */
  ask<S extends v.GenericSchema>(
    ref: ModelRef,
    url: string,
    schema: S,
    signal: AbortSignal,
  ): Promise<ModelscopeAnswer<S>>;
  /** Any other request, judged by the caller. */
  tell(told: Told, signal: AbortSignal): Promise<HttpText>;
}

export interface ModelscopeAnswer<S extends v.GenericSchema> {
  readonly data: v.InferOutput<S>;
  readonly envelope: ModelscopeEnvelope;
}

export function createModelscopeApi(setting: HubSetting, transport: Transport): ModelscopeApi {
  const { endpoint } = setting;
  const keys = createKeys(setting, toCredential);
  const api: ModelscopeApi = {
    endpoint,
    keys,
    url(ref, route, query, id = ref.repo) {
      const search = query === undefined ? '' : `?${new URLSearchParams(query)}`;
      return `${endpoint}/api/v1/${ref.kind}s/${id}${route}${search}`;
    },
    get: async (url, signal) => withCredential({ method: 'GET', url }, await keys.current(signal)),
    question: (subject) => ({ title: MODELSCOPE_TITLE, endpoint, subject, hasToken: keys.has }),
    async ask(ref, url, schema, signal) {
      const question = api.question(repositoryOf(ref));
      const request = { method: 'GET', url, headers: { accept: 'application/json' } } as const;
      const judge = (text: HttpText) => modelscopeRefusal(text, question, 'NOT_FOUND');
      const answer = await api.tell({ request, judge }, signal);
      const envelope = readEnvelope(answer.text);
      if (envelope === undefined || !succeeded(answer.status, envelope)) throw foreignAnswer(answer, question);
      return { data: believe(schema, envelope.Data, question), envelope };
    },
    tell: (told, signal) => tell(keys, transport, told, signal),
  };
  return api;
}

// Live reports disagree on which of the two is read, so both are sent (modelscope.md 1.3).
function toCredential(token: string, origin: string): Credential {
  return { origin, bearer: token, cookie: `m_session_id=${token}` };
}
