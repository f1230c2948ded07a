// The store's contract, and what is special about the one on disk.

import { existsSync } from 'node:fs';
import { chmod, link, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf, hexOf } from '../../../src/core/digest.ts';
import { hostId } from '../../../src/disk/platform.ts';
import { createLayout } from '../../../src/disk/store/layout.ts';
import { createStore } from '../../../src/disk/store/store.ts';
import { put, storeContract } from '../../contracts/store.ts';
import { asUser, hasUsers } from '../as-user.ts';
import { flipByte } from '../flip-byte.ts';
import { fileOf, fill, LARGE_BYTES, NEVER, sampleBytes, useFolders, useHasher } from '../ground.ts';

const hasher = useHasher();
const newFolder = useFolders();
const newStore = async () => createStore({ folder: await newFolder(), hasher });

storeContract('the store on disk', (folder) => createStore({ folder, hasher }));

describe('receipts', () => {
  const bytes = sampleBytes(5000);
  const file = fileOf(bytes);

  it('betray a flipped byte, and the damaged blob goes', async () => {
    const store = await newStore();
    const path = store.pathOf(await put(store, file, bytes));
    await flipByte(path);
    expect(await store.find(file, 'receipt', NEVER)).toEqual({ damaged: true });
    expect(existsSync(path)).toBe(false);
    expect(await store.find(file, 'receipt', NEVER)).toEqual({ damaged: false });
  });

  it('are passed by with `verify: full`, which sees a flipped byte behind a restored time', async () => {
    const store = await newStore();
    const blob = await put(store, file, bytes);
    const { atime, mtime } = await stat(store.pathOf(blob));
    await flipByte(store.pathOf(blob));
    await utimes(store.pathOf(blob), atime, mtime);
    expect(await store.find(file, 'receipt', NEVER)).toEqual({ blob, damaged: false });
    expect(await store.find(file, 'full', NEVER)).toEqual({ damaged: true });
  });

  it('are not given to a file so fresh that a change could leave the same time', async () => {
    const mine = join(await newFolder(), 'mine');
    await writeFile(mine, bytes);
    const { atime, mtime, mtimeMs } = await stat(mine);
    for (const [ageMs, damaged] of [
      [1000, true],
      [10_000, false],
    ] as const) {
      await writeFile(mine, bytes);
      await utimes(mine, atime, mtime);
      const store = createStore({ folder: await newFolder(), hasher, nowMs: () => mtimeMs + ageMs });
      await store.adopt(mine, file, NEVER);
      await flipByte(mine);
      await utimes(mine, atime, mtime);
      expect((await store.find(file, 'receipt', NEVER)).damaged).toBe(damaged);
    }
  });

  it('outlive hard links to the blob', async () => {
    const store = await newStore();
    const blob = await put(store, file, bytes);
    const other = join(await newFolder(), 'link');
    await link(store.pathOf(blob), other);
    const quick = createStore({
      folder: store.folder,
      hasher: {
        ...hasher,
        hash: () => Promise.reject(new Error('hashed')),
        follow: () => {
          throw new Error('hashed');
        },
      },
    });
    expect(await quick.find(file, 'receipt', NEVER)).toEqual({ blob, damaged: false });
    await rm(other);
    expect(await quick.find(file, 'receipt', NEVER)).toEqual({ blob, damaged: false });
  });

  it.each(['', '{', '[]', '{"dev":1}'])('that read %j count as none', async (text) => {
    const store = await newStore();
    const blob = await put(store, file, bytes);
    const path = createLayout(store.folder).receipt(blob.sha256);
    await writeFile(path, text);
    expect(await store.find(file, 'receipt', NEVER)).toEqual({ blob, damaged: false });
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ digests: file.digests });
  });

  it('learn a digest that is asked for later', async () => {
    const store = await newStore();
    const blob = await put(store, file, bytes);
    const byGit = fileOf(bytes, 'a', ['git-sha1']);
    expect(await store.find(byGit, 'receipt', NEVER)).toEqual({ damaged: false });
    expect(await store.find(fileOf(bytes, 'a', ['sha256', 'git-sha1']), 'receipt', NEVER)).toEqual({
      blob,
      damaged: false,
    });
    expect(await store.find(byGit, 'receipt', NEVER)).toEqual({ blob, damaged: false });
  });
});

