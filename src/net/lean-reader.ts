// Reads long answers: one exchange at a time on kept connections, the head strictly, the body by its length and into a sink.

import { aborted, ModelFetchError } from '../core/errors.ts';
import type { ByteSink, Fetched, FetchTask, LeanReader } from '../core/ports.ts';
import { judgeAnswer } from '../core/transfer/answer.ts';
import { type LeanConnection, type LeanListener, openConnection } from './lean-connection.ts';
import { type LeanHead, parseLeanHead } from './lean-head.ts';
import { hostOf } from './network-error.ts';

/** For large files. Reads are few when they may be long. */
const READ_BYTES = 1024 * 1024;
const MAX_HEAD_BYTES = 64 * 1024;
/** Enough of a refusal to tell what it is. */
const MAX_TEXT_BYTES = 64 * 1024;
/** Short reads (TLS gives 16 KiB at a time) are gathered to this before they are passed on. */
const GATHER_BYTES = 256 * 1024;

/** @param readBytes the most that one read takes from a socket */
export function createLeanReader(readBytes: number = READ_BYTES): LeanReader {
  const buffer = new Uint8Array(readBytes);
  const idle = new Map<string, LeanConnection[]>();

  const take = (url: URL): LeanConnection | undefined => {
    const kept = idle.get(url.origin) ?? [];
    for (let connection = kept.pop(); connection !== undefined; connection = kept.pop()) {
      if (connection.isOpen) return connection;
    }
    return undefined;
  };
  const keep = (url: URL, connection: LeanConnection) => {
    connection.rest();
    idle.set(url.origin, [...(idle.get(url.origin) ?? []), connection]);
  };

  return {
    async fetch(task, sink, onHead, signal) {
      const url = new URL(task.wire.url);
      const parts = { task, url, request: requestHead(url, task.wire.headers), sink, onHead, keep };
      const kept = take(url);
      if (kept !== undefined) {
        const outcome = await exchange(kept, parts, signal);
        // A kept connection may have been closed just before the request; then nothing of an answer came.
        if (outcome !== 'unanswered') return outcome;
      }
      if (signal.aborted) throw aborted();
      const outcome = await exchange(openConnection(url, buffer, task.wire.limits), parts, signal);
      if (outcome !== 'unanswered') return outcome;
      throw new ModelFetchError('NETWORK', `${hostOf(url.href)} closed the connection without an answer.`);
    },
  };
}

interface Exchange {
  readonly task: FetchTask;
  readonly url: URL;
  /** The head of the request, as it goes out. */
  readonly request: string;
  readonly sink: ByteSink;
  onHead(): void;
  keep(url: URL, connection: LeanConnection): void;
}

function exchange(connection: LeanConnection, parts: Exchange, signal: AbortSignal): Promise<Fetched | 'unanswered'> {
  const { task, url } = parts;
  return new Promise((resolve, reject) => {
    const cancel = () => finish(() => reject(aborted()), false);
    const finish = (settle: () => void, isReusable: boolean) => {
      signal.removeEventListener('abort', cancel);
      if (isReusable && connection.isOpen) parts.keep(url, connection);
      else connection.destroy();
      settle();
    };
    if (signal.aborted) return cancel();
    signal.addEventListener('abort', cancel, { once: true });
    const listener = createListener(connection, parts, {
      done: (outcome, isReusable) => finish(() => resolve(outcome), isReusable),
      fail: (error) => finish(() => reject(error), false),
    });
    connection.ask(parts.request, listener, task.wire.limits);
  });
}

