// Stores that came with the machine's image: found as the runner's tools are, read and never written, hashed once.

import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir, find as findTool } from '@actions/tool-cache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Blob } from '../../src/core/ports.ts';
import { createLayout } from '../../src/disk/store/layout.ts';
import { createStore } from '../../src/disk/store/store.ts';
import { findToolStores, placeStore } from '../../src/disk/store/tool-stores.ts';
import { createFolderView } from '../../src/disk/view/folder.ts';
import { put } from '../contracts/store.ts';
import { snapshotOf } from '../core/sample.ts';
import { useQuietRunner } from '../host/captured.ts';
import { flipByte } from './flip-byte.ts';
import { fileOf, holds, NEVER, sampleBytes, useFolders, useHasher } from './ground.ts';

useQuietRunner();
const hasher = useHasher();
const newFolder = useFolders();
const ARCH = process.arch;
const bytes = sampleBytes(5000);
const file = fileOf(bytes, 'a');
/** Whoever hashes fails. */
const noHasher = {
  ...hasher,
  follow: () => {
    throw new Error('hashed');
  },
};

/** A store in an image, and an empty one above it. */
async function baked() {
  const image = await newFolder();
  const blob = await put(createStore({ folder: image, hasher }), file, bytes);
  const folder = join(await newFolder(), 'own');
  const open = (isReadOnly = false) => createStore({ folder, hasher, lowers: [image], isReadOnly });
  return { image, blob, folder, open, path: createLayout(image).blob(blob.sha256) };
}

/** Every file of a folder with its time. */
async function listing(folder: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })).sort();
  return Promise.all(names.map(async (name) => `${name} ${(await stat(join(folder, name))).mtimeMs}`));
}

describe('a store below our own', () => {
  it('gives its bytes where they lie, and is not changed', async () => {
    const { image, blob, open, path } = await baked();
    const before = await listing(image);
    const store = open();
    expect(await store.find(file, 'receipt', NEVER)).toEqual({ blob, damaged: false });
    expect(store.pathOf(blob)).toBe(path);
    const slot = await store.open(file, NEVER);
    expect(slot.missing).toEqual([]);
    expect(await slot.commit(NEVER)).toEqual(blob);
    const view = join(await newFolder(), 'view');
    const snapshot = snapshotOf(['a'], bytes.length);
    await createFolderView({ store }).place(view, snapshot, [{ path: file.path, blob }], NEVER);
    expect(await holds(join(view, 'a'), bytes)).toBe(true);
    const stage = await store.stage();
    await stage.expose(blob, 'entry', blob.sha256);
    expect(await holds(stage.pathOf('entry', blob.sha256), bytes)).toBe(true);
    await stage.discard();
    expect(await listing(image)).toEqual(before);
  });

  it('is hashed once, where its own receipts do not count here', async () => {
    const { image, blob, open, folder } = await baked();
    const receipt = createLayout(image).receipt(blob.sha256);
    await writeFile(receipt, JSON.stringify({ ...JSON.parse(await readFile(receipt, 'utf8')), boot: 'another' }));
    expect((await open().find(file, 'receipt', NEVER)).blob).toEqual(blob);
    const again = createStore({ folder, hasher: noHasher, lowers: [image] });
    expect((await again.find(file, 'receipt', NEVER)).blob).toEqual(blob);
    await expect(again.find(file, 'full', NEVER)).rejects.toThrow('hashed');
  });

  it('is not looked at for what our own store has', async () => {
    const { blob, open, path } = await baked();
    await flipByte(path);
    const store = open();
    expect(await store.find(file, 'receipt', NEVER)).toEqual({ damaged: false });
    await put(store, file, bytes);
    expect(store.pathOf(blob)).not.toBe(path);
    expect(await holds(store.pathOf(blob), bytes)).toBe(true);
  });

  it('helps out when our own copy is damaged', async () => {
    const { blob, folder, open, path } = await baked();
    const own = createStore({ folder, hasher });
    await put(own, file, bytes);
    await flipByte(own.pathOf(blob));
    const store = open();
    expect(await store.find(file, 'full', NEVER)).toEqual({ blob, damaged: false });
    expect(store.pathOf(blob)).toBe(path);
  });

  it('knows what git names, and what hubs said', async () => {
    const { image, open, blob } = await baked();
    const lower = createStore({ folder: image, hasher });
    await put(lower, fileOf(bytes, 'a', ['sha256', 'git-sha1']), bytes);
    await lower.find(fileOf(bytes, 'a', ['sha256', 'git-sha1']), 'receipt', NEVER);
    await lower.shelf.write('said', 'text');
    const store = open();
    expect((await store.find(fileOf(bytes, 'a', ['git-sha1']), 'receipt', NEVER)).blob).toEqual(blob);
    expect(await store.shelf.read('said')).toBe('text');
    await store.shelf.write('said', 'newer');
    expect(await store.shelf.read('said')).toBe('newer');
    expect(await lower.shelf.read('said')).toBe('text');
  });

  it('makes nothing in a dry run', async () => {
    const { open, folder, blob } = await baked();
    expect((await open(true).find(file, 'full', NEVER)).blob).toEqual(blob);
    expect(existsSync(folder)).toBe(false);
  });

  it.each([
    ['of a newer program', (image: string) => writeFile(join(image, 'v1', 'format'), '2\n')],
    ['that is a file', async (image: string) => writeFile(join(image, 'v1', 'format', 'x'), '').catch(() => undefined)],
  ])('%s does not end a run', async (_, change) => {
    const { image, open } = await baked();
    await change(image);
    await expect(open().find(file, 'receipt', NEVER)).resolves.toMatchObject({ damaged: false });
  });

  it('is never collected', async () => {
    const { open, path } = await baked();
    const store = open();
    await store.stage();
    await store.find(file, 'receipt', NEVER);
    await store.care.collect({ limit: { kind: 'bytes', bytes: 0 }, dryRun: false, keep: [] }, NEVER);
    expect(existsSync(path)).toBe(true);
  });
});

