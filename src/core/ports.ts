// The seams: what the rooms promise one another. Interfaces only; nothing here does anything.

import type { Algorithm, Digest } from './digest.ts';
import type { HttpRequest, HttpResponse, HttpText, Range, WireRequest } from './http.ts';
import type { FailedAnswer } from './ports/hub.ts';
import type { Shelf } from './ports/text.ts';
import type { RepoPath } from './repo-path.ts';
import type { RemoteFile, Snapshot } from './snapshot.ts';
import type { Asked } from './transfer/answer.ts';

export type * from './ports/cache.ts';
export type * from './ports/hub.ts';
export type * from './ports/text.ts';

/** The one source of time and chance. */
export interface Clock {
  nowMs(): number;
  /** A number in [0, 1). */
  random(): number;
  /** Resolves after the wait; rejects with ABORTED as soon as the signal fires. */
  sleep(waitMs: number, signal: AbortSignal): Promise<void>;
  /** Does the work again and again until it is stopped; keeps no process alive.
   * @returns stops it */
  every(intervalMs: number, work: () => void): () => void;
}

/** The one door to the network. */
export interface Transport {
  /** One exchange, redirects followed (at most five, never from https to http). A credential goes to its own origin only. A
   * failing status is an answer, not an error.
   * @throws NETWORK, TIMEOUT, HUB_PROTOCOL (redirects that lead nowhere), ABORTED; the body fails with NETWORK or STALLED. */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
  /** The same for small texts (at most 64 MiB), tried again by the policy on network errors, 408, 429 and 5xx.
   * @throws as send, and RATE_LIMITED, SERVER when the tries are used up. */
  read(request: HttpRequest, signal: AbortSignal): Promise<HttpText>;
  /** The same, tried once and with no status turned into an error: for what must not be asked twice without looking.
   * @throws as send */
  once(request: HttpRequest, signal: AbortSignal): Promise<HttpText>;
  /** The request as it would go out, for a reader in another thread; undefined where a proxy is in between. */
  wire(request: HttpRequest): WireRequest | undefined;
  /** The request that follows an answer to this one; undefined when the answer is no redirect.
   * @throws HUB_PROTOCOL for a redirect that is refused */
  hop(request: HttpRequest, answer: Pick<HttpResponse, 'status' | 'headers'>): HttpRequest | undefined;
  close(): Promise<void>;
}

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
  read(blob: Blob, range: Range): AsyncIterable<Uint8Array>;
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

/** One exchange of a reader in another thread. Plain data. */
export interface FetchTask {
  readonly wire: WireRequest;
  readonly range: Range;
  readonly asked: Asked;
}

export interface FetchWatch {
  /** The answer is the bytes, and they begin to arrive. */
  onHead(): void;
  /** So many more bytes of the range are in their place, in order. */
  onBytes(count: number): void;
}

export type Fetched =
  | { readonly kind: 'done' }
  /** The server offers the whole file in place of the range; nothing of it was read. */
  | { readonly kind: 'whole' }
  /** Something else than the bytes: a redirect, a refusal. */
  | ({ readonly kind: 'answer' } & FailedAnswer)
  /** Framed in a way that only the full client reads. */
  | { readonly kind: 'odd' };

/** Takes bytes in order; the view is valid during the call only. */
export type ByteSink = (bytes: Uint8Array) => void;

/** A reader for long answers: strict about the head, quick about the body. */
export interface LeanReader {
  fetch(task: FetchTask, sink: ByteSink, onHead: () => void, signal: AbortSignal): Promise<Fetched>;
}

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

/** One file of a view. */
export interface ViewFile {
  readonly path: RepoPath;
  readonly blob: Blob;
}

export interface ViewState {
  /** Files that an earlier run put there and nobody has touched since: path → sha256 in hex, empty when it must be proved anew. */
  readonly placed: ReadonlyMap<string, string>;
  /** Everything else that lies there, as paths relative to the folder. */
  readonly foreign: readonly string[];
}

export interface Placed {
  readonly kept: readonly RepoPath[];
  readonly linked: readonly RepoPath[];
  /** Removed because the snapshot no longer has them; only files that a view had put there and nobody changed. */
  readonly removed: readonly string[];
  /** Not ours, left alone. */
  readonly foreign: readonly string[];
  /** How the files came to be there. `copy` costs their size once more. */
  readonly method: 'hardlink' | 'reflink' | 'copy' | 'none';
}

/** Shows a snapshot to tools as files in a folder. */
export interface View {
  inspect(folder: string): Promise<ViewState>;
  /** Looks at everything in the folder that would keep these files from being placed. Changes nothing.
   * @throws UNSAFE_PATH, DISK_IO */
  check(folder: string, paths: readonly RepoPath[]): Promise<void>;
  /** Where a file of the view lies or would lie. */
  pathIn(folder: string, path: RepoPath): string;
  /** @throws DISK_IO, DISK_FULL, UNSAFE_PATH (a folder inside the view is a symbolic link) */
  place(folder: string, snapshot: Snapshot, files: readonly ViewFile[], signal: AbortSignal): Promise<Placed>;
}

export interface Volume {
  /** The same for two folders on one file system. */
  readonly id: string;
  readonly freeBytes: number;
}

/** Looks at a folder before anything is written to it. */
export interface Disk {
  /** The volume that the folder is or would be on. Makes no folder and leaves nothing behind.
   * @throws DISK_IO when it could not be written to. */
  probe(folder: string): Promise<Volume>;
  /** Whether neither folder is, or lies in, the other. */
  areApart(a: string, b: string): Promise<boolean>;
  /** Whether a view in one folder can link to a store in the other, so that the bytes exist once. */
  canLink(store: string, view: string): Promise<boolean>;
}
