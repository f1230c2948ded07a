// The plain folder: the view's contract, hard links, and a folder that someone prepared to do harm.

import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { releaseOwner, takeOwner } from '../../../src/disk/lease/owner.ts';
import { createStore } from '../../../src/disk/store/store.ts';
import { createFolderView } from '../../../src/disk/view/folder.ts';
import { type Content, prepare, viewContract } from '../../contracts/view.ts';
import { NEVER, useFolders, useHasher } from '../ground.ts';

const MANIFEST = '.model-fetch.json';
const hasher = useHasher();
const newFolder = useFolders();

const create = (folder: string) => {
  const store = createStore({ folder, hasher });
  return { store, view: createFolderView({ store }) };
};

viewContract('the folder view', create);

/** The same record with one more file. */
function withEntryAt(path: string, text: string): string {
  const manifest = JSON.parse(text);
  return JSON.stringify({ ...manifest, files: [...manifest.files, { ...manifest.files[0], path }] });
}

async function newGround() {
  const folder = await newFolder();
  const { store, view } = create(join(folder, 'store'));
  const root = join(folder, 'view');
  await mkdir(root);
  const show = async (content: Content) => {
    const { snapshot, files } = await prepare(store, content);
    return await view.place(root, snapshot, files, NEVER);
  };
  return { folder, store, view, root, show };
}

describe('links', () => {
  it('make the bytes exist once', async () => {
    const { store, show, root } = await newGround();
    const { files } = await prepare(store, { a: 'same', b: 'same' });
    expect(await show({ a: 'same', b: 'same' })).toMatchObject({ method: 'hardlink' });
    const blob = await stat(store.pathOf(files[0]?.blob ?? { sha256: '', sizeBytes: 0 }));
    expect((await stat(join(root, 'a'))).ino).toBe(blob.ino);
    expect((await stat(join(root, 'b'))).ino).toBe(blob.ino);
  });

  it('leave no private name behind, also where the link was there already', async () => {
    const { show, root } = await newGround();
    await show({ 'sub/a': '1' });
    await rm(join(root, MANIFEST));
    expect(await show({ 'sub/a': '1' })).toMatchObject({ linked: ['sub/a'], foreign: [] });
    expect(await readdir(root)).toEqual([MANIFEST, 'sub']);
    expect(await readdir(join(root, 'sub'))).toEqual(['a']);
  });

  it('replace a symbolic link, not what it leads to', async () => {
    const { show, root, folder } = await newGround();
    await writeFile(join(folder, 'outside'), 'mine');
    await symlink(join(folder, 'outside'), join(root, 'a'));
    await show({ a: '1' });
    expect((await lstat(join(root, 'a'))).isFile()).toBe(true);
    expect(await readFile(join(folder, 'outside'), 'utf8')).toBe('mine');
  });
});

describe('what lies in the way', () => {
  it('is refused when it is a symbolic link to a folder, before anything is changed', async () => {
    const { show, root, folder } = await newGround();
    await show({ a: '1', old: '2' });
    await mkdir(join(folder, 'outside'));
    await symlink(join(folder, 'outside'), join(root, 'sub'));
    await expect(show({ a: '1', 'sub/deep/b': '2' })).rejects.toMatchObject({ code: 'UNSAFE_PATH' });
    expect(await readdir(join(folder, 'outside'))).toEqual([]);
    expect(existsSync(join(root, 'old'))).toBe(true);
  });

  it('fails as DISK_IO when it is a folder where a file belongs, or someone’s file where a folder does', async () => {
    const { show, root } = await newGround();
    await mkdir(join(root, 'a', 'b'), { recursive: true });
    await writeFile(join(root, 'c'), 'mine');
    await expect(show({ a: '1' })).rejects.toMatchObject({ code: 'DISK_IO' });
    await expect(show({ 'c/d': '1' })).rejects.toMatchObject({ code: 'DISK_IO' });
    expect(await readFile(join(root, 'c'), 'utf8')).toBe('mine');
    expect((await readdir(root)).filter((name) => name.startsWith('.model-fetch-tmp'))).toEqual([]);
  });

  it('fails as DISK_IO when the view itself is a file', async () => {
    const { show, root } = await newGround();
    await rm(root, { recursive: true });
    await writeFile(root, '');
    await expect(show({ a: '1' })).rejects.toMatchObject({ code: 'DISK_IO' });
  });

  it('is refused when the listing names the view’s own record', async () => {
    const { show } = await newGround();
    await expect(show({ '.Model-Fetch.json': '{}' })).rejects.toMatchObject({ code: 'UNSAFE_PATH' });
  });

  it('may be a link to the view itself, which is the user’s choice', async () => {
    const { store, view, root, folder } = await newGround();
    await symlink(root, join(folder, 'link'));
    const { snapshot, files } = await prepare(store, { a: '1' });
    await view.place(join(folder, 'link'), snapshot, files, NEVER);
    expect(await readFile(join(root, 'a'), 'utf8')).toBe('1');
    expect((await view.inspect(root)).placed.size).toBe(1);
  });
});

