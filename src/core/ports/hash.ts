// The seam to the threads that hash. Interfaces only.

import type { Algorithm, Digest } from '../digest.ts';
import type { Fetched, FetchTask, FetchWatch } from './net.ts';

/** Digests of files, in threads of their own. */
export interface Hasher {
  /** All algorithms in one read. @throws DISK_IO, ABORTED */
  hash(path: string, sizeBytes: number, algorithms: readonly Algorithm[], signal: AbortSignal): Promise<Digest[]>;
  /** Hashes a file while it is being written, as far as it is complete. */
  follow(path: string, sizeBytes: number, algorithms: readonly Algorithm[]): HashFollower;
  /** Whether all threads that have files in hand are at their limit: more connections would not bring more. A thread that has just
   * begun is. To be asked often; it tells of the time since it was last asked. */
  isBusy(): boolean;
  close(): Promise<void>;
}

export interface HashFollower {
  /** Everything before this offset is on disk and will not change. */
  advance(toBytes: number): void;
  /** Fetches a range into the file, hashing on the way what lies at the front. */
  fetch(task: FetchTask, watch: FetchWatch, signal: AbortSignal): Promise<Fetched>;
  /** The digests of the whole file; the front must have reached its end. */
  finish(): Promise<Digest[]>;
  /** Hex of the sha256 of all bytes before each multiple of PIECE_BYTES inside the file. Empty until `finish` has given the digests,
   * and where no sha256 was asked for. */
  readonly marks: readonly string[];
  /** Gives up; harmless after `finish`. */
  stop(): void;
}
