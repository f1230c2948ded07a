// The seam to the store: verified content by digest, and how bytes come to be verified. Interfaces only.

import type { Chunks } from '../chunks.ts';
import type { Range } from '../http.ts';
import type { RemoteFile } from '../snapshot.ts';
import type { Fetched, FetchTask, FetchWatch } from './net.ts';
import type { Shelf } from './text.ts';

/** Content by its sha256 in hex: it lives once in the store. */
export interface Blob {
  readonly sha256: string;
  readonly sizeBytes: number;
}

export type Verify = 'receipt' | 'full';

export interface Found {
  /** Present only when its bytes are proved: by a receipt that still fits, or by hashing them now. */
  readonly blob?: Blob;
  /** True when bytes were there and were not the right ones. They no longer count as a blob, except in a dry run; what of them
   * seems to be sound may be left for the next slot. */
  readonly damaged: boolean;
}

/** Verified content by digest. Correct without any lock. */
export interface Store {
  readonly folder: string;
  find(file: RemoteFile, verify: Verify, signal: AbortSignal): Promise<Found>;
  /** Takes over bytes that are already on this machine, once their digests match; the file itself stays.
   * @returns undefined when they are not the file's bytes. */
  adopt(path: string, file: RemoteFile, signal: AbortSignal): Promise<Blob | undefined>;
  /** As Hasher.isBusy. */
  isBusy(): boolean;
  /** A place for the bytes of a file, with what an interrupted run left of it. While another process brings the same content in, it
   * waits, as long as that one shows life; then nothing may be missing from the slot, and `commit` gives the blob.
   * @throws DISK_FULL, DISK_IO, ABORTED */
  open(file: RemoteFile, signal: AbortSignal): Promise<Slot>;
  /** The same, but undefined at once where `open` would wait: another file may be worked on meanwhile. */
  openUnlessHeld(file: RemoteFile, signal: AbortSignal): Promise<Slot | undefined>;
  /** Bytes of these files that partial downloads already hold. */
  partialBytes(file: RemoteFile): Promise<number>;
  /** Where a blob's bytes are. Read only. */
  pathOf(blob: Blob): string;
  /** A blob's bytes, as they are now. @throws DISK_IO, also when there are fewer */
  read(blob: Blob, range: Range): Chunks;
  /** Says that a run needs these files: until `close` nothing of them is collected as garbage, and afterwards it counts as their last
   * use. To be said before they are looked for; where it cannot be written down, it is not heard. */
  hold(about: string, files: readonly RemoteFile[]): Promise<void>;
  /** Says that a lock file names these files: they are not collected as long as runs say so, and a month longer. */
  pin(by: string, files: readonly RemoteFile[]): Promise<void>;
  /** Ends what `hold` said. */
  close(): Promise<void>;
  /** What this machine remembers of hubs. */
  readonly shelf: Shelf;
  /** A private, empty folder on the store's own volume, where entries of the runner cache are laid out. */
  stage(): Promise<Stage>;
}

export interface Stage {
  readonly folder: string;
  /** Makes the blob appear at `<folder>/<directory>/<name>`, by a link where that is possible. */
  expose(blob: Blob, directory: string, name: string): Promise<void>;
  /** Where something that was restored into the folder lies. */
  pathOf(directory: string, name: string): string;
  discard(): Promise<void>;
}

/** Bytes on their way into the store. Never visible under the blob's name before `commit` has proved them. */
export interface Slot {
  /** Sorted, disjoint; what was missing when the slot was opened or reset, or when a commit failed. */
  readonly missing: readonly Range[];
  /** Bytes that an interrupted run left and that need not be sent again. */
  readonly resumedBytes: number;
  /** Bytes that it had written besides and that must be sent again, as far as the file system tells. */
  readonly lostBytes: number;
  /** Each byte of a range is written once between resets; ranges may be written at the same time, in any order. */
  write(offsetBytes: number, chunk: Uint8Array): Promise<void>;
  /** Fetches a range straight to its place, in a thread where it is hashed on the way. Absent where bytes come by `write` only.
   * @throws NETWORK, TIMEOUT, STALLED, SIZE_MISMATCH, DISK_FULL, DISK_IO, ABORTED; what arrived before stays. */
  readonly fetch?: (task: FetchTask, watch: FetchWatch, signal: AbortSignal) => Promise<Fetched>;
  /** Forgets everything written. */
  reset(): Promise<void>;
  /** What to doubt first when the digest turns out wrong; nothing: everything. Sorted, disjoint. */
  doubt(ranges: readonly Range[]): void;
  /** Proves size and digests, then makes the blob visible.
   * @throws DIGEST_MISMATCH, SIZE_MISMATCH, DISK_FULL, DISK_IO. After a SIZE_MISMATCH the slot is as after `reset`. After a
   * DIGEST_MISMATCH what could be located as wrong is gone and missing; else what was doubtful; else, or where a slot cannot tell its
   * bytes apart, everything. */
  commit(signal: AbortSignal): Promise<Blob>;
  /** As HashFollower.marks, of what the last `commit` hashed, right or wrong. */
  readonly marks: readonly string[];
  /** Closes and keeps what arrived for the next run. Harmless after `commit`. */
  suspend(): Promise<void>;
}
