// The seam to the runner cache: what it promises. Interfaces only.

import type { Allowance } from '../cache/allowance.ts';
import type { Chunks } from '../chunks.ts';
import type { HttpRequest, Range } from '../http.ts';

/** What an entry of the runner cache is called. */
export interface CacheEntry {
  readonly key: string;
  /** Prefixes that may serve when the key itself is missing, best first. */
  readonly restoreKeys: readonly string[];
  /** The name of its folder in an archive; part of what makes two archives the same. */
  readonly folder: string;
}

/** The CI system's own cache. Its first failure is one warning; after it every call does nothing. What it gives proves nothing. */
export type RunnerCache = EntryCache | ArchiveCache;

/** An entry that the cache has. */
export interface CacheHit {
  /** The key that matched; only `===` tells whether it is the one that was asked for. */
  readonly key: string;
  /** Where its bytes are. The address is a secret. */
  readonly request: HttpRequest;
  /** Undefined where the host of the bytes does not tell. */
  readonly sizeBytes: number | undefined;
  /** Whether that host gives a part of the bytes when it is asked for one; else all come in one piece. */
  readonly ranges: boolean;
}

/** What is to become an entry. */
export interface CacheContent {
  readonly sizeBytes: number;
  /** May be asked for several ranges at once, and for one again. */
  read(range: Range): Chunks;
}

/** A cache whose entries are bytes as they were saved, each at an address of its own. */
export interface EntryCache {
  readonly kind: 'entries';
  /** Whether this run may save: false from the first failure on, and when faults have cost all that they may. */
  readonly writable: boolean;
  /** Looks all of them up, within a limit of time of its own.
   * @returns by the key that was asked for; a miss, and what was not answered in time, is absent. @throws ABORTED */
  find(entries: readonly CacheEntry[], signal: AbortSignal): Promise<ReadonlyMap<string, CacheHit>>;
  /** Saves the entry unless the cache has it already or another job is saving it. The next one may begin as soon as this resolves.
   * @throws DISK_IO when the content cannot be read, which is no fault of the cache; ABORTED */
  save(entry: CacheEntry, content: CacheContent, signal: AbortSignal): Promise<Saving>;
  /** To be told of a failure that showed while bytes were read: one warning, and the cache is left alone. */
  fail(reason: string): void;
  /** False from the first failure on. */
  readonly usable: boolean;
  /** What its faults may still cost. Who waits for its bytes keeps to it, and says what was lost. */
  readonly allowance: Allowance;
}

/** A cache whose entries are archives of folders, packed and unpacked behind its door. */
export interface ArchiveCache {
  readonly kind: 'archives';
  /** Whether this run may save: false from the first failure on, and when faults have cost all that they may. */
  readonly writable: boolean;
  /** Brings an entry to `<root>/<entry.folder>`. All calls of a run name the same root.
   * @returns the key that matched; undefined for a miss or a failure, which may leave wrong files behind. */
  restore(entry: CacheEntry, root: string, signal: AbortSignal): Promise<string | undefined>;
  /** Saves `<root>/<entry.folder>` unless the cache has the key already. */
  save(entry: CacheEntry, root: string, signal: AbortSignal): Promise<CacheSave>;
}

/** An entry whose bytes have been sent, as far as they were wanted. */
export interface Saving {
  /** Settles when the host has put them together and the service knows of it. @throws ABORTED */
  readonly outcome: Promise<CacheSave>;
}

/** What became of an entry; `failed` may hide the reason, as the service does. */
export type CacheSave = 'saved' | 'present' | 'failed';
