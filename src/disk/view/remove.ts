// Removes from a view what the snapshot no longer has: files of ours that nobody touched, and the folders that this empties.

import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfAborted } from '../abort.ts';
import { errnoOf, onDisk } from '../io-error.ts';
import type { PlacedEntry } from './manifest.ts';

/** Takes what it removes out of `entries`. @returns the paths. @throws DISK_IO, ABORTED */
export async function removeStale(
  root: string,
  entries: Map<string, PlacedEntry>,
  wanted: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<string[]> {
  const stale = [...entries.keys()].filter((path) => !wanted.has(path));
  for (const path of stale) {
    throwIfAborted(signal);
    await onDisk(join(root, path), () => rm(join(root, path), { force: true }));
    entries.delete(path);
    await removeEmptyParents(root, path);
  }
  return stale;
}

async function removeEmptyParents(root: string, path: string): Promise<void> {
  for (let end = path.lastIndexOf('/'); end !== -1; end = path.lastIndexOf('/', end - 1)) {
    try {
      await rmdir(join(root, path.slice(0, end)));
    } catch (error) {
      // Something else lies in it, so it stays, and so do those above.
      if (errnoOf(error) === undefined) throw error;
      return;
    }
  }
}
