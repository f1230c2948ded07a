// The one table of what can go wrong with the bytes of a file, and the plan that puts a row of it in front of an answer.
// A bug in a download begins as a new row here.

import type { ErrorCode } from '../../src/core/errors.ts';
import { firstBytes, flipped, followed, stalled } from './broken-body.ts';
import { type Answer, type AnswerContext, answerWith } from './file-answer.ts';

export interface Fault {
  readonly name: string;
  /** How often it strikes unless the test says otherwise. */
  readonly times: number;
  /** What a good client makes of it: the right file in the end, or an error of this code and no file. */
  readonly expect: 'recovers' | ErrorCode;
  /** The client gets over it only by its own idle timeout. */
  readonly needsTimeout?: boolean;
  /** Answers that it cannot apply to are left alone and not counted. */
  applies?(answer: Answer, context: AnswerContext): boolean;
  apply(answer: Answer, context: AnswerContext, released: Promise<void>): Answer;
}

export interface FaultPlan {
  /** @param options.path the file it strikes, any if absent; `times` overrides the row's own */
  add(fault: Fault, options?: { path?: string | RegExp; times?: number }): void;
  /** The fault for the next answer, counted as struck. */
  next(answer: Answer, context: AnswerContext): Fault | undefined;
  apply(answer: Answer, context: AnswerContext): Answer;
  /** What struck so far, in order. */
  readonly struck: readonly { readonly name: string; readonly path: string }[];
  /** Lets stalled answers go on. */
  release(): void;
  clear(): void;
}

export function createFaultPlan(): FaultPlan {
  const rows: { fault: Fault; path: string | RegExp | undefined; left: number }[] = [];
  const struck: { name: string; path: string }[] = [];
  let gate = Promise.withResolvers<void>();
  const plan: FaultPlan = {
    struck,
    add: (fault, { path, times = fault.times } = {}) => rows.push({ fault, path, left: times }),
    next(answer, context) {
      const row = rows.find(
        ({ fault, path, left }) => left > 0 && isPath(path, context.path) && fault.applies?.(answer, context) !== false,
      );
      if (row === undefined) return undefined;
      row.left -= 1;
      struck.push({ name: row.fault.name, path: context.path });
      return row.fault;
    },
    apply: (answer, context) => plan.next(answer, context)?.apply(answer, context, gate.promise) ?? answer,
    release() {
      gate.resolve();
      gate = Promise.withResolvers<void>();
    },
    clear() {
      rows.length = 0;
      struck.length = 0;
    },
  };
  return plan;
}

function isPath(wanted: string | RegExp | undefined, path: string): boolean {
  return wanted === undefined || (typeof wanted === 'string' ? wanted === path : wanted.test(path));
}

/** Where in the answer a fault strikes, in bytes; the middle unless given. */
type At = number | undefined;
const place = (answer: Answer, at: At) => Math.min(at ?? Math.floor(answer.sizeBytes / 2), answer.sizeBytes);

/** The connection is reset after some bytes. */
export const resetAfter = (at?: number): Fault => ({
  name: 'reset',
  times: 1,
  expect: 'recovers',
  apply: (answer) => ({ ...answer, read: () => firstBytes(answer, place(answer, at)), ending: 'reset' }),
});

/** The connection is closed in order, before all announced bytes came. */
export const shortBody = (at?: number): Fault => ({
  name: 'short body',
  times: 1,
  expect: 'recovers',
  apply: (answer) => ({ ...answer, read: () => firstBytes(answer, place(answer, at)), ending: 'hangup' }),
});

/** One byte differs; the length is right. */
export const flippedByte = (times: number, at?: number): Fault => ({
  name: times === 1 ? 'flipped byte once' : 'flipped byte',
  times,
  expect: times === 1 ? 'recovers' : 'DIGEST_MISMATCH',
  applies: (answer) => answer.sizeBytes > 0,
  apply: (answer) => ({ ...answer, read: () => flipped(answer, place(answer, at)) }),
});

/** Nothing more comes until the plan is released; then the rest does. */
export const stallAfter = (at?: number): Fault => ({
  name: 'stall',
  times: 1,
  expect: 'recovers',
  needsTimeout: true,
  apply: (answer, _context, released) => ({ ...answer, read: () => stalled(answer, place(answer, at), released) }),
});

/** More bytes than the file has, and a Content-Length that says so. */
export const extraBytes = (count = 7): Fault => ({
  name: 'extra bytes',
  times: 1,
  expect: 'recovers',
  apply: (answer) => ({
    ...answer,
    headers: {
      ...answer.headers,
      ...('Content-Length' in answer.headers ? { 'Content-Length': answer.sizeBytes + count } : {}),
    },
    sizeBytes: answer.sizeBytes + count,
    read: () => followed(answer, Buffer.alloc(count, 'x')),
  }),
});

/** A whole answer in place of the file's. */
export function refusal(row: {
  name: string;
  times: number;
  status: number;
  headers?: Record<string, string>;
  text: string;
}): Fault {
  const { name, times, status, text } = row;
  const headers = { 'Content-Type': 'text/plain', ...row.headers, 'Content-Length': Buffer.byteLength(text) };
  const answer: Answer = { status, headers, sizeBytes: text.length, read: () => [Buffer.from(text)], ending: 'end' };
  return { name, times, expect: 'recovers', apply: () => answer };
}

const HTML =
  '<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in to this network.</body></html>';
const EXPIRED =
  '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Access denied</Message></Error>';

/** Every row strikes once or twice and is got over, but for those whose `expect` is a code. */
export const FAULTS: readonly Fault[] = [
  resetAfter(),
  shortBody(),
  flippedByte(1),
  flippedByte(Number.POSITIVE_INFINITY),
  refusal({ name: '503 twice', times: 2, status: 503, text: 'Service Unavailable' }),
  refusal({
    name: '429 at once again',
    times: 1,
    status: 429,
    headers: { 'Retry-After': '0' },
    text: 'Too Many Requests',
  }),
  {
    name: 'whole file under 200 for a range',
    times: 1,
    expect: 'recovers',
    applies: (_answer, { span }) => span !== undefined,
    apply: (_answer, { body, options }) => answerWith(body, undefined, options),
  },
  {
    name: 'slice under 200',
    times: Number.POSITIVE_INFINITY,
    expect: 'recovers',
    applies: (_answer, { span }) => span !== undefined,
    apply: (answer) => ({ ...answer, status: 200 }),
  },
  refusal({
    name: 'HTML page',
    times: 1,
    status: 200,
    headers: { 'Content-Type': 'text/html; charset=utf-8' },
    text: HTML,
  }),
  {
    ...refusal({
      name: 'expired link',
      times: 1,
      status: 403,
      headers: { 'Content-Type': 'application/xml' },
      text: EXPIRED,
    }),
    applies: (_answer, context) => context.place === 'cdn',
  },
  stallAfter(),
  extraBytes(),
];
