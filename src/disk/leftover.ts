// Removes what nobody needs any more. That it stays is no reason to fail: it may be another user's, or somebody on the same network disk
// has it open, and whoever tidies up next tries again.

import { rm } from 'node:fs/promises';
import { errnoOf } from './io-error.ts';

/** A file, or a folder with all that is in it; also what is not there. */
export async function removeLeftover(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
