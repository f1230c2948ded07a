// The runner cache through the official package, against a fake service: what is saved comes back, and a failure is one warning and then silence.

import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createAllowance } from '../../../src/core/cache/allowance.ts';
import type { Event } from '../../../src/core/events.ts';
import type { ArchiveCache, CacheEntry } from '../../../src/core/ports.ts';
import type { CacheAccess } from '../../../src/host/cache/access.ts';
import { type ArchiveCacheParts, createArchiveCache } from '../../../src/host/cache/archive-cache.ts';
import { systemClock } from '../../../src/host/clock.ts';
import { type FakeCacheService, startCacheService } from '../../fakes/cache-service.ts';
import { always } from '../../fakes/faults/fault.ts';
import { stallAfter } from '../../fakes/faults.ts';
import { captureStdout } from '../captured.ts';
import { createBeatClock } from './beat-clock.ts';

const NEVER = new AbortController().signal;
const entry = (name: string, restoreKeys: string[] = []): CacheEntry => ({
  key: `key-${name}`,
  restoreKeys,
  folder: `blob-${name}`,
});

let service: FakeCacheService;
let folder: string;
let root: string;
let events: Event[];
const home = process.cwd();

beforeEach(async () => {
  service = await startCacheService();
  folder = await realpath(await mkdtemp(join(tmpdir(), 'model-fetch-cache-')));
  root = join(folder, 'stage');
  await mkdir(root);
  await mkdir(join(folder, 'temp'));
  events = [];
  const variables = {
    RUNNER_TEMP: join(folder, 'temp'),
    GITHUB_WORKSPACE: folder,
    GITHUB_SERVER_URL: undefined,
    ACTIONS_CACHE_MODE: undefined,
    ...service.environment(),
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
});
afterEach(async () => {
  expect(process.cwd()).toBe(home);
  expect(process.env['GITHUB_WORKSPACE']).toBe(folder);
  vi.unstubAllEnvs();
  await service.close();
  await rm(folder, { recursive: true });
});

function open(
  access: CacheAccess = { read: true, write: true },
  changes: Partial<ArchiveCacheParts> = {},
): ArchiveCache {
  const cache = createArchiveCache({ access, emit: (event) => events.push(event), clock: systemClock, ...changes });
  if (cache === undefined) throw new Error('there is no cache');
  return cache;
}

async function put(name: string, content: string | Uint8Array): Promise<void> {
  await mkdir(join(root, `blob-${name}`), { recursive: true });
  await writeFile(join(root, `blob-${name}`, 'file'), content);
}

/** The only warning that was told. */
function warning(): { code?: string | undefined } {
  expect(events).toHaveLength(1);
  const [event] = events;
  if (event?.type !== 'warning') throw new Error('no warning was told');
  return event;
}

/** Runs with the client's own lines caught; what passes is debug lines at most. */
async function quietly<T>(work: () => Promise<T>): Promise<T> {
  const result: { value?: T } = {};
  const log = await captureStdout(async () => {
    result.value = await work();
    // What nobody waits for any more has come to its end, too.
    await vi.waitFor(() => expect(process.env['GITHUB_WORKSPACE']).toBe(folder));
  });
  expect(
    log
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('::debug::') && !line.startsWith('::add-mask::')),
  ).toEqual([]);
  return result.value as T;
}

