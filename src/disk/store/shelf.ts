// Small texts by name, beside the content. Whole or not there; what they say is for the reader to judge.

import { rm, stat, utimes } from 'node:fs/promises';
import type { Shelf } from '../../core/ports.ts';
import { errnoOf, ifPresent, onDisk } from '../io-error.ts';
import { readText } from '../read-text.ts';
import type { StoreParts } from '../slot/publish.ts';
import { storeText } from '../staging.ts';
import { untilFresh } from '../stale.ts';

/** A listing of half a million entries is smaller. */
const MAX_BYTES = 256 * 1024 * 1024;
/** Often enough to tell what is in use from what is forgotten. */
const TOUCH_AFTER_MS = 24 * 3_600_000;

type ShelfParts = Pick<StoreParts, 'layout' | 'lowers' | 'isReadOnly' | 'nowMs' | 'prepare'>;

export function createShelf({ layout, lowers, isReadOnly, nowMs, prepare }: ShelfParts): Shelf {
  const write = async (name: string, text: string) => {
    await prepare();
    await storeText(layout, layout.kept(name), text);
  };
  return {
    async read(name) {
      const own = await onDisk(layout.kept(name), () => readKept(layout.kept(name), isReadOnly ? undefined : nowMs()));
      if (own !== undefined) return own;
      // What came with the machine is older than what was kept since.
      for (const { kept } of lowers) {
        const text = await onDisk(kept(name), () => readKept(kept(name), undefined));
        if (text !== undefined) return text;
      }
      return undefined;
    },
    async write(name, text) {
      if (!isReadOnly) await onDisk(layout.kept(name), () => write(name, text));
    },
    async forget(name) {
      if (isReadOnly) return;
      // An empty text hides the one that came with the machine.
      const work = lowers.length > 0 ? () => write(name, '') : () => rm(layout.kept(name), { force: true });
      await onDisk(layout.kept(name), work);
    },
  };
}

/** @param nowMs when it is used, where that may be noted */
async function readKept(path: string, nowMs: number | undefined): Promise<string | undefined> {
  const found = await ifPresent(untilFresh(() => stat(path)));
  if (found === undefined || !found.isFile() || found.size > MAX_BYTES) return undefined;
  if (nowMs !== undefined && nowMs - found.mtimeMs > TOUCH_AFTER_MS) await touch(path, nowMs);
  return await readText(path, MAX_BYTES);
}

// The time of a text is that of its last use.
async function touch(path: string, nowMs: number): Promise<void> {
  try {
    await utimes(path, nowMs / 1000, nowMs / 1000);
  } catch (error) {
    // It is gone, or another user's: then it is asked for again one day.
    if (errnoOf(error) === undefined) throw error;
  }
}
