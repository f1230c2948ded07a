// The answer to a request for a file, as data: so that a fault can change it before it is sent. Knows ranges, knows no hub.

import type { Body } from './content.ts';
import type { FaultPlan } from './faults.ts';
import { begin, type Exchange, write, writeRaw } from './server.ts';

/** A range of bytes: start inclusive, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  /** Bytes that `read` yields. */
  readonly sizeBytes: number;
  read(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** How the answer ends: properly, by closing the connection, or by a reset. */
  readonly ending: 'end' | 'hangup' | 'reset';
  /** What goes over the wire, head and all, in place of what the HTTP library would write. The connection ends with it. */
  wire?(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

export interface FileAnswerOptions {
  readonly headers?: Readonly<Record<string, string | number>>;
  /** What becomes of a Range header; honoured unless said otherwise. `slice-under-200` sends the slice and its Content-Range
   * under the status 200 (modelscope.md 3.2). */
  readonly ranges?: 'honour' | 'ignore' | 'slice-under-200';
  /** Sends no Content-Length. */
  readonly chunked?: boolean;
}

/** What an answer is: a file's bytes from a hub, a CDN or the cache, a redirect to them, or a text about the repository. */
export type Place = 'hub' | 'cdn' | 'cache' | 'link' | 'api';

/** What a fault may want to know of the request. */
export interface AnswerContext {
  /** The repository's path of the file, the key of a cache entry, or the path of the request itself. */
  readonly path: string;
  readonly place: Place;
  /** The whole address that was asked for. */
  readonly url: string;
  readonly body: Body;
  /** Present when the request asked for a range that exists. */
  readonly span: Span | undefined;
  readonly options: FileAnswerOptions;
  /** Present where links lead: every link made so far is refused from now on. */
  expireLinks?(): void;
}

export interface FileRequest {
  readonly path: string;
  readonly place: AnswerContext['place'];
  readonly body: Body;
  readonly faults: FaultPlan;
  readonly options?: FileAnswerOptions;
  expireLinks?(): void;
}

/** Answers a GET or HEAD for a file, after asking the plan whether something should go wrong. */
export async function sendFile(exchange: Exchange, file: FileRequest): Promise<void> {
  const { path, place, body, options = {} } = file;
  const span = options.ranges === 'ignore' ? undefined : parseSpan(exchange.request.headers.range, body.sizeBytes);
  if (span === 'outside') {
    return sendAnswer(exchange, outside(body.sizeBytes));
  }
  const answer = answerWith(body, span, options);
  if (exchange.log.method === 'HEAD') return sendAnswer(exchange, answer);
  const { expireLinks } = file;
  const context: AnswerContext = {
    path,
    place,
    url: addressOf(exchange),
    body,
    span,
    options,
    ...(expireLinks === undefined ? {} : { expireLinks }),
  };
  await sendAnswer(exchange, file.faults.apply(answer, context));
}

/** The faultless answer: 206 for a range, else 200. */
export function answerWith(body: Body, span: Span | undefined, options: FileAnswerOptions): Answer {
  const { start, end } = span ?? { start: 0, end: body.sizeBytes };
  return {
    status: span === undefined || options.ranges === 'slice-under-200' ? 200 : 206,
    headers: {
      'Content-Type': 'application/octet-stream',
      ...(options.ranges === 'ignore' ? {} : { 'Accept-Ranges': 'bytes' }),
      ...options.headers,
      ...(options.chunked === true ? {} : { 'Content-Length': end - start }),
      ...(span === undefined ? {} : { 'Content-Range': `bytes ${start}-${end - 1}/${body.sizeBytes}` }),
    },
    sizeBytes: end - start,
    read: () => body.read(start, end),
    ending: 'end',
  };
}

function outside(sizeBytes: number): Answer {
  const headers = { 'Content-Range': `bytes */${sizeBytes}`, 'Content-Length': 0 };
  return { status: 416, headers, sizeBytes: 0, read: () => [], ending: 'end' };
}

// One range, as RFC 9110 14.1.2 reads it; several, or nonsense, count as none.
function parseSpan(header: string | undefined, sizeBytes: number): Span | 'outside' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  if (match[1] === '') {
    const length = Math.min(Number(match[2]), sizeBytes);
    return length === 0 ? 'outside' : { start: sizeBytes - length, end: sizeBytes };
  }
  const start = Number(match[1]);
  const end = match[2] === '' ? sizeBytes : Math.min(Number(match[2]) + 1, sizeBytes);
  if (match[2] !== '' && Number(match[2]) < start) return undefined;
  return start >= sizeBytes ? 'outside' : { start, end };
}

/** The whole address of a request. */
export function addressOf({ origin, request }: Exchange): string {
  return `${origin}${request.url ?? '/'}`;
}

export async function sendAnswer(exchange: Exchange, answer: Answer): Promise<void> {
  if (answer.wire !== undefined) return sendWire(exchange, answer, answer.wire());
  begin(exchange, answer.status, answer.headers);
  if (exchange.log.method !== 'HEAD') {
    for await (const chunk of answer.read()) await write(exchange, chunk);
  }
  if (answer.ending === 'end') exchange.response.end();
  else if (answer.ending === 'hangup') exchange.request.socket.end();
  else exchange.request.socket.resetAndDestroy();
}

async function sendWire(
  exchange: Exchange,
  { status, ending }: Answer,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  exchange.log.status = status;
  for await (const chunk of chunks) await writeRaw(exchange, chunk);
  if (ending === 'reset') exchange.request.socket.resetAndDestroy();
  else exchange.request.socket.end();
}
