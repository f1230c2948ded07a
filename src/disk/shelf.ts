// Small texts by name, beside the content. Whole or not there; what they say is for the reader to judge.

import { readFile, rm, stat } from 'node:fs/promises';
import type { Shelf } from '../core/ports.ts';
import { ifPresent, onDisk } from './io-error.ts';
import type { StoreParts } from './publish.ts';
import { storeText } from './staging.ts';

/** A listing of half a million entries is smaller. */
const MAX_BYTES = 256 * 1024 * 1024;

export function createShelf({
  layout,
  lowers,
  isReadOnly,
  prepare,
}: Pick<StoreParts, 'layout' | 'lowers' | 'isReadOnly' | 'prepare'>): Shelf {
  return {
    async read(name) {
      // What came with the machine is older than what was kept since.
      for (const { kept } of [layout, ...lowers]) {
        const text = await onDisk(kept(name), () => readKept(kept(name)));
        if (text !== undefined) return text;
      }
      return undefined;
    },
    async write(name, text) {
      if (isReadOnly) return;
      await onDisk(layout.kept(name), async () => {
        await prepare();
        await storeText(layout, layout.kept(name), text);
      });
    },
    async forget(name) {
      if (isReadOnly) return;
      await onDisk(layout.kept(name), () => rm(layout.kept(name), { force: true }));
    },
  };
}

async function readKept(path: string): Promise<string | undefined> {
  const found = await ifPresent(stat(path));
  if (found === undefined || !found.isFile() || found.size > MAX_BYTES) return undefined;
  return await ifPresent(readFile(path, 'utf8'));
}
