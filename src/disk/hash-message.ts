// What the pool and its threads say to one another. Plain data.

import type { Digest } from '../core/digest.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { HashTask } from './hash-file.ts';

export type HashRequest =
  | ({ readonly type: 'open'; readonly id: number } & HashTask)
  /** Everything before the offset is on disk. */
  | { readonly type: 'advance'; readonly id: number; readonly toBytes: number }
  | { readonly type: 'finish'; readonly id: number }
  | { readonly type: 'stop'; readonly id: number };

export type HashReply =
  /** Everything that was allowed is hashed: the next offset is welcome. */
  | { readonly type: 'reached'; readonly id: number }
  | { readonly type: 'digests'; readonly id: number; readonly digests: Digest[] }
  /** `code` is absent for a bug. */
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly code?: ErrorCode;
      readonly message: string;
      readonly hint?: string;
    };
