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
  isReadOnly,
  prepare,
}: Pick<StoreParts, 'layout' | 'isReadOnly' | 'prepare'>): Shelf {
  return {
    read: (name) =>
      onDisk(layout.kept(name), async () => {
        const found = await ifPresent(stat(layout.kept(name)));
        if (found === undefined || !found.isFile() || found.size > MAX_BYTES) return undefined;
        return await ifPresent(readFile(layout.kept(name), 'utf8'));
      }),
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
