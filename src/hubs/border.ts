// The border to strangers' JSON: what every dialect does to an answer before a word of it is believed. Knows no hub by name.

import * as v from 'valibot';
import { ModelFetchError } from '../core/errors.ts';
import type { Headers } from '../core/http.ts';
import { quoteWords } from '../core/text/quote.ts';

/** What a dialect reads of an answer. */
export interface HubAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Whom a question went to and what it was about, for messages. */
export interface Question {
  /** The hub as people write it. */
  readonly title: string;
  readonly endpoint: string;
  /** What was asked for. */
  readonly subject: string;
  readonly hasToken: boolean;
}

/** The value that the text stands for; undefined when it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is one of the expected answers: a proxy's or a CDN's page. The caller says what it means.
    return undefined;
  }
}

/** The value in the shape of the schema; more members than the schema's are fine. @throws HUB_PROTOCOL */
export function believe<S extends v.GenericSchema>(schema: S, value: unknown, question: Question): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw protocolError(
    question,
    `the answer is not as documented (${v.getDotPath(issue) ?? 'as a whole'}: ${quoteWords(issue.message)})`,
  );
}

/** The error for an answer that the dialect cannot read at all. */
export function foreignAnswer(answer: HubAnswer, question: Question): ModelFetchError {
  const kind = /^\s*</.test(answer.text)
    ? 'a web page'
    : parseJson(answer.text) === undefined
      ? 'text that is no JSON'
      : 'JSON of another kind';
  return protocolError(question, `it sent ${kind} (status ${answer.status})`);
}

/** HUB_PROTOCOL, naming the host. */
export function protocolError(question: Question, reason: string): ModelFetchError {
  const message = `${hostOf(question)} does not answer like ${question.title} on ${question.subject}: ${reason}.`;
  return new ModelFetchError('HUB_PROTOCOL', message, {
    hint: `Check that the endpoint ${question.endpoint} is a ${question.title} hub, and that no proxy or login page stands before it.`,
  });
}

/** The host that was asked, with its port. */
export function hostOf(question: Question): string {
  return new URL(question.endpoint).host;
}
