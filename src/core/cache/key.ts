// Names of runner cache entries. Keys follow from content, so branches, revisions and operating systems share them.

import { createHash } from 'node:crypto';
import { algorithmOf, type Digest, hexOf } from '../digest.ts';
import type { CacheEntry } from '../ports.ts';
import { type ModelRef, repositoryOf } from '../ref.ts';
import type { RemoteFile } from '../snapshot.ts';

const FORMAT = 'model-fetch-v1';

/** A file from this size on has an entry of its own; smaller ones travel together in one pack. */
export const OWN_ENTRY_BYTES = 8 * 1024 * 1024;

/** What one entry holds. */
export interface CachePart {
  /** The bytes of one file, or those of many, one after another. */
  readonly kind: 'blob' | 'pack';
  /** Whose files they are: `repositoryOf` a reference. */
  readonly repository: string;
  readonly entry: CacheEntry;
  readonly files: readonly RemoteFile[];
}

/** The digest that a file goes by in the cache: git's blob id where it is known. A lock file adds a sha256 to what the hub gave,
 * and must not change the name. Says nothing about which digests the bytes must have: all of them. */
export function cacheName(file: RemoteFile): Digest {
  return file.digests.find((digest) => algorithmOf(digest) === 'git-sha1') ?? file.digests[0];
}

/** The name of a file inside an archive: never the repository's own text. */
export function entryName(file: RemoteFile): string {
  return hexOf(cacheName(file));
}

/** The entries that hold these files: one for each large file, one for all small ones. */
export function cacheParts(ref: ModelRef, files: readonly RemoteFile[]): CachePart[] {
  const distinct = new Map<Digest, RemoteFile>();
  for (const file of files) {
    if (file.sizeBytes > 0 && !distinct.has(cacheName(file))) distinct.set(cacheName(file), file);
  }
  const large = [...distinct.values()].filter((file) => file.sizeBytes >= OWN_ENTRY_BYTES);
  const small = [...distinct.values()].filter((file) => file.sizeBytes < OWN_ENTRY_BYTES);
  const parts = [...large.map((file) => [file]), ...(small.length === 0 ? [] : [small])];
  return parts.map((part) => cachePart(repositoryOf(ref), part));
}

/** The entry that holds these files, one large one or several small ones: what it is called follows from them. */
export function cachePart(repository: string, files: readonly RemoteFile[]): CachePart {
  const [first] = files;
  return first !== undefined && first.sizeBytes >= OWN_ENTRY_BYTES
    ? { kind: 'blob', repository, entry: blobEntry(first), files: [first] }
    : { kind: 'pack', repository, entry: packEntry(repository, files), files };
}

function blobEntry(file: RemoteFile): CacheEntry {
  const digest = cacheName(file);
  return {
    key: `${FORMAT}-blob-${algorithmOf(digest)}-${hexOf(digest)}`,
    restoreKeys: [],
    folder: `blob-${hexOf(digest)}`,
  };
}

// An older pack of the same repository serves for the files that did not change, hence the prefix.
function packEntry(repository: string, files: readonly RemoteFile[]): CacheEntry {
  const name = sha256(repository).slice(0, 16);
  const content = sha256(files.map(cacheName).sort().join('\n'));
  const prefix = `${FORMAT}-pack-${name}-`;
  return { key: `${prefix}${content}`, restoreKeys: [prefix], folder: `pack-${name}` };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
