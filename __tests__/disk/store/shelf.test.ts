// Small texts in the store, and the lock file outside of it: whole or not there, and forgotten when nobody reads them.

import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codeOf } from '../../../src/core/errors.ts';
import { sweep } from '../../../src/disk/care/sweep.ts';
import { createLockFile } from '../../../src/disk/lock-file.ts';
import { createLayout } from '../../../src/disk/store/layout.ts';
import { createStore } from '../../../src/disk/store/store.ts';
import { useFolders, useHasher } from '../ground.ts';

const hasher = useHasher();
const newFolder = useFolders();
const DAY_S = 24 * 3600;

describe('the shelf', () => {
  test('gives what was put there, and the newest of it', async () => {
    const folder = await newFolder();
    const { shelf } = createStore({ folder, hasher });
    expect(await shelf.read('a')).toBeUndefined();
    await shelf.write('a', 'one');
    await shelf.write('a', 'two');
    expect(await createStore({ folder, hasher }).shelf.read('a')).toBe('two');
    await shelf.forget('a');
    await shelf.forget('a');
    expect(await shelf.read('a')).toBeUndefined();
  });

  test('of a dry run keeps and forgets nothing', async () => {
    const folder = await newFolder();
    await createStore({ folder, hasher }).shelf.write('a', 'one');
    const { shelf } = createStore({ folder, hasher, isReadOnly: true });
    await shelf.write('a', 'two');
    await shelf.forget('a');
    expect(await shelf.read('a')).toBe('one');
  });

  test('a folder in its place is nothing', async () => {
    const folder = await newFolder();
    await mkdir(createLayout(folder).kept('a'), { recursive: true });
    expect(await createStore({ folder, hasher }).shelf.read('a')).toBeUndefined();
  });

  test('what came with the machine serves until it is forgotten', async () => {
    const [folder, baked] = [await newFolder(), await newFolder()];
    await createStore({ folder: baked, hasher }).shelf.write('a', 'baked');
    const { shelf } = createStore({ folder, hasher, lowers: [baked] });
    expect(await shelf.read('a')).toBe('baked');
    await shelf.forget('a');
    expect(await shelf.read('a')).toBe('');
    await shelf.write('a', 'new');
    expect(await shelf.read('a')).toBe('new');
  });

  test('reading notes the use, and what nobody reads for long is swept away', async () => {
    const folder = await newFolder();
    const layout = createLayout(folder);
    const { shelf } = createStore({ folder, hasher });
    await shelf.write('used', 'u');
    await shelf.write('unused', 'n');
    const nowS = Date.now() / 1000;
    for (const name of ['used', 'unused']) await utimes(layout.kept(name), nowS - 100 * DAY_S, nowS - 100 * DAY_S);
    await shelf.read('used');
    expect((await stat(layout.kept('used'))).mtimeMs / 1000).toBeGreaterThan(nowS - DAY_S);
    await sweep(layout, Date.now());
    expect(await readdir(layout.keptTexts)).toEqual(['used.json']);
  });

  test.each(['../a', 'a/b', ''])('the name %j is a bug', async (name) => {
    await expect(createStore({ folder: await newFolder(), hasher }).shelf.write(name, '')).rejects.toThrow(
      /plain name/,
    );
  });
});

describe('the lock file', () => {
  test('is read and replaced whole, in a folder that may have to be made', async () => {
    const path = join(await newFolder(), 'ci', 'model.lock');
    const file = createLockFile(path);
    expect(file.path).toBe(path);
    expect(await file.read()).toBeUndefined();
    await file.write('one');
    await file.write('two');
    expect(await file.read()).toBe('two');
    expect(await readdir(join(path, '..'))).toEqual(['model.lock']);
  });

  test('that is a folder is refused', async () => {
    const path = await newFolder();
    expect(await createLockFile(path).read().catch(codeOf)).toBe('BAD_LOCK');
  });

  test('that cannot be written is as it was', async () => {
    const folder = await newFolder();
    await writeFile(join(folder, 'file'), 'x');
    expect(
      await createLockFile(join(folder, 'file', 'model.lock'))
        .write('y')
        .catch(codeOf),
    ).toBe('DISK_IO');
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('x');
  });
});
