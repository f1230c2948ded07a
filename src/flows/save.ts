// Puts verified content into the runner cache, after the job: only what this run fetched, and only what the cache lacks.

import pMap from 'p-map';
import { type CachePart, entryName } from '../core/cache-key.ts';
import type { Emit } from '../core/events.ts';
import type { Blob, RunnerCache, Stage, Store } from '../core/ports.ts';
import { ENTRIES_AT_ONCE } from './restore.ts';

export interface SaveDependencies {
  readonly cache: RunnerCache;
  readonly store: Store;
  readonly emit: Emit;
}

/** @returns how many entries were saved. Never fails for the cache's sake. */
export async function saveToCache(
  parts: readonly CachePart[],
  deps: SaveDependencies,
  signal: AbortSignal,
): Promise<number> {
  if (!deps.cache.writable || parts.length === 0) return 0;
  const stage = await deps.store.stage();
  try {
    const [first, ...rest] = parts;
    const save = (part: CachePart) => savePart(part, stage, deps, signal);
    const results =
      first === undefined ? [] : [await save(first), ...(await pMap(rest, save, { concurrency: ENTRIES_AT_ONCE }))];
    return results.filter((result) => result === 'saved').length;
  } finally {
    await stage.discard();
  }
}

async function savePart(part: CachePart, stage: Stage, deps: SaveDependencies, signal: AbortSignal): Promise<string> {
  const blobs = new Map<string, Blob>();
  for (const file of part.files) {
    // Later steps could change a file in place, and with it the blob that it is a link to; a failed run has files that never came.
    const { blob, damaged } = await deps.store.find(file, 'receipt', signal);
    if (damaged)
      deps.emit({
        type: 'warning',
        code: 'CACHE_SAVE',
        message: `${file.path} was changed after it was fetched, so it is not saved to the cache.`,
      });
    if (blob === undefined) return 'absent';
    blobs.set(entryName(file), blob);
  }
  for (const [name, blob] of blobs) await stage.expose(blob, part.entry.folder, name);
  return deps.cache.save(part.entry, stage.folder, signal);
}
