// The private place where a slot's bytes gather. What all kinds have in common; the slot decides what happens when.

import type { Range } from '../../core/http.ts';
import type { HashFollower } from '../../core/ports.ts';
import type { Hashed } from '../store/marks.ts';
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
  /** Fetches into it, in another thread or at least without the full client. */
  readonly fetch?: HashFollower['fetch'];
  /** Hashes the complete file. @throws DISK_FULL, DISK_IO, ABORTED */
  hash(signal: AbortSignal): Promise<Hashed>;
  /** Forgets ranges, on disk too; absent where the file is no longer than a piece. @throws DISK_FULL, DISK_IO */
  readonly forget?: (ranges: readonly Range[]) => Promise<void>;
  /** Forgets everything written. */
  clear(): Promise<void>;
  /** Closes and leaves what another run can resume. */
  keep(): Promise<void>;
  /** Closes, so that the file can be moved. */
  close(): Promise<void>;
  /** After `close`: leaves nothing. */
  remove(): Promise<void>;
}
