// What the pool and its threads say to one another. Plain data.

import type { Digest } from '../../core/digest.ts';
import { type ErrorCode, ModelFetchError } from '../../core/errors.ts';
import type { Fetched, FetchTask } from '../../core/ports.ts';
import type { HashTask } from './hash-file.ts';

export type HashRequest =
  | ({ readonly type: 'open'; readonly id: number } & HashTask)
  /** Everything before the offset is on disk. */
  | { readonly type: 'advance'; readonly id: number; readonly toBytes: number }
  /** Fetch a range into the file. `fetchId` is unique in the thread. */
  | { readonly type: 'fetch'; readonly id: number; readonly fetchId: number; readonly task: FetchTask }
  | { readonly type: 'abort'; readonly id: number; readonly fetchId: number }
  | { readonly type: 'finish'; readonly id: number }
  | { readonly type: 'stop'; readonly id: number };

export type HashReply =
  /** Everything that was allowed is hashed: the next offset is welcome. */
  | { readonly type: 'reached'; readonly id: number }
  | { readonly type: 'digests'; readonly id: number; readonly digests: Digest[]; readonly marks: readonly string[] }
  | ({ readonly type: 'failed'; readonly id: number } & PlainError)
  | ({ readonly type: 'fetch'; readonly id: number; readonly fetchId: number } & FetchNews);

/** What a thread tells of one fetch. `countBytes`: in place since the last news. */
export type FetchNews =
  | { readonly news: 'head' }
  | { readonly news: 'bytes'; readonly countBytes: number }
  | {
      readonly news: 'end';
      readonly countBytes: number;
      readonly outcome: Fetched | ({ readonly kind: 'failed' } & PlainError);
    };

/** An error that crosses a thread. `code` is absent for a bug. */
export interface PlainError {
  readonly code?: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

export function toPlainError(error: unknown): PlainError {
  if (!(error instanceof ModelFetchError))
    return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  return { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}

export function fromPlainError({ code, message, hint }: PlainError): Error {
  if (code === undefined) return new Error(`a hashing thread failed: ${message}`);
  return new ModelFetchError(code, message, hint === undefined ? {} : { hint });
}
