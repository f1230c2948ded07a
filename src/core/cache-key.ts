// Names of runner cache entries. Keys follow from content, so branches, revisions and operating systems share them.

import { createHash } from 'node:crypto';
import { algorithmOf, type Digest, hexOf } from './digest.ts';
import type { CacheEntry } from './ports.ts';
import { type ModelRef, repositoryOf } from './ref.ts';
import { identityOf, type RemoteFile } from './snapshot.ts';

const FORMAT = 'model-fetch-v1';

/** A file from this size on has an entry of its own; smaller ones travel together in one pack. */
export const OWN_ENTRY_BYTES = 8 * 1024 * 1024;

/** What one entry holds. */
export interface CachePart {
  /** The bytes of one file, or those of many, one after another. */
  readonly kind: 'blob' | 'pack';
  readonly entry: CacheEntry;
  readonly files: readonly RemoteFile[];
}

/** The name of a file inside an archive: never the repository's own text. */
export function entryName(file: RemoteFile): string {
  return hexOf(identityOf(file));
}

/** The entries that hold these files: one for each large file, one for all small ones. */
export function cacheParts(ref: ModelRef, files: readonly RemoteFile[]): CachePart[] {
  const distinct = new Map<Digest, RemoteFile>();
  for (const file of files) {
    if (file.sizeBytes > 0 && !distinct.has(identityOf(file))) distinct.set(identityOf(file), file);
  }
  const large = [...distinct.values()].filter((file) => file.sizeBytes >= OWN_ENTRY_BYTES);
  const small = [...distinct.values()].filter((file) => file.sizeBytes < OWN_ENTRY_BYTES);
  const parts = large.map((file): CachePart => ({ kind: 'blob', entry: blobEntry(file), files: [file] }));
  return small.length === 0 ? parts : [...parts, { kind: 'pack', entry: packEntry(ref, small), files: small }];
}

function blobEntry(file: RemoteFile): CacheEntry {
  const digest = identityOf(file);
  return {
    key: `${FORMAT}-blob-${algorithmOf(digest)}-${hexOf(digest)}`,
    restoreKeys: [],
    folder: `blob-${hexOf(digest)}`,
  };
}

// An older pack of the same repository serves for the files that did not change, hence the prefix.
function packEntry(ref: ModelRef, files: readonly RemoteFile[]): CacheEntry {
  const repository = sha256(repositoryOf(ref)).slice(0, 16);
  const content = sha256(files.map(identityOf).sort().join('\n'));
  const prefix = `${FORMAT}-pack-${repository}-`;
  return { key: `${prefix}${content}`, restoreKeys: [prefix], folder: `pack-${repository}` };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
