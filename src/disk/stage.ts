// A private folder where entries of the runner cache are laid out, both ways. Knows nothing of the cache.

import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Stage } from '../core/ports.ts';
import { onDisk } from './io-error.ts';
import { releaseOwner, takeOwner } from './lease/owner.ts';
import { removeLeftover } from './leftover.ts';
import { linkFile } from './link-file.ts';
import { pathOfBlob, type StoreParts } from './slot/publish.ts';
import { withFound } from './store/found.ts';
import { checkName } from './store/layout.ts';

/** @throws DISK_FULL, DISK_IO, also from what it gives. */
export async function openStage(parts: StoreParts): Promise<Stage> {
  await parts.prepare();
  const owner = takeOwner();
  const folder = parts.layout.staged('stage', owner);
  await mkdir(folder);
  const pathOf = (directory: string, name: string) => join(folder, checkName(directory), checkName(name));
  return {
    folder,
    pathOf,
    async expose(blob, directory, name) {
      const path = pathOf(directory, name);
      await onDisk(path, async () => {
        await mkdir(dirname(path), { recursive: true });
        await withFound(() => linkFile(pathOfBlob(parts, blob), path));
      });
    },
    async discard() {
      await removeLeftover(folder);
      releaseOwner(owner);
    },
  };
}