describe('the record', () => {
  it('of a run that failed halfway still knows its files', async () => {
    const { show, view, root } = await newGround();
    await mkdir(join(root, 'b'));
    await expect(show({ a: '1', b: '2' })).rejects.toMatchObject({ code: 'DISK_IO' });
    expect(await view.inspect(root)).toMatchObject({ foreign: [] });
    await rm(join(root, 'b'), { recursive: true });
    expect(await show({ c: '3' })).toMatchObject({ removed: ['a'] });
  });

  it.each([
    ['no JSON', () => '{'],
    ['another shape', () => '{"version":1,"files":{}}'],
    ['a path that leaves the folder', (text: string) => withEntryAt('../outside', text)],
    ['an absolute path', (text: string) => withEntryAt('/outside', text)],
    ['another version', (text: string) => text.replace('"version": 1', '"version": 2')],
  ])('with %s counts as none', async (_, change) => {
    const { show, view, root, folder } = await newGround();
    await writeFile(join(folder, 'outside'), 'mine');
    await show({ a: '1' });
    const text = await readFile(join(root, MANIFEST), 'utf8');
    const changed = change(text);
    expect(changed).not.toBe(text);
    await writeFile(join(root, MANIFEST), changed);
    expect(await view.inspect(root)).toEqual({ placed: new Map(), foreign: ['a'] });
    expect(await show({ b: '2' })).toMatchObject({ removed: [], foreign: ['a'] });
    expect(await readFile(join(folder, 'outside'), 'utf8')).toBe('mine');
  });

  it('does not make a file ours that was replaced by one of the same size and time', async () => {
    const { show, view, root } = await newGround();
    await show({ a: '1' });
    const { atime, mtime } = await stat(join(root, 'a'));
    await writeFile(join(root, 'new'), '9');
    await utimes(join(root, 'new'), atime, mtime);
    await rename(join(root, 'new'), join(root, 'a'));
    expect((await view.inspect(root)).foreign).toEqual(['a']);
  });

  it('never counts what lies behind a symbolic link', async () => {
    const { show, view, root, folder } = await newGround();
    await show({ 'sub/a': '1' });
    await rename(join(root, 'sub'), join(folder, 'moved'));
    await symlink(join(folder, 'moved'), join(root, 'sub'));
    expect(await view.inspect(root)).toEqual({ placed: new Map(), foreign: ['sub'] });
    await show({ b: '2' });
    expect(await readFile(join(folder, 'moved', 'a'), 'utf8')).toBe('1');
  });
});

it('private names of a run that died are removed, those of a live one are not', async () => {
  const { show, view, root } = await newGround();
  const owner = takeOwner();
  releaseOwner(owner);
  const dead = join(root, `.model-fetch-tmp-${owner}`);
  const foreign = join(root, '.model-fetch-tmp-aaaaaaaaaaaa-1-bbbbbbbbbbbb');
  await writeFile(dead, '');
  await writeFile(foreign, '');
  expect((await view.inspect(root)).foreign).toEqual([]);
  await show({ a: '1' });
  expect(existsSync(dead)).toBe(false);
  expect(existsSync(foreign)).toBe(true);
});

describe('a copy, where a link was not possible', () => {
  // Rotten, and as the record has it: what a view on another file system may come to.
  async function rottenCopy() {
    const { store, show, root } = await newGround();
    await show({ a: 'right' });
    const manifest = JSON.parse(await readFile(join(root, MANIFEST), 'utf8'));
    await rm(join(root, 'a'));
    await writeFile(join(root, 'a'), 'wrong');
    const { dev, ino, mtimeNs } = await stat(join(root, 'a'), { bigint: true });
    const stamp = { dev: `${dev}`, ino: `${ino}`, mtimeNs: `${mtimeNs}` };
    const types = manifest.files[0];
    for (const name of ['dev', 'ino', 'mtimeNs'] as const) {
      types[name] = typeof types[name] === 'number' ? Number(stamp[name]) : stamp[name];
    }
    types.linked = false;
    await writeFile(join(root, MANIFEST), JSON.stringify(manifest));
    return { store, root, ...(await prepare(store, { a: 'right' })) };
  }

  it.each([
    ['receipt', 'wrong', { kept: ['a'], linked: [] }],
    ['full', 'right', { kept: [], linked: ['a'] }],
  ] as const)('with verify: %s it ends as %s', async (verify, content, placed) => {
    const { store, root, snapshot, files } = await rottenCopy();
    const view = createFolderView({ store, verify });
    expect((await view.inspect(root)).placed.get('a')).toBe(verify === 'full' ? '' : files[0]?.blob.sha256);
    expect(await view.place(root, snapshot, files, NEVER)).toMatchObject(placed);
    expect(await readFile(join(root, 'a'), 'utf8')).toBe(content);
  });
});
