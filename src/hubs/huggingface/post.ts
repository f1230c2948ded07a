// A question to the Hugging Face Hub that is sent with a body. It may be repeated: what it changes, it changes once.

import type * as v from 'valibot';
import type { ModelRef } from '../../core/ref.ts';
import { believe, foreignAnswer, parseJson } from '../border.ts';
import type { HuggingfaceApi } from './api.ts';
import { huggingfaceChangeRefusal } from './push-wire.ts';

export interface Post<S extends v.GenericSchema> {
  readonly url: string;
  readonly body: unknown;
  readonly schema: S;
  readonly type: string;
}

/** A question that is sent with a body, and its answer in the shape of the schema.
 * @throws as huggingfaceChangeRefusal tells, HUB_PROTOCOL, and the network codes */
export async function postHuggingface<S extends v.GenericSchema>(
  api: HuggingfaceApi,
  ref: ModelRef,
  { url, body, schema, type }: Post<S>,
  signal: AbortSignal,
): Promise<v.InferOutput<S>> {
  const question = api.question('the release', ref);
  const headers = { accept: type, 'content-type': type };
  const request = { method: 'POST', url, headers, body: JSON.stringify(body) } as const;
  const answer = await api.tell({ request, judge: (text) => huggingfaceChangeRefusal(text, question) }, signal);
  const value = parseJson(answer.text);
  if (value === undefined) throw foreignAnswer(answer, question);
  return believe(schema, value, question);
}
