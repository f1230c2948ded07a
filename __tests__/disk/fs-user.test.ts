// Whose a file is, also where a network disk gives all files to one user.

import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isOurs } from '../../src/disk/fs-user.ts';
import { createLayout } from '../../src/disk/store/layout.ts';
import { hasUsers } from './as-user.ts';
import { useFolders } from './ground.ts';

const newFolder = useFolders();
const own = process.geteuid?.() ?? 0;
const other = own + 4242;

async function newLayout() {
  const layout = createLayout(await newFolder());
  await mkdir(layout.staging, { recursive: true });
  return layout;
}

it('ours is seen without making anything', async () => {
  const never = () => Promise.reject(new Error('made'));
  expect(await isOurs(await newLayout(), { uid: own }, never)).toBe(true);
});

it.runIf(hasUsers)('another user’s is not, and nothing is left of the look', async () => {
  const layout = await newLayout();
  expect(await isOurs(layout, { uid: other })).toBe(false);
  expect(await readdir(layout.staging)).toEqual([]);
});

it('one is, where what we make has the same owner', async () => {
  expect(await isOurs(await newLayout(), { uid: other }, async () => ({ uid: other }))).toBe(true);
});

it.runIf(hasUsers)('where none can be made, the numbers count', async () => {
  const layout = createLayout(await newFolder());
  await writeFile(join(layout.folder, 'v1'), '');
  expect(await isOurs(layout, { uid: other })).toBe(false);
});