function requestHead(url: URL, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ host: url.host, ...headers }).map(([name, value]) => `${name}: ${value}`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line break in a header would begin another one
  if (lines.some((line) => /[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/.test(line))) {
    throw new ModelFetchError('BAD_OPTION', 'A header holds a character that cannot be sent.', {
      hint: 'Check the token: it may hold a line break or letters that are not ASCII.',
    });
  }
  return `GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('\r\n')}\r\nconnection: keep-alive\r\n\r\n`;
}

interface Verdict {
  done(outcome: Fetched | 'unanswered', isReusable: boolean): void;
  fail(error: unknown): void;
}

function createListener(connection: LeanConnection, parts: Exchange, verdict: Verdict): LeanListener {
  let head = '';
  let body: BodyReader | undefined;
  const begin = (text: string, rest: Uint8Array) => {
    const parsed = parseLeanHead(text);
    if (parsed === undefined) return verdict.done({ kind: 'odd' }, false);
    const { status, headers, lengthBytes } = parsed;
    if (lengthBytes === undefined) {
      const saysAll = isToldByHead(status);
      return verdict.done(
        saysAll ? { kind: 'answer', status, headers: { ...headers }, text: '' } : { kind: 'odd' },
        false,
      );
    }
    connection.expectBody(parts.task.wire.limits);
    body = openBody({ ...parsed, lengthBytes }, parts, verdict);
    body?.take(rest);
  };
  return {
    onBytes(bytes) {
      try {
        if (body !== undefined) return body.take(bytes);
        // The end of the head may be cut in two by a read.
        const before = head.length;
        head += latin1(bytes.subarray(0, MAX_HEAD_BYTES + 4));
        const end = head.indexOf('\r\n\r\n', Math.max(0, before - 3));
        if (end !== -1) return begin(head.slice(0, end), bytes.subarray(end + 4 - before));
        if (head.length > MAX_HEAD_BYTES) verdict.done({ kind: 'odd' }, false);
      } catch (error) {
        verdict.fail(error);
      }
    },
    onEnd(error) {
      try {
        const early = body?.early();
        if (error !== undefined && (early !== undefined || head !== '' || !isReset(error))) return verdict.fail(error);
        if (early !== undefined) return verdict.fail(early);
        verdict.done('unanswered', false);
      } catch (failure) {
        // What came last could not be passed on.
        verdict.fail(failure);
      }
    },
  };
}

// Redirects, and statuses that mean the same on every host: their text adds nothing.
function isToldByHead(status: number): boolean {
  return (status >= 300 && status < 400) || status === 408 || status === 429 || status >= 500;
}

type FramedHead = LeanHead & { readonly lengthBytes: number };

function isReset(error: ModelFetchError): boolean {
  const { cause } = error;
  return cause instanceof Error && 'code' in cause && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE');
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

interface BodyReader {
  take(bytes: Uint8Array): void;
  /** The connection ended before the body did: passes on what came, and tells the error. */
  early(): ModelFetchError;
}

function openBody(head: FramedHead, parts: Exchange, verdict: Verdict): BodyReader | undefined {
  const answer = judgeAnswer(head, parts.task.asked);
  if (answer.kind === 'wrong') {
    verdict.fail(answer.error);
    return undefined;
  }
  if (answer.kind === 'text') return textBody(head, parts, verdict);
  if (answer.kind === 'whole' && parts.task.asked.range !== undefined) {
    verdict.done({ kind: 'whole' }, false);
    return undefined;
  }
  parts.onHead();
  return bytesBody(head, parts, verdict);
}

function bytesBody(head: FramedHead, { task, sink }: Exchange, verdict: Verdict): BodyReader {
  const gathered = createGatherer(sink, head.lengthBytes);
  let left = head.lengthBytes;
  return {
    take(bytes) {
      const ours = bytes.length > left ? bytes.subarray(0, left) : bytes;
      left -= ours.length;
      gathered.add(ours);
      if (left > 0) return;
      gathered.flush();
      // What comes after the end belongs to no request of ours.
      verdict.done({ kind: 'done' }, head.staysOpen && bytes.length === ours.length);
    },
    early() {
      gathered.flush();
      return new ModelFetchError('NETWORK', `${task.asked.what} ended ${left} bytes early.`);
    },
  };
}

function textBody(head: FramedHead, { task }: Exchange, verdict: Verdict): BodyReader {
  const wanted = Math.min(head.lengthBytes, MAX_TEXT_BYTES);
  let text = Buffer.alloc(0);
  const done = (isReusable: boolean) =>
    verdict.done(
      { kind: 'answer', status: head.status, headers: { ...head.headers }, text: text.toString('utf8') },
      isReusable,
    );
  return {
    take(bytes) {
      const ours = bytes.subarray(0, wanted - text.length);
      text = Buffer.concat([text, ours]);
      if (text.length === wanted) done(head.staysOpen && wanted === head.lengthBytes && ours.length === bytes.length);
    },
    early: () => new ModelFetchError('NETWORK', `${task.asked.what} ended early.`),
  };
}

interface Gatherer {
  add(bytes: Uint8Array): void;
  flush(): void;
}

/** @param lengthBytes all that will come */
function createGatherer(sink: ByteSink, lengthBytes: number): Gatherer {
  const enoughBytes = Math.min(GATHER_BYTES / 4, lengthBytes);
  let gathered: Uint8Array | undefined;
  let count = 0;
  const flush = () => {
    if (gathered === undefined || count === 0) return;
    const ready = gathered.subarray(0, count);
    count = 0;
    sink(ready);
  };
  return {
    add(bytes) {
      if (count === 0 && bytes.length >= enoughBytes) return sink(bytes);
      gathered ??= new Uint8Array(Math.min(GATHER_BYTES, lengthBytes));
      for (let from = 0; from < bytes.length; ) {
        const part = bytes.subarray(from, from + gathered.length - count);
        gathered.set(part, count);
        count += part.length;
        from += part.length;
        if (count === gathered.length) flush();
      }
    },
    flush,
  };
}
