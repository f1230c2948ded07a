// The cache service against the official client, which believes itself on a runner, and against plain calls where that is slow.

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { restoreCache, saveCache } from '@actions/cache';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type FakeCacheService, startCacheService } from './cache-service.ts';
import { bytesOf, createBody } from './content.ts';
import { flippedByte } from './faults.ts';

const MIB = 1024 * 1024;
let service: FakeCacheService;
let workspace: string;
const home = process.cwd();

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'fake-runner-'));
  await mkdir(join(workspace, 'temp'));
  await mkdir(join(workspace, 'blobs'));
  // The client writes its workflow commands to the standard output.
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
});
beforeEach(async () => {
  service = await startCacheService();
  const runner = {
    RUNNER_TEMP: join(workspace, 'temp'),
    GITHUB_WORKSPACE: workspace,
    GITHUB_SERVER_URL: undefined,
    ACTIONS_CACHE_MODE: '',
  };
  for (const [name, value] of Object.entries({ ...runner, ...service.environment() })) vi.stubEnv(name, value);
  process.chdir(workspace);
});
afterEach(async () => {
  process.chdir(home);
  vi.unstubAllEnvs();
  const failures = service.server.failures;
  await service.close();
  expect(failures).toEqual([]);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await rm(workspace, { recursive: true });
});

const file = () => join(workspace, 'blobs', 'file');
const sha256 = async () =>
  createHash('sha256')
    .update(await readFile(file()))
    .digest('hex');
async function put(content: Parameters<typeof createBody>[0]): Promise<string> {
  await writeFile(file(), await bytesOf(createBody(content)));
  return sha256();
}

describe('the official client', () => {
  test('saves and restores a small file, once for ever', async () => {
    const before = await put({ seed: 'small', sizeBytes: 300_000 });
    expect(await saveCache(['blobs'], 'key-1')).toBe(1);
    expect(service.entries).toMatchObject([{ key: 'key-1', sizeBytes: expect.any(Number) }]);
    await put('something else');
    expect(await saveCache(['blobs'], 'key-1')).toBe(-1);
    await rm(file());
    expect(await restoreCache(['blobs'], 'key-1')).toBe('key-1');
    expect(await sha256()).toBe(before);
    expect(service.counters).toEqual({ lookups: 1, hits: 1, reservations: 1, saves: 1 });
    expect(service.bytesDownloaded()).toBe(service.entries[0]?.sizeBytes);
  });

  test('finds by prefix, the newest first, the key itself before that', async () => {
    for (const key of ['pack-a', 'pack-ab', 'other']) {
      await put(key);
      await saveCache(['blobs'], key);
    }
    const lookup = (key: string, restoreKeys: string[] = []) =>
      restoreCache(['blobs'], key, restoreKeys, { lookupOnly: true });
    expect(await lookup('pack-a')).toBe('pack-a');
    expect(await lookup('pack-')).toBe('pack-ab');
    expect(await lookup('nothing', ['none', 'pack-'])).toBe('pack-ab');
    expect(await lookup('nothing')).toBeUndefined();
    expect(await restoreCache(['./blobs'], 'pack-a', [], { lookupOnly: true })).toBeUndefined();
    service.evict('pack-ab');
    expect(await lookup('pack-')).toBe('pack-a');
  });

  test('uploads something large in blocks', async () => {
    const before = await put({ seed: 'large', sizeBytes: 132 * MIB });
    expect(await saveCache(['blobs'], 'large')).toBe(1);
    const blocks = service.server.requests.filter((log) => log.query.get('comp') === 'block');
    expect(blocks.length).toBe(3);
    await rm(file());
    expect(await restoreCache(['blobs'], 'large')).toBe('large');
    expect(await sha256()).toBe(before);
  });

  test('sees a damaged entry as none', async () => {
    await put({ seed: 'damaged', sizeBytes: MIB });
    await saveCache(['blobs'], 'key');
    await service.damage('key', (bytes) => bytes.subarray(0, bytes.length / 2));
    expect(await restoreCache(['blobs'], 'key')).toBeUndefined();
  });

  test('a fault in the plan strikes a download', async () => {
    await put({ seed: 'fault', sizeBytes: MIB });
    await saveCache(['blobs'], 'key');
    service.faults.add(flippedByte(1), { path: 'key' });
    expect(await restoreCache(['blobs'], 'key')).toBeUndefined();
    expect(await restoreCache(['blobs'], 'key')).toBe('key');
  });

  test('may not write with a token that only reads, and the other way round', async () => {
    await put('x');
    service.options.access = 'read-only';
    expect(await saveCache(['blobs'], 'key')).toBe(-1);
    service.options.access = 'read-write';
    await saveCache(['blobs'], 'key');
    service.options.access = 'write-only';
    expect(await restoreCache(['blobs'], 'key')).toBeUndefined();
    expect(service.counters.lookups).toBe(1);
  });

  test('does not come back after a 429', async () => {
    service.options.retryAfterSeconds = 60;
    expect(await restoreCache(['blobs'], 'key')).toBeUndefined();
    expect(service.server.count()).toBe(1);
  });
});

