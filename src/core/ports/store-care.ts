// The seam to a store as a whole: what is in it, what may go, what is damaged. Interfaces only.

import type { Digest } from '../digest.ts';
import type { Blob } from '../ports.ts';
import type { StoreLimit } from '../store/limit.ts';

/** Who keeps a blob from being collected: a run that goes on, a lock file, another link to the same file. */
export type Keeper = 'run' | 'lock' | 'link';

export interface StoredBlob extends Blob {
  /** Milliseconds since 1970. */
  readonly usedMs: number;
  readonly keeper?: Keeper;
}

/** What some run needed once. */
export interface StoredUse {
  /** As the run said: a snapshot. Strangers' text. */
  readonly about: string;
  readonly usedMs: number;
  readonly files: number;
  /** Of its files that are still there. */
  readonly filesHere: number;
  readonly bytesHere: number;
}

export interface StoreContent {
  readonly folder: string;
  readonly blobs: readonly StoredBlob[];
  /** The last one first. */
  readonly uses: readonly StoredUse[];
  /** Of unfinished downloads. */
  readonly partialBytes: number;
}

export interface CollectOptions {
  /** Without one no content is removed. */
  readonly limit: StoreLimit | undefined;
  /** Changes nothing. */
  readonly dryRun: boolean;
  /** Contents that stay, besides those that the store itself knows to be needed. */
  readonly keep: readonly Digest[];
}

/** Something that was removed: a blob, or an unfinished download that nobody is working on. */
export interface Removed {
  readonly kind: 'blob' | 'partial';
  readonly sha256?: string;
  readonly sizeBytes: number;
  readonly usedMs: number;
}

export interface Collected {
  readonly limitBytes?: number;
  readonly beforeBytes: number;
  /** Above the limit when what is left is needed. */
  readonly afterBytes: number;
  readonly removed: readonly Removed[];
}

export interface Checked {
  readonly blobs: number;
  readonly bytes: number;
  /** Their bytes were not theirs; they are taken out, but for a dry run. */
  readonly damaged: readonly Blob[];
}

/** Looks after a store as a whole. All of it may be called while runs use the store.
 * @throws DISK_FULL, DISK_IO, STORE_FORMAT, ABORTED */
export interface StoreCare {
  /** By metadata alone. */
  list(): Promise<StoreContent>;
  /** Takes away what runs left that are over; touches no content. */
  sweep(): Promise<void>;
  /** The same, and removes what was not used for longest until the store keeps its limit. */
  collect(options: CollectOptions, signal: AbortSignal): Promise<Collected>;
  /** Hashes every blob. */
  check(options: { readonly dryRun: boolean }, signal: AbortSignal): Promise<Checked>;
}
