// Replacing a file in one step, so that a reader sees the old one or the new one. Never writes to a file under its own name.

import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { errnoOf, isAbsent } from './io-error.ts';
import { platform } from './platform.ts';
import { removeFile, renameFile, writeNew } from './swift-steps.ts';

const TRIES = 10;
const PAUSE_MS = 20;

/** Runs work that needs the folder of a path, and makes the folder when it turns out to be missing. */
export async function inFolderOf<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isAbsent(error)) throw error;
    await mkdir(dirname(path), { recursive: true });
    return await work();
  }
}

/** Like moveOver, for a file that may be one more link to the one that has the name: there rename would leave both. */
export async function moveLinkOver(from: string, to: string, move: Move = renameFile): Promise<void> {
  await moveOver(from, to, move);
  await removeFile(from);
}

type Move = (from: string, to: string) => Promise<void>;

/** Gives a file its name, over whatever file has that name. The old name is gone afterwards.
 * @throws the system's own error; then the old name is as it was. */
export async function moveOver(from: string, to: string, move: Move = renameFile): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await move(from, to);
    } catch (error) {
      if (attempt === TRIES || !platform.passingErrors.has(errnoOf(error) ?? '')) throw error;
      await setTimeout(PAUSE_MS);
    }
  }
}

/** Writes a small text by way of a private name on the same volume. @throws the system's own error. */
export async function replaceText(path: string, text: string, privatePath: string): Promise<void> {
  try {
    await writeNew(privatePath, text);
    await inFolderOf(path, () => moveOver(privatePath, path));
  } catch (error) {
    await removeFile(privatePath);
    throw error;
  }
}