describe('a service that works', () => {
  test('a miss is nothing', async () => {
    expect(await quietly(() => open().restore(entry('a'), root, NEVER))).toBeUndefined();
    expect(events).toEqual([]);
    expect(service.counters.lookups).toBe(1);
  });

  test('what is saved comes back, below another root too', async () => {
    await put('a', 'content');
    expect(await quietly(() => open().save(entry('a'), root, NEVER))).toBe('saved');
    const other = join(folder, 'elsewhere', 'deeper');
    await mkdir(other, { recursive: true });
    expect(await quietly(() => open().restore(entry('a'), other, NEVER))).toBe('key-a');
    expect(await readFile(join(other, 'blob-a', 'file'), 'utf8')).toBe('content');
    expect(events).toEqual([]);
  });

  test('what is there already is not packed again', async () => {
    await put('a', 'content');
    await quietly(() => open().save(entry('a'), root, NEVER));
    expect(await quietly(() => open().save(entry('a'), root, NEVER))).toBe('present');
    expect(service.counters).toMatchObject({ reservations: 1, saves: 1 });
    expect(events).toEqual([]);
  });

  test('an older entry serves by its prefix, but is not the entry itself', async () => {
    const older = { key: 'pack-x-1', restoreKeys: ['pack-x-'], folder: 'blob-a' };
    const newer = { ...older, key: 'pack-x-2' };
    await put('a', 'content');
    await quietly(() => open().save(older, root, NEVER));
    expect(await quietly(() => open().restore(newer, root, NEVER))).toBe('pack-x-1');
    expect(await quietly(() => open().save(newer, root, NEVER))).toBe('saved');
  });

  test('calls may overlap', async () => {
    await Promise.all(['a', 'b', 'c'].map((name) => put(name, name)));
    const cache = open();
    const saved = quietly(() => Promise.all(['a', 'b', 'c'].map((name) => cache.save(entry(name), root, NEVER))));
    expect(await saved).toEqual(['saved', 'saved', 'saved']);
    expect(service.counters.saves).toBe(3);
  });
});

describe('a service that does not', () => {
  async function expectSilence(cache: ArchiveCache): Promise<void> {
    const asked = service.server.count();
    await put('z', 'content');
    expect(await quietly(() => cache.restore(entry('z'), root, NEVER))).toBeUndefined();
    expect(await quietly(() => cache.save(entry('z'), root, NEVER))).toBe('failed');
    expect(service.server.count()).toBe(asked);
    expect(events).toHaveLength(1);
  }

  test('wants to be left alone: one warning, and it is', async () => {
    service.options.retryAfterSeconds = 60;
    const cache = open();
    expect(await quietly(() => cache.restore(entry('a'), root, NEVER))).toBeUndefined();
    expect(warning().code).toBe('CACHE_RESTORE');
    expect(service.server.count()).toBe(1);
    await expectSilence(cache);
  });

  test('says nothing: it is not waited for, neither to restore nor to save', async () => {
    service.options.health = 'silent';
    for (const work of ['restore', 'save'] as const) {
      events = [];
      const cache = open(undefined, { allowance: createAllowance(200) });
      await put('a', 'content');
      await quietly<unknown>(() => cache[work](entry('a'), root, NEVER));
      expect(warning().code).toBe('CACHE_RESTORE');
      await expectSilence(cache);
    }
  });

  describe('stands still with the bytes', () => {
    const SIZE_BYTES = 3_000_000;
    /** One at the end of its patience has one warning, and what was under way is nowhere to be seen. */
    async function expectLeft(code: string, work: (cache: ArchiveCache) => Promise<unknown>): Promise<void> {
      const clock = createBeatClock();
      const cache = open(undefined, { clock });
      clock.run();
      await quietly(() => work(cache)).finally(() => clock.stop());
      expect(warning().code).toBe(code);
      expect(await readdir(folder)).toEqual(['stage', 'temp']);
      await expectSilence(cache);
    }

    test('of an archive', async () => {
      await put('a', randomBytes(SIZE_BYTES));
      await quietly(() => open().save(entry('a'), root, NEVER));
      await rm(join(root, 'blob-a'), { recursive: true });
      service.faults.add(always('silent in the middle', stallAfter(SIZE_BYTES / 2).apply, { places: ['cache'] }));
      await expectLeft('CACHE_RESTORE', (cache) => cache.restore(entry('a'), root, NEVER));
      expect(service.counters.hits).toBeGreaterThan(1);
      expect(await readdir(root)).toEqual(['blob-z']);
    });

    test('when it is to take one', async () => {
      service.options.links = 'silent';
      await put('a', randomBytes(SIZE_BYTES));
      await expectLeft('CACHE_SAVE', (cache) => cache.save(entry('a'), root, NEVER));
      expect(service.counters).toMatchObject({ reservations: 1, saves: 0 });
    });
  });

  test('cannot be reached', async () => {
    await service.server.close();
    const cache = open();
    expect(await quietly(() => cache.restore(entry('a'), root, NEVER))).toBeUndefined();
    expect(warning().code).toBe('CACHE_RESTORE');
    await expectSilence(cache);
  });

  test('does not know the token', async () => {
    vi.stubEnv('ACTIONS_RUNTIME_TOKEN', 'another');
    const cache = open();
    expect(await quietly(() => cache.restore(entry('a'), root, NEVER))).toBeUndefined();
    expect(warning().code).toBe('CACHE_RESTORE');
    await expectSilence(cache);
  });

  test('gives a damaged entry', async () => {
    await put('a', 'content'.repeat(1000));
    await quietly(() => open().save(entry('a'), root, NEVER));
    await service.damage('key-a', (bytes) => bytes.subarray(0, bytes.length / 2));
    const cache = open();
    // tar complains in its own words, which pass.
    await captureStdout(async () => {
      expect(await cache.restore(entry('a'), root, NEVER)).toBeUndefined();
    });
    expect(warning().code).toBe('CACHE_RESTORE');
    expect(warning()).toMatchObject({ message: expect.stringMatching(/Delete the entries/) });
    // The service itself is well: other entries are still asked for.
    await put('b', 'other');
    expect(await quietly(() => cache.save(entry('b'), root, NEVER))).toBe('saved');
  });

  test('lets us read and not write', async () => {
    service.options.access = 'read-only';
    await put('a', 'content');
    const cache = open();
    expect(await quietly(() => cache.save(entry('a'), root, NEVER))).toBe('failed');
    expect(warning().code).toBe('CACHE_SAVE');
    await expectSilence(cache);
  });

  test.each(['409', 'not-ok'] as const)('has given the key to another job meanwhile (%s)', async (conflict) => {
    service.options.conflict = conflict;
    await put('a', 'content');
    await quietly(() => open().save(entry('a'), root, NEVER));
    const blind = open({ read: false, write: true });
    expect(await quietly(() => blind.save(entry('a'), root, NEVER))).toBe('failed');
    expect(service.counters.saves).toBe(1);
  });
});

