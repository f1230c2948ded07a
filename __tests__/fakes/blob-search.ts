// Finds a blob that a hub has: uploaded, or as a large file of a commit that the description made. Knows no dialect.

import type { BlobName, Shelf } from './blob-shelf.ts';
import type { Body } from './content.ts';
import type { Repository } from './repository.ts';

export interface BlobPlace {
  readonly shelf: Shelf;
  /** Files of commits count as stored when they are larger than this. */
  readonly thresholdBytes: number;
}

/** The blob in one of the repositories or on the shelf; undefined when nobody sent it. */
export async function findBlob(
  { shelf, thresholdBytes }: BlobPlace,
  name: BlobName,
  repositories: readonly Repository[],
): Promise<Body | undefined> {
  const uploaded = shelf.body(name);
  if (uploaded !== undefined) return uploaded;
  for (const repository of repositories) {
    for (const { entries } of repository.commits()) {
      for (const entry of entries.values()) {
        const { body } = entry;
        // The size first: digests of described content cost a reading of it.
        if (body.sizeBytes !== name.sizeBytes || !repository.isLarge(entry, thresholdBytes)) continue;
        if ((await body.digests()).sha256 === name.oid) return body;
      }
    }
  }
  return undefined;
}
