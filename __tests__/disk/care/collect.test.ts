// Garbage collection: the limit is kept, what was used last stays longest, and what somebody needs is not touched.

import { existsSync } from 'node:fs';
import {
  chmod,
  link,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  statfs,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CollectOptions } from '../../../src/core/ports/store-care.ts';
import type { Blob } from '../../../src/core/ports.ts';
import { identityOf } from '../../../src/core/snapshot.ts';
import { hostId } from '../../../src/disk/platform.ts';
import { createLayout, RECORD_KINDS } from '../../../src/disk/store/layout.ts';
import { createStore } from '../../../src/disk/store/store.ts';
import { put } from '../../contracts/store.ts';
import { asUser, hasUsers } from '../as-user.ts';
import { fileOf, holds, LARGE_BYTES, MIB, NEVER, sampleBytes, useFolders, useHasher } from '../ground.ts';

const hasher = useHasher();
const newFolder = useFolders();
const newStore = async () => createStore({ folder: await newFolder(), hasher });
const KIB = 1024;
const DEAD = `${hostId()}-999999999-bbbbbbbbbbbb`;
const STRANGER = 'aaaaaaaaaaaa-1-bbbbbbbbbbbb';
const DAY = 24 * 3600;

const toLimit = (bytes: number, more: Partial<CollectOptions> = {}): CollectOptions => ({
  limit: { kind: 'bytes', bytes },
  dryRun: false,
  keep: [],
  ...more,
});
const contents = Array.from({ length: 6 }, (_, index) => sampleBytes(100 * KIB, index + 1));
const files = contents.map((bytes, index) => fileOf(bytes, `${index}.bin`));

/** A store with six blobs of 100 KiB, each used by a run of its own, the first one longest ago. */
async function filled() {
  const store = await newStore();
  const blobs: Blob[] = [];
  for (const [index, bytes] of contents.entries()) {
    const file = files[index] ?? fileOf(bytes);
    blobs.push(await put(store, file, bytes));
    await store.hold(`model ${index}`, [file]);
  }
  await store.close();
  const uses = createLayout(store.folder).records('uses');
  for (const name of await readdir(uses)) {
    const { about } = JSON.parse(await readFile(join(uses, name), 'utf8'));
    const time = Date.now() / 1000 - 3600 * (10 - Number(about.slice(-1)));
    await utimes(join(uses, name), time, time);
  }
  const here = () => blobs.flatMap((blob, index) => (existsSync(store.pathOf(blob)) ? [index] : []));
  const at = (index: number) => store.pathOf(blobs[index] ?? { sha256: '', sizeBytes: 0 });
  return { store, blobs, here, at, layout: createLayout(store.folder) };
}

async function age(path: string, seconds: number): Promise<void> {
  const time = Date.now() / 1000 - seconds;
  await utimes(path, time, time);
}

