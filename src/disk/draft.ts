// The private place where a slot's bytes gather. What all kinds have in common; the slot decides what happens when.

import type { Digest } from '../core/digest.ts';
import type { Range } from '../core/http.ts';
import type { HashFollower } from '../core/ports.ts';
import type { RangeFile } from './range-file.ts';

export interface Draft {
  readonly path: string;
  readonly data: RangeFile;
  /** What an interrupted run left; sorted, disjoint. */
  readonly resumed: readonly Range[];
  /** Bytes that it had written besides and that cannot be used. */
  readonly lostBytes: number;
  /** After each write. @throws DISK_FULL, DISK_IO when making an earlier one last failed */
  noteWrite(sizeBytes: number): void;
  /** Fetches into the file in another thread. */
  readonly fetch?: HashFollower['fetch'];
  /** The digests of the complete file. @throws DISK_FULL, DISK_IO, ABORTED */
  digests(signal: AbortSignal): Promise<Digest[]>;
  /** Forgets everything written. */
  clear(): Promise<void>;
  /** Closes and leaves what another run can resume. */
  keep(): Promise<void>;
  /** Closes, so that the file can be moved. */
  close(): Promise<void>;
  /** After `close`: leaves nothing. */
  remove(): Promise<void>;
}
