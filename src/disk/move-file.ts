// Replacing a file in one step, so that a reader sees the old one or the new one. Never writes to a file under its own name.

import { rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { errnoOf } from './io-error.ts';
import { platform } from './platform.ts';

const TRIES = 10;
const PAUSE_MS = 20;

/** Gives a file its name, over whatever file has that name. The old name is gone afterwards.
 * @throws the system's own error; then the old name is as it was. */
export async function moveOver(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rename(from, to);
      break;
    } catch (error) {
      if (attempt === TRIES || !platform.passingErrors.has(errnoOf(error) ?? '')) throw error;
      await setTimeout(PAUSE_MS);
    }
  }
  // Where both names were links to one file, rename leaves both.
  await rm(from, { force: true });
}

/** Writes a small text by way of a private name on the same volume. @throws the system's own error. */
export async function replaceText(path: string, text: string, privatePath: string): Promise<void> {
  try {
    // Never into a file that is there: it could be a link to a blob.
    await writeFile(privatePath, text, { flag: 'wx' });
    await moveOver(privatePath, path);
  } catch (error) {
    await rm(privatePath, { force: true });
    throw error;
  }
}