describe('blobs', () => {
  const bytes = sampleBytes(300);
  const file = fileOf(bytes);

  it('are read-only where that is kind', async () => {
    const store = await newStore();
    const { mode } = await stat(store.pathOf(await put(store, file, bytes)));
    if (process.platform !== 'win32') expect(mode & 0o777).toBe(0o444);
  });

  it('are not believed by an alias alone', async () => {
    const store = await newStore();
    const other = sampleBytes(300, 2);
    const blob = await put(store, file, bytes);
    const alias = createLayout(store.folder).alias(hexOf(digestOf('git-sha1', other)));
    await mkdir(dirname(alias), { recursive: true });
    await writeFile(alias, blob.sha256);
    expect(await store.find(fileOf(other, 'a', ['git-sha1']), 'receipt', NEVER)).toEqual({ damaged: false });
    await writeFile(alias, '../../../../etc/passwd');
    expect(await store.find(fileOf(other, 'a', ['git-sha1']), 'receipt', NEVER)).toEqual({ damaged: false });
    expect(await store.find(file, 'receipt', NEVER)).toEqual({ blob, damaged: false });
  });

  it('stay when a listing is wrong about them', async () => {
    const store = await newStore();
    const blob = await put(store, file, bytes);
    expect(await store.find({ ...file, sizeBytes: 299 }, 'full', NEVER)).toEqual({ damaged: false });
    expect(await store.find(file, 'full', NEVER)).toEqual({ blob, damaged: false });
  });

  it.runIf(process.platform !== 'win32')('are not what a symbolic link leads to', async () => {
    const store = await newStore();
    const blob = await put(store, file, bytes);
    await rm(store.pathOf(blob));
    await writeFile(join(store.folder, 'elsewhere'), bytes);
    await symlink(join(store.folder, 'elsewhere'), store.pathOf(blob));
    expect(await store.find(file, 'receipt', NEVER)).toEqual({ damaged: true });
    expect(existsSync(store.pathOf(blob))).toBe(false);
  });

  it('keep their inode when the same content comes again', async () => {
    const store = await newStore();
    const before = await stat(store.pathOf(await put(store, file, bytes)));
    expect((await stat(store.pathOf(await put(store, file, bytes)))).ino).toBe(before.ino);
  });

  it('that are adopted again from a link to them stay, and leave nothing behind', async () => {
    const store = await newStore();
    const blob = await put(store, file, bytes);
    const mine = join(await newFolder(), 'mine');
    await link(store.pathOf(blob), mine);
    await rm(createLayout(store.folder).receipt(blob.sha256));
    expect(await store.adopt(mine, file, NEVER)).toEqual(blob);
    expect(await readdir(createLayout(store.folder).staging)).toEqual([]);
    expect(await store.find(file, 'receipt', NEVER)).toEqual({ blob, damaged: false });
  });

  it('that are the user’s own file are noticed when the user changes it', async () => {
    const store = await newStore();
    const mine = join(await newFolder(), 'mine');
    await writeFile(mine, bytes);
    const blob = await store.adopt(mine, file, NEVER);
    expect((await stat(mine)).nlink).toBe(2);
    expect(await store.find(file, 'receipt', NEVER)).toEqual({ blob, damaged: false });
    await flipByte(mine);
    expect(await store.find(file, 'receipt', NEVER)).toEqual({ damaged: true });
  });
});

