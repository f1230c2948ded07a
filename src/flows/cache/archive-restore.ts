// Brings what is missing from archives of the runner cache into the store. The cache is a stranger: every file is hashed before it counts.

import pMap from 'p-map';
import { type CachePart, cacheParts, entryName } from '../../core/cache/key.ts';
import { DELETE_ADVICE } from '../../core/cache/warnings.ts';
import type { Digest } from '../../core/digest.ts';
import type { Emit } from '../../core/events.ts';
import type { ArchiveCache, Blob, Stage, Store } from '../../core/ports.ts';
import type { ModelRef } from '../../core/ref.ts';
import { identityOf, type RemoteFile } from '../../core/snapshot.ts';

export interface RestoreInput {
  readonly ref: ModelRef;
  /** All files of the snapshot: they decide what the entries are called. */
  readonly all: readonly RemoteFile[];
  readonly missing: readonly RemoteFile[];
}

export interface RestoreDependencies {
  readonly cache: ArchiveCache;
  readonly store: Store;
  readonly emit: Emit;
}

/** More at once is no faster and takes a lot of memory (github-actions.md 3.2). */
export const ENTRIES_AT_ONCE = 4;

/** Never fails for the cache's sake.
 * @returns verified content by identity */
export async function restoreFromArchives(
  input: RestoreInput,
  deps: RestoreDependencies,
  signal: AbortSignal,
): Promise<Map<Digest, Blob>> {
  const missing = new Set(input.missing.map(identityOf));
  const parts = cacheParts(input.ref, input.all).filter((part) =>
    part.files.some((file) => missing.has(identityOf(file))),
  );
  const stage = await deps.store.stage();
  try {
    // The first one alone: when the service is down, one call finds out, not four.
    const [first, ...rest] = parts;
    const take = (part: CachePart) => takePart(part, { missing, stage, deps }, signal);
    const found = first === undefined ? [] : await take(first);
    const more = await pMap(rest, take, { concurrency: ENTRIES_AT_ONCE });
    const blobs = new Map([found, ...more].flat());
    deps.emit({
      type: 'notice',
      message: `${blobs.size} of ${missing.size} missing files came from ${parts.length} entries`,
    });
    return blobs;
  } finally {
    await stage.discard();
  }
}

interface Taking {
  readonly missing: ReadonlySet<Digest>;
  readonly stage: Stage;
  readonly deps: RestoreDependencies;
}

async function takePart(
  part: CachePart,
  { missing, stage, deps }: Taking,
  signal: AbortSignal,
): Promise<[Digest, Blob][]> {
  const key = await deps.cache.restore(part.entry, stage.folder, signal);
  if (key === undefined) return [];
  const taken: [Digest, Blob][] = [];
  for (const file of part.files.filter((candidate) => missing.has(identityOf(candidate)))) {
    const blob = await deps.store.adopt(stage.pathOf(part.entry.folder, entryName(file)), file, signal);
    if (blob !== undefined) taken.push([identityOf(file), blob]);
    else if (key === part.entry.key) warnOfDamage(deps.emit, file, key);
  }
  return taken;
}

function warnOfDamage(emit: Emit, file: RemoteFile, key: string): void {
  emit({
    type: 'warning',
    code: 'CACHE_RESTORE',
    message: `The cache entry ${key} does not hold the bytes of ${file.path}; they are fetched instead. ${DELETE_ADVICE}`,
  });
}
