// The runner cache through the whole flow: who sends what, what is saved, and what it all costs.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { paced } from '../fakes/broken-body.ts';
import { always } from '../fakes/faults/fault.ts';
import { ANSWER_FAULTS } from '../fakes/faults.ts';
import { type CacheGround, MIB, openCacheGround, REPOSITORY } from './cache-ground.ts';

let ground: CacheGround;
beforeEach(async () => {
  const [{ files }] = REPOSITORY.commits;
  const changed = { 'vocab.txt': 'other words\n'.repeat(1000), 'b.bin': { seed: 'b2', sizeBytes: 20 * MIB } };
  const later = { files: { ...files, ...changed } };
  ground = await openCacheGround([{ ...REPOSITORY, commits: [...REPOSITORY.commits, later], tags: { v1: 0 } }]);
});
afterEach(() => ground.close());

const puts = () => ground.fakes.cache.server.requests.filter(({ method }) => method === 'PUT');
const lookups = () => ground.fakes.cache.counters.lookups;

test('what one job fetched, the next has from the cache, every byte once', async () => {
  const first = await ground.run();
  expect(first.report).toMatchObject({ cache: { asked: 3, found: 0, bytes: 0 }, models: [{ cacheHit: 'false' }] });
  expect(ground.keys()).toMatchObject({ blobs: { length: 2 }, packs: { length: 1 } });
  const second = await ground.run();
  expect(second).toMatchObject({ hubBytes: 0, warnings: [], wrongBlobs: [], folder: await ground.truth() });
  const { totals, cache, models } = second.report;
  expect(models[0]?.cacheHit).toBe('true');
  expect(totals).toMatchObject({ bytesDownloaded: 0, bytesRestored: totals.bytes, sources: { cache: totals.bytes } });
  expect(cache).toMatchObject({ asked: 3, found: 3, bytes: totals.bytes });
  expect(new Set(models[0]?.files.map(({ outcome }) => outcome))).toEqual(new Set(['restored']));
  // Whatever was read besides: the first byte of each entry, and the head of the pack.
  const overhead = ground.fakes.cache.bytesDownloaded() - totals.bytes;
  expect(overhead).toBeLessThan(1000);
});

test('an entry of a file is the file: no archive, nothing compressed', async () => {
  await ground.run();
  const sizes = ground.fakes.cache.entries.map(({ sizeBytes }) => sizeBytes);
  expect(sizes.filter((size) => size >= 8 * MIB).sort()).toEqual([20 * MIB, 9 * MIB]);
  const packed = 7 + 12_000 + 300_000;
  const pack = Math.min(...sizes);
  expect(pack).toBeGreaterThan(packed);
  expect(pack).toBeLessThan(packed + 1000);
});

test('asked once, and nothing is saved again', async () => {
  await ground.run();
  const before = { lookups: lookups(), puts: puts().length };
  await ground.run();
  expect({ lookups: lookups() - before.lookups, puts: puts().length }).toEqual({ lookups: 3, puts: before.puts });
});

test('another revision shares what did not change: the large file, and members of the older pack', async () => {
  await ground.run({ revision: 'v1' });
  const before = ground.fakes.cache.entries.length;
  const run = await ground.run();
  expect(run).toMatchObject({ folder: await ground.truth(), warnings: [], wrongBlobs: [] });
  const outcomes = Object.fromEntries(run.report.models[0]?.files.map(({ path, outcome }) => [path, outcome]) ?? []);
  expect(outcomes).toEqual({
    'a.bin': 'restored',
    'b.bin': 'downloaded',
    'config.json': 'restored',
    'vocab.txt': 'downloaded',
    'weights.small': 'restored',
  });
  // The changed file, and the pack anew.
  expect(ground.fakes.cache.entries.length - before).toBe(2);
  expect((await ground.run()).hubBytes).toBe(0);
});

test('jobs of a matrix that save the same at once upload it once', async () => {
  await Promise.all(Array.from({ length: 4 }, () => ground.run()));
  expect(ground.fakes.cache.counters).toMatchObject({ reservations: 3, saves: 3 });
  // The pack, the smaller file, and two blocks with their list.
  expect(puts()).toHaveLength(5);
});

test('a cache that is slow is left for the hub in the middle of its first ranges', async () => {
  await ground.run();
  const slow = always('slow', (answer) => ({ ...answer, read: () => paced(answer, MIB) }));
  ground.fakes.cache.faults.add({ ...slow, places: ['cache'] });
  const run = await ground.run({ include: '*.bin' });
  expect(run).toMatchObject({ warnings: [], wrongBlobs: [] });
  const { totals, departures } = run.report;
  expect(totals.bytesDownloaded).toBeGreaterThan(totals.bytes / 2);
  expect(departures).toMatchObject([{ source: 'cache', code: 'SLOW' }]);
});

describe('a host of bytes without ranges', () => {
  beforeEach(() => {
    const fault = ANSWER_FAULTS.find(({ name }) => name === 'ranges are never honoured');
    if (fault === undefined) throw new Error('no such fault');
    ground.fakes.cache.faults.add({ ...fault, places: ['cache'] });
  });
  test('gives each file whole, and the hub nothing', async () => {
    await ground.run();
    const run = await ground.run();
    expect(run).toMatchObject({ hubBytes: 0, warnings: [], wrongBlobs: [], folder: await ground.truth() });
    const { cache, models, totals } = run.report;
    expect(cache).toMatchObject({ asked: 3, found: 3, bytes: totals.bytes });
    expect(models[0]?.cacheHit).toBe('true');
  });
  test('that is slow is left for the hub, which goes on from there', async () => {
    await ground.run();
    const slow = always('slow', (answer) => ({ ...answer, read: () => paced(answer, MIB) }));
    ground.fakes.cache.faults.add({ ...slow, places: ['cache'] });
    const run = await ground.run({ include: '*.bin' });
    expect(run).toMatchObject({ warnings: [{ code: 'CACHE_RESTORE' }], wrongBlobs: [] });
    expect(run.hubBytes).toBeGreaterThan(20 * MIB);
  });
  test('wrong bytes are fetched from the hub, and only these', async () => {
    await ground.run();
    for (const key of ground.keys().blobs) {
      await ground.fakes.cache.damage(key, (bytes) => bytes.fill(0, bytes.length - 10));
    }
    const run = await ground.run({ exclude: '*.json' });
    expect(run).toMatchObject({ warnings: [{ code: 'CACHE_RESTORE' }], wrongBlobs: [] });
    const { 'config.json': _, ...truth } = await ground.truth();
    expect(run.folder).toEqual(truth);
  });
});

