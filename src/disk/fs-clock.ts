// What time it is by the clock of the file system, which is that of a server when the folder is shared. Only differences between its
// times mean anything: the clocks of several machines never agree.

import { rm, stat, writeFile } from 'node:fs/promises';
import { releaseOwner, takeOwner } from './lease/owner.ts';
import type { Layout } from './store/layout.ts';

/** So long a machine's own clock is good enough to count on from one look. */
const GOOD_FOR_MS = 60_000;

/** Asks by writing a file, seldom. Milliseconds. @throws the system's own error */
export function createFileSystemClock(layout: Layout): () => Promise<number> {
  let asked: { readonly atMs: number; readonly offsetMs: number } | undefined;
  return async () => {
    if (asked === undefined || performance.now() - asked.atMs > GOOD_FOR_MS) {
      const toldMs = await askByWriting(layout);
      const atMs = performance.now();
      asked = { atMs, offsetMs: toldMs - atMs };
    }
    return performance.now() + asked.offsetMs;
  };
}

async function askByWriting(layout: Layout): Promise<number> {
  const owner = takeOwner();
  const path = layout.staged('clock', owner);
  try {
    await writeFile(path, owner, { flag: 'wx' });
    return (await stat(path)).mtimeMs;
  } finally {
    await rm(path, { force: true });
    releaseOwner(owner);
  }
}
