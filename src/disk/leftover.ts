// Tidies up what nobody needs any more. That it stays is no reason to fail: it may be another user's, or somebody on the same network disk
// has it open, and whoever tidies up next tries again.

import { rm } from 'node:fs/promises';
import { errnoOf } from './io-error.ts';

/** Runs work on what somebody may have left behind, up to where the system refuses it. */
export async function tidyUp(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

/** A file, or a folder with all that is in it; also what is not there. */
export function removeLeftover(path: string): Promise<void> {
  return tidyUp(() => rm(path, { recursive: true, force: true }));
}