describe('mistakes of ours', () => {
  test('a root that is not there is a failure like any other, and leaves the process where it was', async () => {
    expect(await quietly(() => open().restore(entry('a'), join(folder, 'nowhere'), NEVER))).toBeUndefined();
    expect(warning().code).toBe('CACHE_RESTORE');
    await put('a', 'content');
    expect(await quietly(() => open().save(entry('a'), root, NEVER))).toBe('saved');
  });

  test('an entry without files is a failure like any other', async () => {
    expect(await quietly(() => open().save(entry('empty'), root, NEVER))).toBe('failed');
    expect(warning().code).toBe('CACHE_SAVE');
  });

  test('a cancelled run asks nothing', async () => {
    const cache = open();
    await expect(cache.restore(entry('a'), root, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(cache.save(entry('a'), root, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
    expect(service.server.count()).toBe(0);
  });
});

describe('what a run may do', () => {
  test('one that may not read does not look', async () => {
    const cache = open({ read: false, write: true });
    expect(await quietly(() => cache.restore(entry('a'), root, NEVER))).toBeUndefined();
    await put('a', 'content');
    expect(await quietly(() => cache.save(entry('a'), root, NEVER))).toBe('saved');
    expect(service.counters).toMatchObject({ lookups: 0, saves: 1 });
  });

  test('without a service there is no cache', () => {
    vi.stubEnv('ACTIONS_RESULTS_URL', undefined);
    const access = { read: true, write: true };
    expect(createArchiveCache({ access, emit: () => undefined, clock: systemClock })).toBeUndefined();
  });
});