describe('a store past its limit', () => {
  it('is collected though what others left among its records is no record', async () => {
    const { store, here, layout } = await filled();
    for (const kind of RECORD_KINDS) {
      await mkdir(join(layout.records(kind), 'folder', 'folder'), { recursive: true });
      await symlink('link', join(layout.records(kind), 'link'));
      await writeFile(join(layout.records(kind), 'long'), '');
      await truncate(join(layout.records(kind), 'long'), 2 ** 33);
    }
    await store.care.collect(toLimit(300 * KIB), NEVER);
    expect(here()).toEqual([3, 4, 5]);
    expect((await store.care.list()).blobs.length).toBe(3);
  });

  it.runIf(hasUsers)(
    'is collected around what another user keeps to themselves',
    asUser(async () => {
      const { store, here, layout } = await filled();
      const stage = layout.staged('stage', STRANGER);
      const partial = layout.partial(identityOf(fileOf(sampleBytes(3))), STRANGER).folder;
      for (const folder of [stage, partial]) {
        await mkdir(join(folder, 'folder'), { recursive: true });
        await age(folder, 3 * DAY);
        await chmod(folder, 0o000);
      }
      try {
        expect(await store.care.collect(toLimit(300 * KIB), NEVER)).toMatchObject({ afterBytes: 300 * KIB });
        expect(here()).toEqual([3, 4, 5]);
        expect((await store.care.list()).blobs.length).toBe(3);
      } finally {
        for (const folder of [stage, partial]) if (existsSync(folder)) await chmod(folder, 0o755);
      }
    }),
  );

  it.runIf(hasUsers)(
    'goes on behind a content that may not be removed, and says so',
    asUser(async () => {
      const { store, here, at } = await filled();
      const folder = dirname(at(0));
      await chmod(folder, 0o555);
      try {
        await store.care.collect(toLimit(300 * KIB), NEVER);
        expect(here()).toEqual([0, 4, 5]);
        await expect(store.care.collect(toLimit(0), NEVER)).rejects.toMatchObject({ code: 'DISK_IO' });
        expect(here()).toEqual([0]);
      } finally {
        await chmod(folder, 0o755);
      }
    }),
  );

  it.runIf(hasUsers)(
    'loses no more than it has to where what was known of a content may not be removed',
    asUser(async () => {
      const { store, here, blobs, layout } = await filled();
      const folders = blobs.slice(0, 3).map(({ sha256 }) => dirname(layout.receipt(sha256)));
      for (const folder of folders) await chmod(folder, 0o555);
      try {
        const done = await store.care.collect(toLimit(300 * KIB), NEVER);
        expect(done).toMatchObject({ afterBytes: 300 * KIB, removed: [{}, {}, {}] });
        expect(here()).toEqual([3, 4, 5]);
      } finally {
        for (const folder of folders) await chmod(folder, 0o755);
      }
    }),
  );

  it.runIf(hasUsers)(
    'is listed, and looked through, where nothing may be written',
    asUser(async () => {
      const { store, here, layout } = await filled();
      const young = layout.partial(identityOf(fileOf(sampleBytes(3))), STRANGER);
      await mkdir(young.folder, { recursive: true });
      await writeFile(young.data, sampleBytes(10));
      await chmod(layout.staging, 0o555);
      try {
        expect((await store.care.list()).blobs.length).toBe(6);
        const all = await store.care.collect(toLimit(0, { dryRun: true }), NEVER);
        expect(all.removed.map(({ kind }) => kind)).toEqual(Array(6).fill('blob'));
        await rm(young.folder, { recursive: true });
        const planned = await store.care.collect(toLimit(300 * KIB, { dryRun: true }), NEVER);
        expect(planned).toMatchObject({ beforeBytes: 600 * KIB, afterBytes: 300 * KIB });
        expect(here().length).toBe(6);
      } finally {
        await chmod(layout.staging, 0o755);
      }
    }),
  );

  it('is collected to it, and loses what was used longest ago', async () => {
    const { store, here, blobs } = await filled();
    const done = await store.care.collect(toLimit(300 * KIB), NEVER);
    expect(here()).toEqual([3, 4, 5]);
    expect(done).toMatchObject({ limitBytes: 300 * KIB, beforeBytes: 600 * KIB, afterBytes: 300 * KIB });
    expect(done.removed.map(({ sha256 }) => sha256)).toEqual(blobs.slice(0, 3).map(({ sha256 }) => sha256));
    for (const [index, file] of files.entries())
      expect((await store.find(file, 'full', NEVER)).blob !== undefined).toBe(index >= 3);
  });

  it('keeps what a run that goes on needs, what a lock file pins, and what has another link', async () => {
    const { store, here, at } = await filled();
    const other = createStore({ folder: store.folder, hasher });
    await other.hold('a run', files.slice(0, 1));
    await store.pin('/repository/model.lock', files.slice(1, 2));
    await link(at(2), join(await newFolder(), 'view'));
    const done = await store.care.collect(
      toLimit(0, { keep: [identityOf(files[3] ?? fileOf(sampleBytes(1)))] }),
      NEVER,
    );
    expect(here()).toEqual([0, 1, 2, 3]);
    expect(done).toMatchObject({ afterBytes: 400 * KIB });
    const kept = (await store.care.list()).blobs.map(({ keeper }) => keeper ?? '');
    expect(kept.sort()).toEqual(['', 'link', 'lock', 'run']);
    await other.close();
    await store.care.collect(toLimit(0), NEVER);
    expect(here()).toEqual([1, 2]);
  });

  it('keeps what two lock files at one path pin, for jobs in containers all have theirs there', async () => {
    const { store, here } = await filled();
    for (const index of [1, 2]) {
      const job = createStore({ folder: store.folder, hasher });
      await job.pin('/github/workspace/model.lock', files.slice(index, index + 1));
      await job.close();
    }
    await store.care.collect(toLimit(0), NEVER);
    expect(here()).toEqual([1, 2]);
  });

  it('keeps what is known by git’s name only since it was stored once more', async () => {
    const { store, here } = await filled();
    const [bytes = sampleBytes(1)] = contents;
    const named = fileOf(bytes, '0.bin', ['git-sha1']);
    const run = createStore({ folder: store.folder, hasher });
    await run.hold('m', [named]);
    await put(run, named, bytes);
    await store.care.collect(toLimit(0), NEVER);
    expect(here()).toEqual([0]);
    await run.close();
  });

  it('says in a dry run what it would do, and does nothing', async () => {
    const { store, here } = await filled();
    const planned = await store.care.collect(toLimit(250 * KIB, { dryRun: true }), NEVER);
    expect(here()).toHaveLength(6);
    expect(await store.care.collect(toLimit(250 * KIB), NEVER)).toEqual(planned);
    expect(here()).toEqual([4, 5]);
  });

  it('can be told a share of its disk', async () => {
    const { store, here } = await filled();
    await store.care.collect({ limit: { kind: 'share', share: 1 }, dryRun: false, keep: [] }, NEVER);
    expect(here()).toHaveLength(6);
    const { blocks, bsize } = await statfs(store.folder);
    const share = (350 * KIB) / (blocks * bsize);
    await store.care.collect({ limit: { kind: 'share', share }, dryRun: false, keep: [] }, NEVER);
    expect(here()).toEqual([3, 4, 5]);
  });

  it('counts unfinished downloads, and gives up those that nobody works on', async () => {
    const { store, here } = await filled();
    const bytes = sampleBytes(LARGE_BYTES);
    const slot = await store.open(fileOf(bytes), NEVER);
    await slot.write(0, bytes.subarray(0, 2 * MIB));
    expect((await store.care.collect(toLimit(700 * KIB), NEVER)).removed.every(({ kind }) => kind === 'blob')).toBe(
      true,
    );
    expect(here()).toEqual([]);
    await slot.suspend();
    const done = await store.care.collect(toLimit(100 * KIB), NEVER);
    expect(done.removed.map(({ kind }) => kind)).toEqual(['partial']);
    expect(await store.partialBytes(fileOf(bytes))).toBe(0);
  });

  it('forgets with a blob all that was known of it', async () => {
    const store = await newStore();
    const bytes = sampleBytes(LARGE_BYTES);
    const file = fileOf(bytes, 'a', ['sha256', 'git-sha1']);
    await put(store, file, bytes);
    await store.hold('m', [file]);
    await store.close();
    await store.care.collect(toLimit(0), NEVER);
    const left = await readdir(join(store.folder, 'v1'), { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => entry.isFile()).map(({ name }) => name)).toEqual(['format']);
  });

  it('knows a content by git’s name, too', async () => {
    const store = await newStore();
    const bytes = sampleBytes(1000);
    const file = fileOf(bytes, 'a', ['git-sha1']);
    const blob = await put(store, file, bytes);
    await store.hold('m', [file]);
    await store.care.collect(toLimit(0), NEVER);
    expect(existsSync(store.pathOf(blob))).toBe(true);
  });
});

