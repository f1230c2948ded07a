// What time it is by the clock of the file system, which is that of a server when the folder is shared. Only differences between its
// times mean anything: the clocks of several machines never agree.

import { lstat, stat, writeFile } from 'node:fs/promises';
import { errnoOf, ifPresent } from './io-error.ts';
import { releaseOwner, takeOwner } from './lease/owner.ts';
import { removeLeftover } from './leftover.ts';
import { type Layout, RECORD_KINDS } from './store/layout.ts';

/** So long a machine's own clock is good enough to count on from one look. */
const GOOD_FOR_MS = 60_000;

/** What a disk says that is full, or that this user may only read. */
const UNWRITABLE: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM']);

/** Asks by making a file, seldom; where none can be made, when something in the store last changed has to do, so that nothing is taken for
 * older than it is. Milliseconds. @throws the system's own error */
export function createFileSystemClock(layout: Layout): () => Promise<number> {
  let asked: { readonly atMs: number; readonly offsetMs: number } | undefined;
  return async () => {
    if (asked === undefined || performance.now() - asked.atMs > GOOD_FOR_MS) {
      const toldMs = await ask(layout);
      const atMs = performance.now();
      asked = { atMs, offsetMs: toldMs - atMs };
    }
    return performance.now() + asked.offsetMs;
  };
}

async function ask(layout: Layout): Promise<number> {
  try {
    return await askByWriting(layout);
  } catch (error) {
    if (!UNWRITABLE.has(errnoOf(error) ?? '')) throw error;
    return await lastChange(layout);
  }
}

async function lastChange(layout: Layout): Promise<number> {
  const folders = [layout.staging, layout.leases, ...RECORD_KINDS.map((kind) => layout.records(kind))];
  const stats = await Promise.all(folders.map((folder) => ifPresent(lstat(folder))));
  return Math.max(0, ...stats.map((found) => found?.mtimeMs ?? 0));
}

// An empty one: a full disk has room for a name.
async function askByWriting(layout: Layout): Promise<number> {
  const owner = takeOwner();
  const path = layout.staged('clock', owner);
  try {
    await writeFile(path, '', { flag: 'wx' });
    return (await stat(path)).mtimeMs;
  } finally {
    await removeLeftover(path);
    releaseOwner(owner);
  }
}
