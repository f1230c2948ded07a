// Makes a partial download of a blob in which damage was located, so that only the damaged range is fetched. Other links to the
// file may be the user's own: through them it is never changed.

import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../core/errors.ts';
import type { Range } from '../../core/http.ts';
import { identityOf, type RemoteFile } from '../../core/snapshot.ts';
import { withoutRange } from '../../core/transfer/schedule.ts';
import { errnoOf } from '../io-error.ts';
import { releaseOwner, takeOwner } from '../lease/owner.ts';
import { removeLeftover } from '../leftover.ts';
import { duplicate } from '../link-file.ts';
import type { Partial } from '../store/layout.ts';
import { createJournal } from './journal.ts';
import { makeWritable } from './partial.ts';
import type { StoreParts } from './publish.ts';

export interface Damaged {
  readonly file: RemoteFile;
  readonly sha256: string;
  /** What must be fetched again. */
  readonly damage: Range;
}

/** Takes the blob out of the store, and leaves what of it seems sound to whoever opens the file next. Where the disk does not allow
 * that, nothing is left.
 * @returns false when something else may have the blob's name, still or by now */
export async function salvage(parts: StoreParts, damaged: Damaged): Promise<boolean> {
  const owner = takeOwner();
  let isOut = false;
  const partial = parts.layout.partial(identityOf(damaged.file), owner);
  try {
    await mkdir(partial.folder, { recursive: true });
    // Out of the store first: there it could get another link at any time.
    const taken = join(partial.folder, 'damaged');
    await rename(parts.layout.blob(damaged.sha256), taken);
    isOut = true;
    await makeOwn(taken, partial.data);
    await vouch(partial, damaged);
  } catch (error) {
    await removeLeftover(partial.folder);
    // A full disk, or another process that was first: the file is fetched whole.
    if (errnoOf(error) === undefined && codeOf(error) === undefined) throw error;
  } finally {
    // From now on it is like one that a dead run left.
    releaseOwner(owner);
  }
  return isOut;
}

async function makeOwn(taken: string, data: string): Promise<void> {
  if ((await lstat(taken)).nlink === 1) {
    await rename(taken, data);
    return await makeWritable(data);
  }
  await duplicate(taken, data);
  await rm(taken, { force: true });
}

// Last, when the data is a file of our own: what a journal vouches for is written to.
async function vouch({ journal }: Partial, { file, damage }: Damaged): Promise<void> {
  const subject = { digest: identityOf(file), sizeBytes: file.sizeBytes };
  const sound = withoutRange([{ start: 0, end: file.sizeBytes }], damage);
  await (await createJournal(journal, subject, sound)).close();
}