describe('a store among the tools of a runner', () => {
  const before = { ...process.env };
  let tools: string;
  beforeEach(async () => {
    tools = await newFolder();
    process.env['RUNNER_TOOL_CACHE'] = tools;
    process.env['RUNNER_TEMP'] = await newFolder();
  });
  afterEach(() => {
    process.env = { ...before };
  });
  const own = () => join(tools, 'model-fetch', '1.0.0', ARCH);
  const places = () => ({ candidates: [own(), join(tools, 'temp')] as const, tools: { folder: tools, arch: ARCH } });

  it('is registered when it is made, and found by the tool cache', async () => {
    expect(findTool('model-fetch', '1.x')).toBe('');
    const placed = placeStore(places());
    expect(placed).toEqual({ folder: own(), lowers: [], marker: `${own()}.complete` });
    expect(existsSync(tools) && (await readdir(tools)).length).toBe(0);
    await put(createStore({ ...placed, hasher }), file, bytes);
    expect(findTool('model-fetch', '1.x')).toBe(own());
    expect(findToolStores({ folder: tools, arch: ARCH })).toEqual([own()]);
  });

  it('is found when the tool cache registered it, the newest first', async () => {
    const baking = await newFolder();
    const blob = await put(createStore({ folder: baking, hasher }), file, bytes);
    const older = await cacheDir(baking, 'model-fetch', '1.2.0');
    const newer = await cacheDir(baking, 'model-fetch', 'v1.10.3');
    await cacheDir(baking, 'model-fetch', '2.0.0');
    await mkdir(join(tools, 'model-fetch', '1.11.0', ARCH), { recursive: true });
    const placed = placeStore(places());
    expect(placed.lowers).toEqual([newer, older]);
    const store = createStore({ ...placed, hasher });
    expect((await store.find(file, 'receipt', NEVER)).blob).toEqual(blob satisfies Blob);
    expect(store.pathOf(blob)).toBe(createLayout(newer).blob(blob.sha256));
  });

  it('is found under any spelling of a version, and among names that are none', async () => {
    const names = ['=1.3.0', 'v1.2.0', '1.x', '1.0', '1.0.0-beta', 'x'];
    for (const name of names) {
      await mkdir(join(tools, 'model-fetch', name, ARCH), { recursive: true });
      await writeFile(join(tools, 'model-fetch', name, `${ARCH}.complete`), '');
    }
    const found = ['=1.3.0', 'v1.2.0'].map((name) => join(tools, 'model-fetch', name, ARCH));
    expect(findToolStores({ folder: tools, arch: ARCH })).toEqual(found);
  });

  it.runIf(process.platform !== 'win32' && process.getuid?.() !== 0)('that may not be written to is read', async () => {
    await put(createStore({ ...placeStore(places()), hasher }), file, bytes);
    await chmod(own(), 0o555);
    expect(placeStore(places())).toEqual({ folder: join(tools, 'temp'), lowers: [own()] });
    await chmod(own(), 0o755);
  });
});

describe('a store that the user gave', () => {
  const given = async () => {
    const folder = await newFolder();
    return { folder, blob: await put(createStore({ folder, hasher }), file, bytes) };
  };
  const own = async () => join(await newFolder(), 'own');

  it('is the store when it may be written to', async () => {
    const { folder } = await given();
    expect(placeStore({ given: folder, candidates: [await own()] })).toEqual({ folder, lowers: [] });
  });

  it('is read when it may not, and what is new goes elsewhere', async () => {
    const { folder, blob } = await given();
    const candidates = [await own()] as const;
    const placed = placeStore({ given: folder, candidates }, (one) => one !== folder);
    expect(placed).toEqual({ folder: candidates[0], lowers: [folder] });
    const store = createStore({ ...placed, hasher });
    expect(await store.find(file, 'receipt', NEVER)).toEqual({ blob, damaged: false });
    expect(store.pathOf(blob)).toBe(createLayout(folder).blob(blob.sha256));
  });

  it('is meant when there is none and none can be made, so that the mistake shows', async () => {
    const folder = join(await newFolder(), 'none');
    expect(placeStore({ given: folder, candidates: [await own()] }, () => false)).toEqual({ folder, lowers: [] });
  });
});
