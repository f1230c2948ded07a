// The file of a lease: made exclusively, written again as a heartbeat, taken away by renaming. Decides nothing about who may.

import { link, rename, writeFile } from 'node:fs/promises';
import { errnoOf } from '../io-error.ts';
import { removeLeftover } from '../leftover.ts';
import { inFolderOf } from '../move-file.ts';
import { withFile } from '../read-text.ts';
import type { Layout } from '../store/layout.ts';
import { readSmall, removeFile, writeNew } from '../swift-steps.ts';
import { releaseOwner, takeOwner } from './owner.ts';

export interface LeaseFile {
  /** As its holder wrote it; perhaps empty, when it is being written. */
  readonly owner: string;
  /** Changes with each heartbeat. */
  readonly beat: string;
  /** When the last heartbeat was, by the clock of the file system. */
  readonly beatMs: number;
}

/** @returns false when another one is there. @throws the system's own error */
export async function createLeaseFile(path: string, owner: string): Promise<boolean> {
  return await inFolderOf(path, async () => {
    try {
      await writeNew(path, owner);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      throw error;
    }
  });
}

/** No owner has a longer name. */
const MOST_BYTES = 256;

/** Undefined when nothing is there, or what is no file. Opened, not only looked at: shared file systems keep what they know of a file
 * until it is opened anew. */
export async function readLeaseFile(path: string): Promise<LeaseFile | undefined> {
  return await withFile(path, async (handle) => {
    const { mtimeMs, mtimeNs } = await handle.stat({ bigint: true });
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0);
    const owner = buffer.toString('utf8', 0, bytesRead);
    return { owner, beat: `${owner} ${mtimeNs}`, beatMs: Number(mtimeMs) };
  });
}

/** Writes the same once more, so that the file system itself sets the time. Does nothing when the file is another's by now. */
export async function renewLeaseFile(path: string, owner: string): Promise<void> {
  if ((await readLeaseFile(path))?.owner === owner) await writeFile(path, owner, { flag: 'r+' });
}

/** Removes the file if it is still this owner's. */
export async function removeLeaseFile(path: string, owner: string): Promise<void> {
  const text = await readSmall(path);
  if (text === owner) await removeFile(path);
}

/** Takes away the file of a holder that was found dead. Of many that try, one succeeds; one that took a younger file puts it back. */
export async function breakLeaseFile(layout: Layout, path: string, seen: LeaseFile): Promise<void> {
  const owner = takeOwner();
  const taken = layout.staged('lease', owner);
  try {
    await rename(path, taken);
    // Where the name is in use again by now, one holder more does no harm.
    const { beat } = (await readLeaseFile(taken)) ?? seen;
    if (beat !== seen.beat) await link(taken, path);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  } finally {
    await removeLeftover(taken);
    releaseOwner(owner);
  }
}
