// One question to ModelScope's REST interface: its address, its credential, its envelope opened. Nothing about what comes next.

import type * as v from 'valibot';
import type { Credential, HttpRequest } from '../core/http.ts';
import type { HubSetting, Transport } from '../core/ports.ts';
import { type ModelRef, repositoryOf } from '../core/ref.ts';
import { believe, foreignAnswer, type Question } from './border.ts';
import { type ModelscopeEnvelope, modelscopeRefusal, readEnvelope, succeeded } from './modelscope-wire.ts';

export const MODELSCOPE_TITLE = 'ModelScope';

export interface ModelscopeApi {
  /** The address of a route below a repository, its query quoted as forms are: blank `+`, slash `%2F` (modelscope.md 3.1).
   * @param id what stands for the repository in the address; `owner/name` unless told */
  url(ref: ModelRef, route: string, query?: Readonly<Record<string, string>>, id?: string): string;
  /** A GET with the credential, which belongs to the endpoint's origin. */
  get(url: string): HttpRequest;
  question(subject: string): Question;
  /** `Data` of the answer in the shape of the schema, and the envelope around it.
   * @throws NOT_FOUND, REVISION_NOT_FOUND, AUTH_REQUIRED, FORBIDDEN, HUB_PROTOCOL, SERVER, and what `Transport.read` throws */
  ask<S extends v.GenericSchema>(
    ref: ModelRef,
    url: string,
    schema: S,
    signal: AbortSignal,
  ): Promise<ModelscopeAnswer<S>>;
}

export interface ModelscopeAnswer<S extends v.GenericSchema> {
  readonly data: v.InferOutput<S>;
  readonly envelope: ModelscopeEnvelope;
}

export function createModelscopeApi({ endpoint, token }: HubSetting, transport: Transport): ModelscopeApi {
  const credential = credentialFor(endpoint, token);
  const api: ModelscopeApi = {
    url(ref, route, query, id = ref.repo) {
      const search = query === undefined ? '' : `?${new URLSearchParams(query)}`;
      return `${endpoint}/api/v1/${ref.kind}s/${id}${route}${search}`;
    },
    get: (url) => ({ method: 'GET', url, ...(credential === undefined ? {} : { credential }) }),
    question: (subject) => ({ title: MODELSCOPE_TITLE, endpoint, subject, hasToken: credential !== undefined }),
    async ask(ref, url, schema, signal) {
      const question = api.question(repositoryOf(ref));
      const answer = await transport.read({ ...api.get(url), headers: { accept: 'application/json' } }, signal);
      const refusal = modelscopeRefusal(answer, question, 'NOT_FOUND');
      if (refusal !== undefined) throw refusal;
      const envelope = readEnvelope(answer.text);
      if (envelope === undefined || !succeeded(answer.status, envelope)) throw foreignAnswer(answer, question);
      return { data: believe(schema, envelope.Data, question), envelope };
    },
  };
  return api;
}

// Live reports disagree on which of the two is read, so both are sent (modelscope.md 1.3).
function credentialFor(endpoint: string, token: string | undefined): Credential | undefined {
  if (token === undefined || token === '') return undefined;
  return { origin: new URL(endpoint).origin, bearer: token, cookie: `m_session_id=${token}` };
}
