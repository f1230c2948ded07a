// The runner cache by its own protocol, against a fake service: entries are bytes as they are, and a fault costs one warning and no
// more than two seconds.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAllowance } from '../../../src/core/cache/allowance.ts';
import { createCacheWarnings } from '../../../src/core/cache/warnings.ts';
import { ModelFetchError } from '../../../src/core/errors.ts';
import type { Emit, Event } from '../../../src/core/events.ts';
import { formatRange, type Range } from '../../../src/core/http.ts';
import type { CacheContent, CacheEntry, EntryCache, Transport } from '../../../src/core/ports.ts';
import type { CacheAccess } from '../../../src/host/cache/access.ts';
import { BLOCK_BYTES } from '../../../src/host/cache/block-upload.ts';
import { createEntryCache, type EntryCacheParts } from '../../../src/host/cache/entry-cache.ts';
import { systemClock } from '../../../src/host/clock.ts';
import { createTransport } from '../../../src/net/transport.ts';
import { type FakeCacheService, startCacheService } from '../../fakes/cache-service.ts';
import { type BeatClock, createBeatClock } from './beat-clock.ts';

const NEVER = new AbortController().signal;
/** What a fault may cost. */
const PATIENCE_MS = 2000;

const entry = (name: string, restoreKeys: string[] = []): CacheEntry => ({ key: name, restoreKeys, folder: name });

let service: FakeCacheService;
let events: Event[];
let tell: Emit;
let transport: Transport;
/** Ten times as fast as the machine's, once it runs. */
let clock: BeatClock;
beforeEach(async () => {
  service = await startCacheService();
  events = [];
  tell = createCacheWarnings((event) => void events.push(event));
  clock = createBeatClock();
  const policy = { retries: 0, baseMs: 0, ceilingMs: 0, patienceMs: 0 };
  transport = createTransport({ policy, clock: systemClock, emit, userAgent: 'test' });
});
afterEach(async () => {
  clock.stop();
  await transport.close();
  await service.close();
});

function emit(event: Event): void {
  tell(event);
}

function open(access: CacheAccess = { read: true, write: true }, changes: Partial<EntryCacheParts> = {}): EntryCache {
  const address = { url: `${service.url}/`, token: service.options.token };
  return createEntryCache({ service: address, access, transport, clock: systemClock, emit, ...changes });
}

async function saved(cache: EntryCache, one: CacheEntry, bytes: CacheContent, signal = NEVER) {
  const { outcome } = await cache.save(one, bytes, signal);
  return outcome;
}

/** Bytes that are told apart by where they are, made as they are read. */
function content(sizeBytes: number, at: { most: number; now: number } = { most: 0, now: 0 }): CacheContent {
  return {
    sizeBytes,
    async *read({ start, end }: Range) {
      at.now += 1;
      at.most = Math.max(at.most, at.now);
      for (let from = start; from < end; from += 1024 * 1024) {
        yield bytesAt(from, Math.min(end, from + 1024 * 1024));
      }
      at.now -= 1;
    },
  };
}

function bytesAt(start: number, end: number): Buffer {
  const bytes = Buffer.alloc(end - start, start % 251);
  if (bytes.length >= 8) bytes.writeDoubleLE(start, 0);
  return bytes;
}

