// Private names on the store's own volume, and the removal of those that dead runs left. Knows nothing of what lies in them.

import { lstat, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFileSystemClock } from './fs-clock.ts';
import { errnoOf, ifPresent } from './io-error.ts';
import { isRunOver } from './lease/abandoned.ts';
import { ownerState, releaseOwner, takeOwner } from './lease/owner.ts';
import { removeLeftover, tidyUp } from './leftover.ts';
import { inFolderOf, replaceText } from './move-file.ts';
import { markFormat } from './store/format.ts';
import type { Layout } from './store/layout.ts';

const TAG =
  'Signature: 8a477f597d28d172789f06886806bc55\n# Model files by their digest. Safe to delete: they are fetched again.\n';

/** Makes the store's own folders, marks it as a cache and removes what dead runs left in the staging area. */
export async function prepareStore(
  layout: Layout,
  { marker }: { readonly marker?: string | undefined } = {},
): Promise<void> {
  await mkdir(layout.staging, { recursive: true });
  await markFormat(layout);
  await writeUnlessThere(layout.tag, TAG);
  if (marker !== undefined) await writeUnlessThere(marker, '');
  await removeLeft(layout);
}

async function removeLeft(layout: Layout): Promise<void> {
  const now = createFileSystemClock(layout);
  for (const name of await readdir(layout.staging)) {
    const path = join(layout.staging, name);
    const state = ownerState(name);
    await tidyUp(async () => {
      const found = state === 'live' ? undefined : await ifPresent(lstat(path));
      // The owner's death needs no clock, and of age only the file system's own can tell.
      const ageMs = found === undefined || state === 'dead' ? 0 : (await now()) - found.mtimeMs;
      if (found !== undefined && isRunOver(state, ageMs)) await removeLeftover(path);
    });
  }
}

async function writeUnlessThere(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: 'wx' }).catch((error: unknown) => {
    if (errnoOf(error) !== 'EEXIST') throw error;
  });
}

/** Runs work with a private path, which is free before and gone afterwards. */
export async function withPrivatePath<T>(layout: Layout, name: string, work: (path: string) => Promise<T>): Promise<T> {
  const owner = takeOwner();
  const path = layout.staged(name, owner);
  try {
    return await work(path);
  } finally {
    await removeLeftover(path);
    releaseOwner(owner);
  }
}

/** Writes a small text into the store in one step, making its folder. */
export async function storeText(layout: Layout, path: string, text: string): Promise<void> {
  const owner = takeOwner();
  const privatePath = layout.staged('text', owner);
  try {
    await inFolderOf(privatePath, () => replaceText(path, text, privatePath));
  } finally {
    releaseOwner(owner);
  }
}