describe('plain calls', () => {
  const PATH = '/twirp/github.actions.results.api.v1.CacheService/';
  const call = async (method: string, fields: object, token = 'runtime-token') => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const answer = await fetch(service.url + PATH + method, { method: 'POST', headers, body: JSON.stringify(fields) });
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
  };
  const entry = { key: 'k', version: 'v' };

  test('down is 503, busy is 429 with a wait, a wrong token 401, a wrong method 404', async () => {
    expect((await call('GetCacheEntryDownloadURL', entry, 'wrong')).status).toBe(401);
    expect((await call('Nonsense', entry)).status).toBe(404);
    service.options.health = 'down';
    expect((await call('GetCacheEntryDownloadURL', entry)).status).toBe(503);
    service.options.health = 'up';
    service.options.retryAfterSeconds = 7;
    const busy = await call('CreateCacheEntry', entry);
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([429, '7']);
  });

  test('a key is taken from its reservation on, but not found before it is finished', async () => {
    const link = String((await call('CreateCacheEntry', entry)).body.signed_upload_url);
    expect(await call('CreateCacheEntry', entry)).toMatchObject({ status: 409, body: { code: 'already_exists' } });
    service.options.conflict = 'not-ok';
    expect(await call('CreateCacheEntry', entry)).toMatchObject({ status: 200, body: { ok: false } });
    expect((await call('CreateCacheEntry', { ...entry, version: 'w' })).body.ok).toBe(true);
    expect((await call('GetCacheEntryDownloadURL', entry)).body.ok).toBe(false);
    const headers = { 'x-ms-blob-type': 'BlockBlob', 'x-ms-version': '2025-11-05' };
    expect((await fetch(link, { method: 'PUT', headers, body: 'hello' })).status).toBe(201);
    expect((await call('FinalizeCacheEntryUpload', { ...entry, size_bytes: '4' })).body.ok).toBe(false);
    expect((await call('FinalizeCacheEntryUpload', { ...entry, size_bytes: '5' })).body).toMatchObject({
      ok: true,
      entry_id: '1',
    });
    const found = await call('GetCacheEntryDownloadURL', { ...entry, restore_keys: [] });
    const download = await fetch(String(found.body.signed_download_url), { headers: { Range: 'bytes=1-2' } });
    expect([download.status, download.headers.get('content-range'), await download.text()]).toEqual([
      206,
      'bytes 1-2/5',
      'el',
    ]);
  });

  test('the blob store wants its headers, its signature, and every block it is told of', async () => {
    const link = String((await call('CreateCacheEntry', entry)).body.signed_upload_url);
    const version = { 'x-ms-version': '2025-11-05' };
    expect((await fetch(link, { method: 'PUT', headers: version, body: 'x' })).status).toBe(400);
    expect((await fetch(link, { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body: 'x' })).status).toBe(
      400,
    );
    expect((await fetch(link.replace(/sig=\w+/, 'sig=0'))).status).toBe(403);
    expect((await fetch(link)).status).toBe(404);
    const list = '<BlockList><Latest>YQ==</Latest></BlockList>';
    expect((await fetch(`${link}&comp=blocklist`, { method: 'PUT', headers: version, body: list })).status).toBe(400);
    expect(
      (await fetch(`${link}&comp=block&blockid=YQ%3D%3D`, { method: 'PUT', headers: version, body: 'abc' })).status,
    ).toBe(201);
    expect((await fetch(`${link}&comp=blocklist`, { method: 'PUT', headers: version, body: list })).status).toBe(201);
    expect(await (await fetch(link)).text()).toBe('abc');
  });
});