async function fetched(cache: EntryCache, name: string, range?: Range): Promise<Buffer> {
  const hit = (await cache.find([entry(name)], NEVER)).get(name);
  if (hit === undefined) throw new Error('a miss');
  const headers = range === undefined ? {} : { headers: { range: formatRange(range) } };
  const response = await transport.send({ ...hit.request, ...headers }, NEVER);
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const warnings = () => events.filter((event) => event.type === 'warning');
const secrets = () => events.flatMap((event) => (event.type === 'secret' ? [event.value] : []));

describe('a service that works', () => {
  test('a miss is nothing', async () => {
    expect(await open().find([entry('a'), entry('b')], NEVER)).toEqual(new Map());
    expect(warnings()).toEqual([]);
    expect(service.counters.lookups).toBe(2);
  });

  test('what is saved comes back as it was, in ranges too, from another job', async () => {
    expect(await saved(open(), entry('a'), content(3_000_000), NEVER)).toBe('saved');
    expect(service.entries).toMatchObject([{ key: 'a', sizeBytes: 3_000_000 }]);
    const whole = Buffer.concat([bytesAt(0, 1_048_576), bytesAt(1_048_576, 2_097_152), bytesAt(2_097_152, 3_000_000)]);
    expect((await fetched(open(), 'a')).equals(whole)).toBe(true);
    expect(await fetched(open(), 'a', { start: 100, end: 200 })).toEqual(whole.subarray(100, 200));
    expect((await open().find([entry('a')], NEVER)).get('a')).toMatchObject({ key: 'a', sizeBytes: 3_000_000 });
    expect(warnings()).toEqual([]);
  });

  test('a large one goes up in blocks, four at once, and its bytes are in order', async () => {
    const at = { most: 0, now: 0 };
    const sizeBytes = 5 * BLOCK_BYTES + 12_345;
    expect(await saved(open(), entry('large'), content(sizeBytes, at), NEVER)).toBe('saved');
    expect(at.most).toBe(4);
    const puts = service.server.requests.filter(({ method }) => method === 'PUT');
    expect(puts.map(({ query }) => query.get('comp')).sort()).toEqual([...Array(6).fill('block'), 'blocklist']);
    const ids = puts.flatMap(({ query }) => query.get('blockid') ?? []);
    expect(new Set(ids.map((id) => id.length))).toEqual(new Set([64]));
    for (const start of [0, BLOCK_BYTES, 4 * BLOCK_BYTES, 5 * BLOCK_BYTES]) {
      expect((await fetched(open(), 'large', { start, end: start + 8 })).readDoubleLE()).toBe(start);
    }
    expect(await fetched(open(), 'large', { start: sizeBytes - 1, end: sizeBytes })).toHaveLength(1);
  });

  test('what is there is not sent again', async () => {
    await saved(open(), entry('a'), content(10), NEVER);
    expect(await saved(open(), entry('a'), content(10), NEVER)).toBe('present');
    expect(service.counters).toMatchObject({ reservations: 1, saves: 1 });
  });

  test.each(['409', 'not-ok'] as const)(
    'the reservation elects one of many that save at once (%s)',
    async (conflict) => {
      service.options.conflict = conflict;
      const at = { most: 0, now: 0 };
      const saves = Array.from({ length: 6 }, () => saved(open(), entry('a'), content(1_000_000, at), NEVER));
      expect((await Promise.all(saves)).sort()).toEqual([...Array(5).fill('present'), 'saved']);
      expect(at.most).toBe(1);
      expect(service.server.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1);
      expect(warnings()).toEqual([]);
    },
  );

  test('an older entry serves by its prefix and says its own key', async () => {
    await saved(open(), entry('pack-x-1'), content(10), NEVER);
    const hit = (await open().find([entry('pack-x-2', ['pack-x-'])], NEVER)).get('pack-x-2');
    expect(hit?.key).toBe('pack-x-1');
  });

  test('archives of the official package are other entries', async () => {
    await saved(open(), entry('a'), content(10), NEVER);
    expect(service.entries[0]?.version).toMatch(/^[0-9a-f]{64}$/);
    const other = { key: 'a', restore_keys: [], version: 'f'.repeat(64) };
    const answer = await transport.send(
      {
        method: 'POST',
        url: `${service.url}/twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL`,
        credential: { origin: service.url, bearer: service.options.token },
        body: JSON.stringify(other),
      },
      NEVER,
    );
    await answer.discard();
    expect(service.counters.hits).toBe(0);
  });

  test('an entry that is dropped between lookup and reading is a miss', async () => {
    await saved(open(), entry('a'), content(10), NEVER);
    service.server.answer(/fakeaccount/, { status: 404 });
    expect(await open().find([entry('a')], NEVER)).toEqual(new Map());
    expect(warnings()).toEqual([]);
  });

  test('links are secrets, and only the service sees the token', async () => {
    await saved(open(), entry('a'), content(10), NEVER);
    await fetched(open(), 'a');
    const links = service.server.requests.filter(({ kind }) => kind === 'blob');
    for (const { query, headers } of links) {
      expect(secrets()).toContain(query.get('sig'));
      expect(headers.authorization).toBeUndefined();
    }
    expect(links.length).toBeGreaterThan(1);
  });

  test('one without ranges says so by what it sends', async () => {
    await saved(open(), entry('a'), content(10), NEVER);
    service.server.answer(/fakeaccount/, { status: 200, body: '0123456789' });
    const found = await open().find([entry('a')], NEVER);
    expect(found.get('a')).toMatchObject({ ranges: false, sizeBytes: 10 });
  });

  const delayed = (delayMs: number, reachMs = 0): Transport => ({
    ...transport,
    reachMs: () => reachMs,
    async send(request, signal) {
      await systemClock.sleep(delayMs, signal);
      return transport.send(request, signal);
    },
  });
  const manyEntries = (length: number) => Array.from({ length }, (_, index) => entry(`entry-${index}`));

  test('one that is prompt, and is asked for more than there is time for, has done nothing wrong', async () => {
    await saved(open(), entry('entry-0'), content(10), NEVER);
    const cache = open(undefined, { transport: delayed(50), allowance: createAllowance(500) });
    const found = await cache.find(manyEntries(200), NEVER);
    expect([...found.keys()]).toEqual(['entry-0']);
    expect(warnings()).toEqual([]);
    expect(cache.writable).toBe(true);
    expect(cache.allowance.spentMs).toBe(0);
  });

  test('one that is far away has the time to make its connections', async () => {
    await saved(open(), entry('entry-0'), content(10), NEVER);
    const cache = open(undefined, { transport: delayed(100, 90), allowance: createAllowance(250) });
    const found = await cache.find(manyEntries(17), NEVER);
    expect([...found.keys()]).toEqual(['entry-0']);
    expect(events.filter(({ type }) => type === 'notice' || type === 'warning')).toEqual([]);
    expect(cache.allowance.spentMs).toBe(0);
  });

  test('one that is slow on each of many: what was answered in time is used', async () => {
    await saved(open(), entry('entry-0'), content(10), NEVER);
    const cache = open(undefined, { transport: delayed(230), allowance: createAllowance(600) });
    const found = await cache.find(manyEntries(100), NEVER);
    expect([...found.keys()]).toEqual(['entry-0']);
    expect(cache.usable).toBe(true);
    expect(warnings()).toMatchObject([{ code: 'CACHE_RESTORE' }]);
    cache.fail('another reason');
    expect(warnings()).toHaveLength(1);
  });

  test('one that fails for a moment is asked once more', async () => {
    service.server.answer(/twirp/, { status: 503 }, 1);
    expect(await saved(open(), entry('a'), content(10), NEVER)).toBe('saved');
    service.server.answer(/fakeaccount/, { status: 500 }, 1);
    expect(await saved(open(), entry('b'), content(10), NEVER)).toBe('saved');
    expect(warnings()).toEqual([]);
  });
});

describe('a service that does not', () => {
  /** Runs, and expects one warning in time, and that nothing more is asked of the service. */
  async function expectCost(
    code: string,
    work: (cache: EntryCache) => Promise<unknown>,
    changes: Partial<EntryCacheParts> = {},
  ): Promise<void> {
    const cache = open(undefined, { clock, ...changes });
    clock.run();
    await work(cache);
    expect(clock.nowMs()).toBeLessThanOrEqual(PATIENCE_MS);
    expect(warnings()).toMatchObject([{ code }]);
    expect([cache.usable, cache.writable]).toEqual([false, false]);
    const asked = service.server.count();
    expect(await cache.find([entry('y')], NEVER)).toEqual(new Map());
    expect(await saved(cache, entry('z'), content(10))).toBe('failed');
    expect(service.server.count()).toBe(asked);
    expect(warnings()).toHaveLength(1);
  }
  const many = Array.from({ length: 40 }, (_, index) => entry(`entry-${index}`));
  const findMany = (cache: EntryCache) => cache.find(many, NEVER);
  const saveOne = (cache: EntryCache) => saved(cache, entry('a'), content(1_000_000), NEVER);
  const saveMany = (cache: EntryCache) => Promise.all(many.map((one) => saved(cache, one, content(100), NEVER)));

  test('is down', async () => {
    service.options.health = 'down';
    await expectCost('CACHE_RESTORE', findMany);
    expect(service.server.count()).toBe(2);
  });
  test('is down when it is to save', async () => {
    service.options.health = 'down';
    await expectCost('CACHE_SAVE', saveMany);
  });
  test('is not there', async () => {
    await expectCost('CACHE_RESTORE', findMany, { service: { url: 'http://127.0.0.1:1', token: 't' } });
  });
  test('says nothing', async () => {
    service.options.health = 'silent';
    await expectCost('CACHE_RESTORE', findMany);
    expect(service.server.count()).toBe(1);
  });
  test('says nothing when it is to save', async () => {
    service.options.health = 'silent';
    await expectCost('CACHE_SAVE', saveOne);
  });
  test('refuses without a word', async () => {
    service.server.answer(/CreateCacheEntry/, { status: 200, body: { ok: false } });
    await expectCost('CACHE_SAVE', saveOne);
  });
  test('wants to be left alone', async () => {
    service.options.retryAfterSeconds = 60;
    await expectCost('CACHE_RESTORE', findMany);
    expect(service.server.count()).toBe(1);
    expect(warnings()).toMatchObject([{ message: expect.stringContaining('60') }]);
  });
  test('does not know the token', async () => {
    service.options.token = 'another';
    const cache = open();
    service.options.token = 'changed';
    await cache.find([entry('a')], NEVER);
    expect(warnings()).toMatchObject([{ code: 'CACHE_RESTORE' }]);
  });
  test('lets us read and not write', async () => {
    service.options.access = 'read-only';
    await expectCost('CACHE_SAVE', saveOne);
    expect(service.server.requests.filter(({ method }) => method === 'PUT')).toEqual([]);
  });
  test('lets us write and not read', async () => {
    service.options.access = 'write-only';
    await expectCost('CACHE_RESTORE', findMany);
  });
  test('is full', async () => {
    service.options.roomBytes = 0;
    await expectCost('CACHE_SAVE', saveMany);
  });
  test('gives links that are refused', async () => {
    await saved(open(), many[0] ?? entry('x'), content(10), NEVER);
    service.options.links = 'expired';
    await expectCost('CACHE_RESTORE', findMany);
    expect(JSON.stringify(warnings())).not.toContain('sig=');
  });
  test('gives links where nothing is said', async () => {
    await saved(open(), many[0] ?? entry('x'), content(10), NEVER);
    service.options.links = 'silent';
    await expectCost('CACHE_RESTORE', findMany);
  });
  test('gives links for uploads that are refused', async () => {
    service.options.links = 'expired';
    await expectCost('CACHE_SAVE', saveOne);
  });
  test('stands still in an upload', async () => {
    service.options.links = 'silent';
    await expectCost('CACHE_SAVE', (cache) => saved(cache, entry('a'), content(3 * BLOCK_BYTES), NEVER));
  });
  test.each([
    ['a web page', { status: 200, body: '<html>' }],
    ['JSON of another kind', { status: 200, body: '"text"' }],
    ['no address', { status: 200, body: { ok: true, signed_download_url: 'nowhere', matched_key: 'a' } }],
    ['the address of a file', { status: 200, body: { ok: true, signed_download_url: 'file:///etc/passwd' } }],
    ['a redirect', { status: 302, headers: { Location: 'http://127.0.0.1:1/' } }],
    ['nothing of it', { status: 404, body: 'not found' }],
    ['without end', { status: 200, body: ' '.repeat(100_000) }],
  ])('answers %s', async (_, canned) => {
    service.server.answer(/twirp/, canned);
    await expectCost('CACHE_RESTORE', findMany);
  });
  test('is slow with every call', async () => {
    const slow: Transport = {
      ...transport,
      async send(request, signal) {
        if (request.method === 'POST') await clock.sleep(1500, signal);
        return transport.send(request, signal);
      },
    };
    const cache = open(undefined, { clock, transport: slow });
    clock.run();
    expect(await saved(cache, entry('a'), content(10))).toBe('failed');
    expect(clock.nowMs()).toBeLessThanOrEqual(PATIENCE_MS);
    expect(warnings()).toMatchObject([{ code: 'CACHE_SAVE' }]);
  });
  test('takes blocks, and says nothing to their list', async () => {
    let sentMs = 0;
    const silent: Transport = {
      ...transport,
      async send(request, signal) {
        if (!request.url.includes('comp=blocklist')) return transport.send(request, signal);
        sentMs = clock.nowMs();
        return clock.sleep(60_000, signal).then(() => transport.send(request, signal));
      },
    };
    const cache = open(undefined, { clock, transport: silent });
    const { outcome } = await cache.save(entry('a'), content(2 * BLOCK_BYTES), NEVER);
    clock.run();
    expect(await outcome).toBe('failed');
    expect(clock.nowMs() - sentMs).toBeLessThanOrEqual(PATIENCE_MS);
    expect(warnings()).toMatchObject([{ code: 'CACHE_SAVE' }]);
  });
  test('does not accept what was uploaded', async () => {
    service.server.answer(/Finalize/, { status: 200, body: { ok: false, message: 'the size does not match' } });
    await expectCost('CACHE_SAVE', saveOne);
  });
  test('one that was slow has less left', async () => {
    service.options.health = 'silent';
    const cache = open(undefined, { clock, allowance: createAllowance(PATIENCE_MS, 1500) });
    clock.run();
    await cache.find([entry('a')], NEVER);
    expect(clock.nowMs()).toBeLessThanOrEqual(500);
    expect(warnings()).toMatchObject([{ code: 'CACHE_RESTORE' }]);
  });
  test('a failure while bytes were read counts, too', async () => {
    await expectCost('CACHE_RESTORE', async (cache) => {
      cache.fail('a pack stood still');
      cache.fail('again');
    });
  });
});

describe('what a run may do', () => {
  test('one that may not read does not look', async () => {
    const cache = open({ read: false, write: true });
    expect(await cache.find([entry('a')], NEVER)).toEqual(new Map());
    expect(await saved(cache, entry('a'), content(10), NEVER)).toBe('saved');
    expect(await saved(cache, entry('a'), content(10), NEVER)).toBe('present');
    expect(service.counters).toMatchObject({ lookups: 0, saves: 1 });
  });
  test('one that may not write saves nothing', async () => {
    const cache = open({ read: true, write: false });
    expect([cache.writable, await saved(cache, entry('a'), content(10), NEVER)]).toEqual([false, 'failed']);
    expect(service.server.count()).toBe(0);
  });
  test('a cancelled run asks nothing and warns of nothing', async () => {
    const cache = open();
    await expect(cache.find([entry('a')], AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(saved(cache, entry('a'), content(10), AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
    service.options.links = 'silent';
    const saving = saved(cache, entry('a'), content(10), AbortSignal.timeout(100));
    await expect(saving).rejects.toMatchObject({ code: 'ABORTED' });
    expect(warnings()).toEqual([]);
  });
  test('a disk that fails while it is read is not the cache, which goes on', async () => {
    const broken: CacheContent = {
      sizeBytes: 10,
      // biome-ignore lint/correctness/useYield: it fails before it gives anything
      async *read() {
        throw new ModelFetchError('DISK_IO', 'a disk of ours');
      },
    };
    const cache = open();
    await expect(saved(cache, entry('a'), broken, NEVER)).rejects.toMatchObject({ code: 'DISK_IO' });
    expect(warnings()).toEqual([]);
    expect(await saved(cache, entry('b'), content(10), NEVER)).toBe('saved');
  });
});