describe('without a limit', () => {
  it('nothing of the content goes', async () => {
    const { store, here } = await filled();
    expect(await store.care.collect({ limit: undefined, dryRun: false, keep: [] }, NEVER)).toMatchObject({
      removed: [],
    });
    expect(here()).toHaveLength(6);
  });

  it('a store that is not there is not made', async () => {
    const folder = join(await newFolder(), 'none');
    const { care } = createStore({ folder, hasher });
    expect(await care.collect(toLimit(0), NEVER)).toEqual({ beforeBytes: 0, afterBytes: 0, removed: [] });
    await care.sweep();
    expect(await care.list()).toMatchObject({ blobs: [], uses: [] });
    expect(existsSync(folder)).toBe(false);
  });

  it('what runs left that are over goes, by their death or by its age', async () => {
    const { store, layout } = await filled();
    const partial = (owner: string) => layout.partial(identityOf(fileOf(sampleBytes(9))), owner).folder;
    const rows: readonly (readonly [string, number, boolean])[] = [
      [layout.staged('stage', DEAD), 0, false],
      [layout.staged('stage', STRANGER), 2 * DAY, false],
      [layout.staged('stage', STRANGER.replace('b', 'c')), DAY / 2, true],
      [partial(DEAD), 8 * DAY, false],
      [partial(DEAD.replace('b', 'c')), 6 * DAY, true],
      [partial(STRANGER), 8 * DAY, false],
      [partial(STRANGER.replace('b', 'c')), 6 * DAY, true],
      [layout.record('pins', 'old'), 31 * DAY, false],
      [layout.record('pins', 'young'), 29 * DAY, true],
      [layout.origin('a'.repeat(64)), 91 * DAY, false],
      [layout.origin('b'.repeat(64)), 89 * DAY, true],
      [layout.record('uses', 'old'), 91 * DAY, false],
      [layout.record('uses', 'young'), 89 * DAY, true],
      [layout.record('holds', DEAD), 0, false],
      [layout.record('holds', STRANGER), 2 * DAY, false],
      [layout.record('holds', STRANGER.replace('b', 'c')), DAY / 2, true],
      [layout.lease(identityOf(fileOf(sampleBytes(8)))), 2 * DAY, false],
      [layout.lease(identityOf(fileOf(sampleBytes(7)))), 60, true],
    ];
    for (const [path, seconds] of rows) {
      await mkdir(dirname(path), { recursive: true });
      if (/partials|stage/.test(path)) await mkdir(path);
      else await writeFile(path, STRANGER);
      await age(path, seconds);
    }
    await store.care.sweep();
    expect(rows.map(([path]) => [path, existsSync(path)])).toEqual(rows.map(([path, , stays]) => [path, stays]));
  });
});

