// What a row of the table of faults is, and small words to make rows with. Holds no row and sends nothing.

import type { ErrorCode } from '../../../src/core/errors.ts';
import type { Answer, AnswerContext, Place } from '../file-answer.ts';

/** What a good client makes of a fault: the right files in the end, or an error of this code and no file. */
export type Expected = 'recovers' | ErrorCode;

/** Something wrong with an answer. */
export interface Fault {
  readonly name: string;
  /** How often it strikes unless the test says otherwise. */
  readonly times: number;
  readonly expect: Expected;
  /** The answers that it strikes; BYTES unless said otherwise. */
  readonly places?: readonly Place[];
  /** The client gets over it only by its own limits of time. */
  readonly needsTimeout?: boolean;
  /** What the host asks for, and the client is to wait altogether at the least. */
  readonly waitMs?: number;
  /** Answers that it cannot apply to are left alone and not counted. */
  applies?(answer: Answer, context: AnswerContext): boolean;
  apply(answer: Answer, context: AnswerContext, released: Promise<void>): Answer;
}

/** Something wrong around the answers: a listing that lies, a disk, a process. A test of its own arranges it. */
export interface Circumstance {
  readonly name: string;
  readonly expect: Expected;
  readonly where: 'listing' | 'network' | 'disk' | 'process';
}

export type Row = Fault | Circumstance;

/** Whether a row changes answers, so that a plan of faults can put it in front of them. */
export function strikesAnswers(row: Row): row is Fault {
  return 'apply' in row;
}

/** Answers with a file's bytes. */
export const BYTES: readonly Place[] = ['hub', 'cdn', 'cache'];
/** What the hub says about a file, and its bytes where it sends them itself. */
export const HUB: readonly Place[] = ['link', 'hub'];
/** Everything that is said about a file, wherever it lies. */
export const FILE: readonly Place[] = ['link', 'hub', 'cdn'];

export function placesOf(fault: Fault): readonly Place[] {
  return fault.places ?? BYTES;
}

/** The row, striking without end. */
export function forEver(fault: Fault, expect: Expected): Fault {
  return { ...fault, name: `${fault.name}, for ever`, times: Number.POSITIVE_INFINITY, expect };
}

/** A row that strikes once and is got over. */
export function once(name: string, apply: Fault['apply'], more: Partial<Fault> = {}): Fault {
  return { name, times: 1, expect: 'recovers', apply, ...more };
}

/** A row for something that is allowed, however odd: it strikes always, and every client is to live with it. */
export function always(name: string, apply: Fault['apply'], more: Partial<Fault> = {}): Fault {
  return { name, times: Number.POSITIVE_INFINITY, expect: 'recovers', apply, ...more };
}

/** The answer with other headers; undefined takes one away. */
export function withHeaders(answer: Answer, changes: Readonly<Record<string, string | number | undefined>>): Answer {
  const entries = Object.entries({ ...answer.headers, ...changes });
  const headers = Object.fromEntries(
    entries.filter((entry): entry is [string, string | number] => entry[1] !== undefined),
  );
  return { ...answer, headers };
}

/** A whole answer in place of another, under a status and with a text. */
export function textAnswer(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const bytes = Buffer.from(text);
  return {
    status,
    headers: { 'Content-Type': 'text/plain', ...headers, 'Content-Length': bytes.length },
    sizeBytes: bytes.length,
    read: () => [bytes],
    ending: 'end',
  };
}
