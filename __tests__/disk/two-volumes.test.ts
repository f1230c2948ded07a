// Store and view on two file systems, where no link leads from one to the other. Linux has a second one in memory.

import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createStore } from '../../src/disk/store/store.ts';
import { createFolderView } from '../../src/disk/view/folder.ts';
import { createDisk } from '../../src/disk/volume.ts';
import { prepare } from '../contracts/view.ts';
import { fileOf, holds, NEVER, sampleBytes, useFolders, useHasher } from './ground.ts';

const MEMORY = '/dev/shm';
const hasher = useHasher();
const newFolder = useFolders();
const made: string[] = [];

afterEach(async () => {
  await Promise.all(made.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

async function newMemoryFolder(): Promise<string> {
  const folder = await mkdtemp(join(MEMORY, 'model-fetch-disk-'));
  made.push(folder);
  return folder;
}

describe.runIf(existsSync(MEMORY))('across two volumes', () => {
  it('a view holds copies that the user may change, and keeps them', async () => {
    const store = createStore({ folder: await newFolder(), hasher });
    const view = createFolderView({ store });
    const root = join(await newMemoryFolder(), 'view');
    const { snapshot, files } = await prepare(store, { a: '1', 'b/c': '2' });
    expect(await createDisk().canLink(store.folder, root)).toBe(false);
    expect(await view.place(root, snapshot, files, NEVER)).toMatchObject({ linked: ['a', 'b/c'], method: 'copy' });
    expect((await stat(join(root, 'a'))).mode & 0o777).toBe(0o644);
    expect(await view.place(root, snapshot, files, NEVER)).toMatchObject({ kept: ['a', 'b/c'], method: 'none' });
    await writeFile(join(root, 'a'), '9');
    expect((await view.inspect(root)).foreign).toEqual(['a']);
    expect((await store.find(fileOf(Buffer.from('1')), 'full', NEVER)).damaged).toBe(false);
  });

  it.each([
    ['sample', 0.05, true],
    ['sample', 0.5, false],
    ['full', 0.5, true],
    ['receipt', 0.05, false],
  ] as const)(
    'with `verify: %s` and the dice at %d a copy damaged behind its time is made anew: %s',
    async (verify, dice, isMended) => {
      const store = createStore({ folder: await newFolder(), hasher });
      const root = join(await newMemoryFolder(), 'view');
      const { snapshot, files } = await prepare(store, { a: '1' });
      await createFolderView({ store }).place(root, snapshot, files, NEVER);
      const { atime, mtime } = await stat(join(root, 'a'));
      await writeFile(join(root, 'a'), '9');
      await utimes(join(root, 'a'), atime, mtime);
      // What the first look drew holds for the second.
      const throws = [dice];
      const view = createFolderView({ store, verify, random: () => throws.shift() ?? 1 - dice });
      expect((await view.inspect(root)).placed.get('a') === '').toBe(isMended);
      await view.place(root, snapshot, files, NEVER);
      expect(await readFile(join(root, 'a'), 'utf8')).toBe(isMended ? '1' : '9');
    },
  );

  it('a file is adopted as a copy of the store’s own', async () => {
    const store = createStore({ folder: await newFolder(), hasher });
    const bytes = sampleBytes(5000);
    const mine = join(await newMemoryFolder(), 'mine');
    await writeFile(mine, bytes);
    const blob = await store.adopt(mine, fileOf(bytes), NEVER);
    expect(await store.find(fileOf(bytes), 'receipt', NEVER)).toEqual({ blob, damaged: false });
    await writeFile(mine, 'changed');
    expect(blob !== undefined && (await holds(store.pathOf(blob), bytes))).toBe(true);
    expect(await store.find(fileOf(bytes), 'receipt', NEVER)).toEqual({ blob, damaged: false });
  });
});