describe('what a run needs', () => {
  it('is held as soon as there is a store, and not before', async () => {
    const folder = join(await newFolder(), 'store');
    const store = createStore({ folder, hasher });
    await store.hold('model 0', files);
    expect(existsSync(folder)).toBe(false);
    const blob = await put(store, fileOf(contents[0] ?? sampleBytes(1)), contents[0] ?? sampleBytes(1));
    await createStore({ folder, hasher }).care.collect(toLimit(0), NEVER);
    expect(existsSync(store.pathOf(blob))).toBe(true);
    await store.close();
    expect(await readdir(createLayout(folder).records('holds'))).toEqual([]);
  });

  it('is not heard where it cannot be written down, and ends no run', async () => {
    const { store, layout } = await filled();
    await rm(layout.records('holds'), { recursive: true });
    await writeFile(layout.records('holds'), 'a file in the way');
    const other = createStore({ folder: store.folder, hasher });
    await other.hold('m', files);
    expect((await other.find(files[0] ?? fileOf(sampleBytes(1)), 'receipt', NEVER)).blob).toBeDefined();
  });

  it('is not held in a dry run', async () => {
    const { store, layout } = await filled();
    const looking = createStore({ folder: store.folder, hasher, isReadOnly: true });
    await looking.hold('m', files);
    await looking.pin('m', files);
    expect(await readdir(layout.records('holds'))).toEqual([]);
    expect(existsSync(layout.records('pins'))).toBe(false);
  });

  it('counts as used by the last of its runs', async () => {
    const { store, here } = await filled();
    await store.hold('model 0 again', files.slice(0, 1));
    await store.close();
    await store.care.collect(toLimit(200 * KIB), NEVER);
    expect(here()).toEqual([0, 5]);
  });

  it('is listed, the last use first, with what is left of it', async () => {
    const { store, at } = await filled();
    await rm(at(5));
    const { uses, blobs } = await store.care.list();
    expect(uses.map(({ about, files: count, filesHere, bytesHere }) => [about, count, filesHere, bytesHere])).toEqual([
      ['model 5', 1, 0, 0],
      ...[4, 3, 2, 1, 0].map((index) => [`model ${index}`, 1, 1, 100 * KIB]),
    ]);
    expect(blobs).toHaveLength(5);
  });
});