test('a pack of members without bytes holds nothing up', async () => {
  await ground.run();
  const [key = ''] = ground.keys().packs;
  await ground.fakes.cache.damage(key, (bytes) => {
    const [line = '', ...rest] = bytes.toString('latin1').split('\n');
    const count = Number(line.split(' ')[1]);
    const none = Array.from({ length: 100_000 }, (_, at) => `sha256:${String(at).padStart(64, '0')} 0`);
    return Buffer.from([`model-fetch-pack-1 ${count + none.length}`, ...none, ...rest].join('\n'), 'latin1');
  });
  const run = await ground.run();
  expect(run).toMatchObject({ warnings: [{ code: 'CACHE_RESTORE' }], folder: await ground.truth() });
  expect(run.report.cache).toMatchObject({ found: 2 });
});

test('an older pack that has nothing of use is not counted as found', async () => {
  await ground.run({ include: 'config.json' });
  const run = await ground.run({ include: 'vocab.txt' });
  expect(run.report.cache).toMatchObject({ asked: 1, found: 0, bytes: 0 });
});

describe('how much is saved', () => {
  test.each([
    ['0', 0, []],
    ['1MB', 1, []],
    ['10MiB', 2, [9 * MIB]],
    ['21MiB', 2, [20 * MIB]],
    ['40MiB', 3, [20 * MIB, 9 * MIB]],
  ])('a limit of %s: %d entries', async (limit, count, large) => {
    await ground.run({ 'cache-limit': limit });
    const sizes = ground.fakes.cache.entries.map(({ sizeBytes }) => sizeBytes);
    expect(sizes).toHaveLength(count);
    expect(sizes.filter((size) => size >= 8 * MIB).sort()).toEqual(large);
  });
  test('what is there already counts', async () => {
    await ground.run({ 'cache-limit': '21MiB' });
    await ground.run({ 'cache-limit': '21MiB' });
    expect(ground.fakes.cache.entries).toHaveLength(2);
    await ground.run({ 'cache-limit': '30MiB' });
    expect(ground.fakes.cache.entries).toHaveLength(3);
  });
  test('a part of a repository is a pack of its own, and serves as far as it goes', async () => {
    await ground.run({ include: 'config.json' });
    const run = await ground.run({ exclude: '*.bin' });
    expect(run.report.totals).toMatchObject({ bytesRestored: 7, bytesDownloaded: 12_000 + 300_000 });
    expect(ground.keys().packs).toHaveLength(2);
  });
});

describe('a cache that fails costs the run nothing but one warning', () => {
  async function expectOneWarning(run = ground.run()): Promise<void> {
    const { warnings, folder, wrongBlobs } = await run;
    expect(warnings).toMatchObject([{ code: expect.stringMatching(/^CACHE_/) }]);
    expect({ folder, wrongBlobs }).toEqual({ folder: await ground.truth(), wrongBlobs: [] });
  }
  test.each(['down', 'silent'] as const)('%s', async (health) => {
    ground.fakes.cache.options.health = health;
    await expectOneWarning();
  });
  test('rate limited', async () => {
    ground.fakes.cache.options.retryAfterSeconds = 600;
    await expectOneWarning();
  });
  test.each(['read-only', 'write-only'] as const)('%s', async (access) => {
    ground.fakes.cache.options.access = access;
    await expectOneWarning();
    ground.fakes.cache.options.access = 'read-write';
  });
  test('full', async () => {
    ground.fakes.cache.options.roomBytes = 0;
    await expectOneWarning();
  });
  test.each(['expired', 'silent'] as const)('links that are %s', async (links) => {
    await ground.run();
    ground.fakes.cache.options.links = links;
    await expectOneWarning();
    ground.fakes.cache.options.links = 'good';
  });
  test.each<[string, (bytes: Buffer) => Uint8Array]>([
    ['wrong bytes', (bytes) => bytes.fill(0, bytes.length - 10)],
    ['the wrong size', (bytes) => bytes.subarray(1)],
  ])('every entry has %s', async (_, damage) => {
    await ground.run();
    const { blobs, packs } = ground.keys();
    for (const key of [...blobs, ...packs]) await ground.fakes.cache.damage(key, damage);
    await expectOneWarning();
  });
  test('links that expire after they were looked at', async () => {
    await ground.run();
    // The first byte of each entry is sent, and then no more.
    const { requests } = ground.fakes.cache.server;
    requests.length = 0;
    const expire = setInterval(() => {
      if (requests.filter(({ kind }) => kind === 'blob').length >= 3) ground.fakes.cache.options.links = 'expired';
    }, 1);
    const run = await ground.run().finally(() => clearInterval(expire));
    ground.fakes.cache.options.links = 'good';
    expect(run).toMatchObject({ folder: await ground.truth(), wrongBlobs: [] });
    expect(run.warnings.length).toBeLessThanOrEqual(1);
  });
});
