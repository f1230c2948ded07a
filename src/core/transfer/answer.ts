// Is this answer the bytes that were asked for? Decided by Content-Range and length, since a slice can wear 200 and a 200 can be
// the whole file (modelscope.md 3.2). Pure.

import { ModelFetchError } from '../errors.ts';
import { type Headers, parseContentRange, type Range } from '../http.ts';

export type Answer =
  /** The body is exactly the range. */
  | { readonly kind: 'slice' }
  /** The body is the whole file from byte 0. */
  | { readonly kind: 'whole' }
  /** The body is not the file: its text may say why. */
  | { readonly kind: 'text' }
  | { readonly kind: 'wrong'; readonly error: ModelFetchError };

export interface Asked {
  /** As sent in the Range header; undefined when the whole file was asked for. */
  readonly range: Range | undefined;
  readonly sizeBytes: number;
  /** The file and the host, for messages. */
  readonly what: string;
}

export function judgeAnswer(answer: { status: number; headers: Headers }, asked: Asked): Answer {
  const { status, headers } = answer;
  if (status !== 200 && status !== 206) return { kind: 'text' };
  // Some stores send the header with nothing in it.
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity')
    return wrong(asked, `came encoded as ${encoding.slice(0, 60)}, though identity was asked for`);
  const header = headers['content-range'];
  if (header === undefined) return judgeUnranged(answer, asked);
  const given = parseContentRange(header);
  const want = asked.range ?? { start: 0, end: asked.sizeBytes };
  if (given === undefined || given.start !== want.start || given.end !== want.end) {
    return wrong(asked, `came as another range than the one asked for (${header.slice(0, 60)})`);
  }
  if (given.totalBytes !== undefined && given.totalBytes !== asked.sizeBytes) {
    return wrong(asked, `has ${given.totalBytes} bytes there, and ${asked.sizeBytes} in the listing`);
  }
  const lengthBytes = lengthOf(headers);
  if (lengthBytes !== undefined && lengthBytes !== want.end - want.start)
    return wrong(asked, 'came with a length that is not its range’s');
  return { kind: asked.range === undefined ? 'whole' : 'slice' };
}

function judgeUnranged({ status, headers }: { status: number; headers: Headers }, asked: Asked): Answer {
  if (status === 206) return wrong(asked, 'came as a part (206) without saying which');
  const lengthBytes = lengthOf(headers);
  return lengthBytes === undefined || lengthBytes === asked.sizeBytes ? { kind: 'whole' } : { kind: 'text' };
}

function lengthOf(headers: Headers): number | undefined {
  const text = headers['content-length'];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function wrong({ what }: Asked, how: string): Answer {
  return { kind: 'wrong', error: new ModelFetchError('SIZE_MISMATCH', `${what} ${how}.`) };
}