describe('the folder', () => {
  it('is not made by looking', async () => {
    const folder = join(await newFolder(), 'not', 'yet');
    const store = createStore({ folder, hasher });
    const file = fileOf(sampleBytes(LARGE_BYTES));
    expect(await store.find(file, 'full', NEVER)).toEqual({ damaged: false });
    expect(await store.partialBytes(file)).toBe(0);
    expect(existsSync(join(folder, '..'))).toBe(false);
  });

  it('is marked as a cache and holds nothing private after a commit', async () => {
    const store = await newStore();
    for (const sizeBytes of [10, LARGE_BYTES]) await put(store, fileOf(sampleBytes(sizeBytes)), sampleBytes(sizeBytes));
    expect(await readFile(join(store.folder, 'CACHEDIR.TAG'), 'utf8')).toMatch(
      /^Signature: 8a477f597d28d172789f06886806bc55\n/,
    );
    expect(await readdir(join(store.folder, 'v1', 'staging'))).toEqual([]);
    expect(await readdir(join(store.folder, 'v1', 'partials'))).toEqual([]);
  });

  it('loses what a dead run left in staging, and nothing of a live one', async () => {
    const store = await newStore();
    const stage = await store.stage();
    const dead = stage.folder.replace(/-\d+-[0-9a-f]{12}$/, '-999999999-0123456789ab');
    await mkdir(join(dead, 'entry'), { recursive: true });
    await createStore({ folder: store.folder, hasher }).stage();
    expect(existsSync(dead)).toBe(false);
    expect(existsSync(stage.folder)).toBe(true);
  });

  it.runIf(hasUsers)(
    'is used around what others left in staging',
    asUser(async () => {
      const folder = await newFolder();
      const { staging } = createLayout(folder);
      const dead = join(staging, `stage-${hostId()}-999999999-bbbbbbbbbbbb`);
      await mkdir(join(dead, 'entry'), { recursive: true });
      await chmod(dead, 0o555);
      await symlink('loop', join(staging, 'loop'));
      const bytes = sampleBytes(100);
      const store = createStore({ folder, hasher });
      expect(await store.find(fileOf(bytes), 'receipt', NEVER)).toEqual({ damaged: false });
      await put(store, fileOf(bytes), bytes);
      expect(existsSync(dead)).toBe(true);
      await chmod(dead, 0o755);
      await put(createStore({ folder, hasher }), fileOf(sampleBytes(101)), sampleBytes(101));
      expect(existsSync(dead)).toBe(false);
    }),
  );

  it.runIf(hasUsers)(
    'is used beside a marker that another user made',
    asUser(async () => {
      const folder = await newFolder();
      const marker = join(await newFolder(), 'marker');
      await writeFile(marker, '', { mode: 0o444 });
      const bytes = sampleBytes(100);
      const blob = await put(createStore({ folder, hasher, marker }), fileOf(bytes), bytes);
      expect(blob.sizeBytes).toBe(100);
    }),
  );

  it('loses nothing of a run on another machine, whatever time it is here', async () => {
    const folder = await newFolder();
    const stranger = join(createLayout(folder).staging, 'stage-aaaaaaaaaaaa-1-bbbbbbbbbbbb');
    await mkdir(stranger, { recursive: true });
    await createStore({ folder, hasher, nowMs: () => Date.now() + 3 * 24 * 3_600_000 }).stage();
    expect(existsSync(stranger)).toBe(true);
    const time = Date.now() / 1000 - 2 * 24 * 3600;
    await utimes(stranger, time, time);
    await createStore({ folder, hasher }).stage();
    expect(existsSync(stranger)).toBe(false);
  });

  it('that is a file fails as DISK_IO', async () => {
    const path = join(await newFolder(), 'file');
    await writeFile(path, '');
    const store = createStore({ folder: path, hasher });
    await expect(store.open(fileOf(sampleBytes(10)), NEVER)).rejects.toMatchObject({ code: 'DISK_IO' });
    await expect(store.stage()).rejects.toMatchObject({ code: 'DISK_IO' });
  });
});

describe('a slot', () => {
  it('that is closed takes nothing more', async () => {
    const store = await newStore();
    const bytes = sampleBytes(100);
    const slot = await store.open(fileOf(bytes), NEVER);
    await fill(slot, bytes);
    await slot.commit(NEVER);
    await slot.suspend();
    await expect(slot.write(0, bytes)).rejects.toThrow('closed');
    await expect(slot.commit(NEVER)).rejects.toThrow('closed');
  });

  it('can be aborted while it waits for its hash, and suspended then', async () => {
    const bytes = sampleBytes(LARGE_BYTES);
    const folder = await newFolder();
    const waiting = {
      ...hasher,
      follow: () => ({
        marks: [],
        advance() {},
        stop() {},
        finish: () => new Promise<never>(() => {}),
        fetch: () => new Promise<never>(() => {}),
      }),
    };
    const slot = await createStore({ folder, hasher: waiting }).open(fileOf(bytes), NEVER);
    await fill(slot, bytes);
    const control = new AbortController();
    const commit = slot.commit(control.signal);
    control.abort();
    await expect(commit).rejects.toMatchObject({ code: 'ABORTED' });
    await slot.suspend();
    const again = await createStore({ folder, hasher }).open(fileOf(bytes), NEVER);
    expect(again.missing).toEqual([]);
    await again.commit(NEVER);
  });
});