describe('a check of a store', () => {
  it('finds damage behind an unchanged time, and takes it out but for a dry run', async () => {
    const { store, blobs, at, here } = await filled();
    const { atime, mtime } = await stat(at(2));
    await rm(at(2));
    await writeFile(at(2), sampleBytes(100 * KIB, 99));
    await utimes(at(2), atime, mtime);
    const found = { blobs: 6, bytes: 600 * KIB, damaged: [blobs[2]] };
    expect(await store.care.check({ dryRun: true }, NEVER)).toEqual(found);
    expect(here()).toHaveLength(6);
    expect(await store.care.check({ dryRun: false }, NEVER)).toEqual(found);
    expect(here()).toEqual([0, 1, 3, 4, 5]);
  });
});

describe('a store of a newer program', () => {
  it('is left alone, and says so', async () => {
    const { store, layout, here } = await filled();
    await writeFile(layout.format, '2\n');
    const old = createStore({ folder: store.folder, hasher });
    const [file = fileOf(sampleBytes(1))] = files;
    for (const work of [
      () => old.find(file, 'receipt', NEVER),
      () => old.open(file, NEVER),
      () => old.adopt('/nowhere', file, NEVER),
      () => old.hold('m', files),
      () => old.stage(),
      () => old.care.list(),
      () => old.care.collect(toLimit(0), NEVER),
      () => old.care.check({ dryRun: false }, NEVER),
    ]) {
      await expect(work()).rejects.toMatchObject({ code: 'STORE_FORMAT' });
    }
    expect(here()).toHaveLength(6);
  });

  it('may lie beside: another layout has another folder', async () => {
    const { store } = await filled();
    await mkdir(join(store.folder, 'v2', 'blobs'), { recursive: true });
    await writeFile(join(store.folder, 'v2', 'blobs', 'a'), 'a');
    await createStore({ folder: store.folder, hasher }).care.collect(toLimit(0), NEVER);
    expect(await readFile(join(store.folder, 'v2', 'blobs', 'a'), 'utf8')).toBe('a');
  });
});

it('receipts of other machines stay beside our own', async () => {
  const store = await newStore();
  const bytes = sampleBytes(1000);
  const file = fileOf(bytes);
  const blob = await put(store, file, bytes);
  const path = createLayout(store.folder).receipt(blob.sha256);
  const ours = JSON.parse(await readFile(path, 'utf8'));
  const theirs = { ...ours, dev: '12345', boot: 'another' };
  await writeFile(path, JSON.stringify(theirs));
  expect(await store.find(file, 'receipt', NEVER)).toEqual({ blob, damaged: false });
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ ...ours, others: [theirs] });
  expect(await holds(store.pathOf(blob), bytes)).toBe(true);
});
