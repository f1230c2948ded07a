// Bodies that are not the bytes that were asked for: changed, too many, too few, or something else altogether.

import { gzipSync } from 'node:zlib';
import { flipped, followed } from '../broken-body.ts';
import { bytesOf, createBody, pointerOf } from '../content.ts';
import type { Answer, AnswerContext } from '../file-answer.ts';
import { type Fault, forEver, once, textAnswer, withHeaders } from './fault.ts';

const middle = (answer: Answer) => Math.floor(answer.sizeBytes / 2);
const hasBytes = (answer: Answer) => answer.sizeBytes > 0;
const isRange = (_answer: Answer, { span }: AnswerContext) => span !== undefined;

/** One byte differs; the length is right. */
export const flippedByte = (times: number, at?: number): Fault => ({
  name: times === 1 ? 'flipped byte once' : 'flipped byte',
  times,
  expect: times === 1 ? 'recovers' : 'DIGEST_MISMATCH',
  applies: hasBytes,
  apply: (answer) => ({ ...answer, read: () => flipped(answer, Math.min(at ?? middle(answer), answer.sizeBytes)) }),
});

/** More bytes than the file has, and a Content-Length that says so. */
export const extraBytes = (count = 7): Fault =>
  once('extra bytes', (answer) => ({
    ...withHeaders(answer, 'Content-Length' in answer.headers ? { 'Content-Length': answer.sizeBytes + count } : {}),
    sizeBytes: answer.sizeBytes + count,
    read: () => followed(answer, Buffer.alloc(count, 'x')),
  }));

/** More bytes than were announced: on a kept connection they come where the next head belongs. */
const unannounced = (name: string, extra: (answer: Answer) => Uint8Array): Fault =>
  once(name, (answer) => ({ ...answer, read: () => followed(answer, extra(answer)) }), {
    applies: (answer) => 'Content-Length' in answer.headers && hasBytes(answer),
  });

function secondAnswer(answer: Answer): Buffer {
  const { 'Content-Range': contentRange, 'Content-Length': length } = answer.headers;
  const range = contentRange === undefined ? '' : `Content-Range: ${contentRange}\r\n`;
  const head = `HTTP/1.1 ${answer.status} OK\r\n${range}Content-Length: ${length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.alloc(4096, 'w')]);
}

const otherContent = (name: string, more: Partial<Fault> = {}): Fault =>
  once(
    name,
    (answer, { body, span }) => {
      const other = createBody({ seed: 'another content', sizeBytes: body.sizeBytes });
      const { start, end } = span ?? { start: 0, end: body.sizeBytes };
      return { ...answer, read: () => other.read(start, end) };
    },
    { applies: hasBytes, ...more },
  );

/** The text that git stores in place of a large file. */
const pointer: Fault = once('git-lfs pointer', (_answer, { body }) =>
  textAnswer(200, pointerOf('0'.repeat(64), body.sizeBytes)),
);

const HTML =
  '<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in to this network.</body></html>';
const page = { 'Content-Type': 'text/html; charset=utf-8' };
const htmlPage: Fault = once('HTML page', () => textAnswer(200, HTML, page));
const htmlWithoutLength: Fault = once('HTML page without a length', () =>
  withHeaders(textAnswer(200, HTML, page), { 'Content-Length': undefined }),
);
const htmlOfTheLength: Fault = once(
  'HTML page as long as the file',
  (_answer, { body }) => textAnswer(200, HTML.padEnd(body.sizeBytes), page),
  { applies: (_answer, { body }) => body.sizeBytes > HTML.length },
);
const nothing: Fault = once('nothing under 200', () => textAnswer(200, ''), { applies: hasBytes });

// Compressed on the fly, as proxies do: without a length.
const compressed: Fault = once(
  'gzip that nobody asked for',
  (answer, { body }) => ({
    ...withHeaders(answer, { 'Content-Encoding': 'gzip', 'Content-Length': undefined }),
    read: () => zipped(body),
  }),
  { applies: hasBytes },
);

async function* zipped(body: AnswerContext['body']): AsyncGenerator<Uint8Array> {
  yield gzipSync(await bytesOf(body, 0, Math.min(body.sizeBytes, 65_536)));
}

export const WRONG_BYTES: readonly Fault[] = [
  flippedByte(1),
  flippedByte(Number.POSITIVE_INFINITY),
  { ...flippedByte(Number.POSITIVE_INFINITY), name: 'flipped byte in ranges only', applies: isRange },
  extraBytes(),
  forEver(extraBytes(), 'SIZE_MISMATCH'),
  unannounced('more bytes than announced', () => Buffer.alloc(100, 'x')),
  unannounced('a second answer in the same breath', secondAnswer),
  otherContent('another content'),
  { ...forEver(otherContent('another content'), 'DIGEST_MISMATCH') },
  {
    ...forEver(otherContent('another content'), 'DIGEST_MISMATCH'),
    name: 'another content from the second range on',
    applies: (_answer, { span }) => (span?.start ?? 0) > 0,
  },
  pointer,
  forEver(pointer, 'SIZE_MISMATCH'),
  htmlPage,
  forEver(htmlPage, 'SIZE_MISMATCH'),
  htmlWithoutLength,
  {
    ...htmlWithoutLength,
    name: 'HTML page without a length for a later range',
    applies: (_answer, { span }) => (span?.start ?? 0) > 0,
  },
  htmlOfTheLength,
  nothing,
  forEver(nothing, 'SIZE_MISMATCH'),
  compressed,
  forEver(compressed, 'SIZE_MISMATCH'),
];
