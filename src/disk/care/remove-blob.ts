// Removes one content for good, unless somebody needs it: looked for once more when nobody can find it any longer, so that a run which
// begins meanwhile either is seen here or sees that the content is gone.

import { link, lstat, rm } from 'node:fs/promises';
import { hexOf } from '../../core/digest.ts';
import { errnoOf, ifPresent } from '../io-error.ts';
import { removeLeftover } from '../leftover.ts';
import { moveOver } from '../move-file.ts';
import { withPrivatePath } from '../staging.ts';
import type { Layout } from '../store/layout.ts';
import { digestsOfReceipt } from '../store/receipt.ts';
import type { Needed } from './needed.ts';

/** @returns false when somebody needs it by now, or it is gone. @throws the system's own error */
export async function removeBlob(layout: Layout, held: Needed, sha256: string): Promise<boolean> {
  const path = layout.blob(sha256);
  const isNeeded = async () => {
    await held.look();
    return held.has(sha256, await digestsOfReceipt(layout, sha256));
  };
  // So that what is needed is seldom away, and then only for a moment.
  if (await isNeeded()) return false;
  if ((await ifPresent(lstat(path)))?.nlink !== 1) return false;
  return await withPrivatePath(layout, 'removed', async (taken) => {
    if ((await ifPresent(moveOver(path, taken).then(() => true))) !== true) return false;
    // What cannot be told counts as needed.
    if (await isNeeded().catch(() => true)) {
      await putBack(taken, path);
      return false;
    }
    await forget(layout, sha256);
    // What cannot be removed takes its room still.
    await rm(taken, { force: true });
    return true;
  });
}

// Where the name is in use again by now, the same content came anew.
async function putBack(taken: string, path: string): Promise<void> {
  try {
    await link(taken, path);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return;
    // Where there are no links: over what may have come anew, the same bytes.
    await moveOver(taken, path);
  }
}

// The content is gone whether or not these may be removed, and what they say of none proves nothing.
async function forget(layout: Layout, sha256: string): Promise<void> {
  const digests = await digestsOfReceipt(layout, sha256);
  await removeLeftover(layout.receipt(sha256));
  await removeLeftover(layout.marks(sha256));
  for (const digest of digests) if (digest.startsWith('git-sha1:')) await removeLeftover(layout.alias(hexOf(digest)));
}
