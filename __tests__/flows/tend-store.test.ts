// What a run owes its store: `verify: sample` by the dice of the run, and the limit at the end.

import { readdir, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ModelFetchError } from '../../src/core/errors.ts';
import type { Event } from '../../src/core/events.ts';
import { parseStoreLimit } from '../../src/core/store/limit.ts';
import { createLayout } from '../../src/disk/store/layout.ts';
import { createStore } from '../../src/disk/store/store.ts';
import { tendStore } from '../../src/flows/tend-store.ts';
import { systemClock } from '../../src/host/clock.ts';
import { put } from '../contracts/store.ts';
import { flipByte } from '../disk/flip-byte.ts';
import { fileOf, NEVER, sampleBytes, useFolders, useHasher } from '../disk/ground.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { type Flow, hashFolder, hashRepository, openFlow } from './open-flow.ts';

const KIB = 1024;
const newFolder = useFolders();
const hasher = useHasher();
let fakes: Fakes;
let flow: Flow;
let random = 0.5;
beforeAll(async () => {
  fakes = await startFakes([{ id: 'o/model', commits: [{ files: { 'a.bin': { seed: 'a', sizeBytes: 50 * KIB } } }] }]);
});
afterAll(() => fakes.close());
beforeEach(async () => {
  flow = await openFlow(fakes, { clock: { ...systemClock, random: () => random } });
});
afterEach(() => flow.close());

test('`verify: sample` hashes what the dice say, and the report states the chance', async () => {
  await flow.run('modelscope', { model: 'o/model' });
  const [truth] = Object.values(await hashRepository(fakes.modelscope.repository('o/model'), 'master'));
  const blob = createLayout(flow.store).blob(truth ?? '');
  const { atime, mtime } = await stat(blob);
  await flipByte(blob);
  await utimes(blob, atime, mtime);
  const lucky = await flow.run('modelscope', { model: 'o/model', verify: 'sample' });
  expect(lucky.models[0]?.files[0]?.outcome).toBe('kept');
  expect(lucky.verify).toEqual({ how: 'sample', hashedShare: 0.1 });
  random = 0.05;
  const drawn = await flow.run('modelscope', { model: 'o/model', verify: 'sample' });
  expect(drawn.models[0]?.files[0]?.outcome).toBe('downloaded');
  expect(Object.values(await hashFolder(flow.folder))).toEqual([truth]);
});

type TheStore = ReturnType<typeof createStore>;
const bytes = sampleBytes(80 * KIB, 2);
const fetchNew = async (store: TheStore) => {
  await store.hold('m', [fileOf(bytes)]);
  await put(store, fileOf(bytes), bytes);
};

/** Runs the work on a store that has a content of 100 KiB already. */
async function tend(limit: string, work: (store: TheStore) => Promise<unknown>, dryRun = false) {
  const store = createStore({ folder: path.join(await newFolder(), 'store'), hasher });
  const events: Event[] = [];
  const old = sampleBytes(100 * KIB);
  await put(store, fileOf(old), old);
  const tending = { store, care: store.care, limit: parseStoreLimit(limit), dryRun, lock: undefined };
  const run = tendStore({ ...tending, emit: (event) => void events.push(event) }, () => work(store), NEVER);
  const failure = await run.then(
    () => undefined,
    (error: Error) => error.message,
  );
  const warnings = events.filter(({ type }) => type === 'warning').length;
  const held = await readdir(createLayout(store.folder).records('holds'));
  return { failure, warnings, held, left: (await store.care.list()).blobs.map(({ sizeBytes }) => sizeBytes / KIB) };
}

test('a run ends with a store that keeps its limit', async () => {
  expect(await tend('100KiB', fetchNew)).toEqual({ failure: undefined, warnings: 0, held: [], left: [80] });
});

test('a limit that is smaller than what the run needs is told of, and what it needs stays', async () => {
  expect(await tend('10KiB', fetchNew)).toEqual({ failure: undefined, warnings: 1, held: [], left: [80] });
});

test('without a limit nothing goes', async () => {
  expect((await tend('', fetchNew)).left.sort((a, b) => a - b)).toEqual([80, 100]);
});

test('a run that fails lets go of what it held', async () => {
  const failing = async (store: TheStore) => {
    await fetchNew(store);
    throw new Error('failed');
  };
  expect(await tend('100KiB', failing)).toMatchObject({ failure: 'failed', held: [] });
});

test('a run that finds no room leaves a store that keeps its limit', async () => {
  expect(await tend('50KiB', findNoRoom)).toEqual({ failure: 'no room', warnings: 0, held: [], left: [] });
});

test('but a dry run removes nothing', async () => {
  expect(await tend('50KiB', findNoRoom, true)).toMatchObject({ failure: 'no room', left: [100] });
});

async function findNoRoom(store: TheStore): Promise<never> {
  await store.hold('m', [fileOf(bytes)]);
  throw new ModelFetchError('DISK_FULL', 'no room');
}
