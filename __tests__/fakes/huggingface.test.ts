// The Hugging Face fake against the official client, and against huggingface.md where that client does not look.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { datasetInfo, downloadFile, listFiles, modelInfo, snapshotDownload, whoAmI } from '@huggingface/hub';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { TOKENS } from './access.ts';
import { bytesOf } from './content.ts';
import { type Fakes, startFakes } from './index.ts';
import { SAMPLE } from './sample.ts';

const ODD = 'odd dir/we#ird%20+ä.txt';
let fakes: Fakes;
let hubUrl: string;
let folder: string;

beforeAll(async () => {
  fakes = await startFakes([
    ...SAMPLE,
    {
      id: 'new-home/model',
      renamedFrom: ['old-home/model'],
      commits: [{ files: { [ODD]: 'odd', 'a.txt': 'a'.repeat(5000) } }],
    },
    { id: 'bare', commits: [{ files: { 'config.json': '{}' } }], branches: { main: 0, 'refs/pr/1': 0 } },
  ]);
  hubUrl = fakes.huggingface.url;
  folder = await mkdtemp(join(tmpdir(), 'fake-hf-'));
  vi.spyOn(console, 'debug').mockImplementation(() => undefined);
});

beforeEach(() => {
  fakes.reset();
  Object.assign(fakes.huggingface.options, { pageSize: 1000, gzip: 'without-range' });
});

afterAll(async () => {
  const failures = fakes.huggingface.server.failures;
  await fakes.close();
  await rm(folder, { recursive: true });
  expect(failures).toEqual([]);
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(hubUrl + path, { headers, redirect: 'manual' });
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

describe('the official client', () => {
  test('reads information, of models and datasets', async () => {
    const head = fakes.huggingface.repository('sample/tiny-model').resolve('main')?.id;
    expect((await modelInfo({ name: 'sample/tiny-model', hubUrl, additionalFields: ['sha'] })).sha).toBe(head);
    expect((await datasetInfo({ name: 'sample/tiny-data', hubUrl })).name).toBe('sample/tiny-data');
    expect((await whoAmI({ hubUrl, accessToken: TOKENS.reader })).name).toBe('reader');
  });

  test('lists page by page', async () => {
    fakes.huggingface.options.pageSize = 3;
    const paths: string[] = [];
    for await (const entry of listFiles({ repo: 'sample/tiny-model', recursive: true, hubUrl })) paths.push(entry.path);
    expect(paths).toEqual([
      '.gitattributes',
      'README.md',
      'config.json',
      'empty.txt',
      'model.safetensors',
      'onnx',
      'onnx/int8',
      'onnx/int8/model.onnx',
      'onnx/model.onnx',
      'tokenizer',
      'tokenizer/vocab.txt',
    ]);
    expect(fakes.huggingface.server.count('api')).toBe(4);
  });

  // The client cannot take empty files: it asks for their first byte. Hence a branch without one.
  test.each(['sample/tiny-model', 'sample/private-model', 'sample/gated-model'])('downloads %s whole', async (name) => {
    const repository = fakes.huggingface.repository(name);
    repository.branches.set('full', repository.resolve('main')?.id ?? expect.fail());
    repository.commit('full', { 'empty.txt': null });
    const found = await snapshotDownload({
      repo: name,
      revision: 'full',
      hubUrl,
      cacheDir: folder,
      accessToken: TOKENS.reader,
    });
    for (const { path, body } of repository.resolve('full')?.entries.values() ?? []) {
      expect((await readFile(join(found, path))).equals(await bytesOf(body)), path).toBe(true);
    }
    expect(fakes.cdn.server.count()).toBeGreaterThan(0);
    expect(fakes.cdn.leaks).toEqual([]);
  });

  test('downloads a tag, a dataset, and nothing for a file that is missing', async () => {
    const old = await downloadFile({ repo: 'sample/tiny-model', path: 'config.json', revision: 'v1.0.0', hubUrl });
    expect(await old?.text()).toBe('{"version":1}\n');
    const data = await downloadFile({ repo: 'datasets/sample/tiny-data', path: 'data/train.parquet', hubUrl });
    expect(data?.size).toBe(2 * 1024 * 1024);
    expect(await downloadFile({ repo: 'sample/tiny-model', path: 'nope', hubUrl })).toBeNull();
  });
});

describe('resolve', () => {
  test('A: a public small file by way of the cache, with or without the query', async () => {
    const answer = await get('/sample/tiny-model/resolve/main/config.json');
    const location = answer.headers.get('location') ?? '';
    expect([answer.status, location.startsWith('/api/resolve-cache/models/sample/tiny-model/')]).toEqual([307, true]);
    const commit = fakes.huggingface.repository('sample/tiny-model').resolve('main')?.id;
    expect(answer.headers.get('x-repo-commit')).toBe(commit);
    const cached = await get(location.replace(/\?.*/, ''), { 'Accept-Encoding': 'identity' });
    expect([await cached.text(), cached.headers.get('content-length')]).toEqual(['{"version":2}\n', '14']);
  });

  test('A is compressed for those who accept it, and then has no length', async () => {
    const location = (await get('/new-home/model/resolve/main/a.txt')).headers.get('location') ?? '';
    const packed = await get(location, { 'Accept-Encoding': 'gzip' });
    expect([packed.headers.get('content-encoding'), packed.headers.get('content-length')]).toEqual(['gzip', null]);
    expect(await packed.text()).toBe('a'.repeat(5000));
    const range = { 'Accept-Encoding': 'gzip', Range: 'bytes=1-2' };
    expect((await get(location, range)).status).toBe(206);
    fakes.huggingface.options.gzip = 'always';
    expect((await get(location, range)).status).toBe(200);
  });

  test('B: private, bare and empty files come at once', async () => {
    const token = bearer(TOKENS.reader);
    for (const path of ['/sample/private-model/resolve/main/config.json', '/bare/resolve/main/config.json']) {
      const answer = await get(path, token);
      expect([answer.status, answer.headers.get('etag')]).toEqual([200, expect.stringMatching(/^"[0-9a-f]{40}"$/)]);
    }
    expect((await get('/sample/tiny-model/resolve/main/empty.txt')).status).toBe(200);
    const range = await get('/bare/resolve/main/config.json', { Range: 'bytes=2-' });
    expect([range.status, range.headers.get('content-range')]).toEqual([416, 'bytes */2']);
  });

  test('C: a large file by a link to the CDN, whose ETag is not the digest', async () => {
    const answer = await get('/sample/tiny-model/resolve/main/model.safetensors', { Range: 'bytes=5-9' });
    const entry = fakes.huggingface.repository('sample/tiny-model').resolve('main')?.entries.get('model.safetensors');
    const sha256 = (await entry?.body.digests())?.sha256;
    expect(answer.status).toBe(302);
    expect(answer.headers.get('x-linked-etag')).toBe(`"${sha256}"`);
    expect(answer.headers.get('x-linked-size')).toBe(String(20 * 1024 * 1024 + 123));
    const slice = await fetch(answer.headers.get('location') ?? '', { headers: { Range: 'bytes=5-9' } });
    expect([slice.status, slice.headers.get('content-range')]).toEqual([206, `bytes 5-9/${20 * 1024 * 1024 + 123}`]);
    expect(slice.headers.get('etag')).not.toContain(sha256 ?? expect.fail());
    expect((await slice.arrayBuffer()).byteLength).toBe(5);
  });

  test('odd names, former names and encoded revisions', async () => {
    const odd = ODD.split('/').map(encodeURIComponent).join('/');
    const moved = await get(`/old-home/model/resolve/main/${odd}`);
    expect([moved.status, moved.headers.get('location')]).toEqual([307, `/new-home/model/resolve/main/${odd}`]);
    expect(await (await fetch(`${hubUrl}/old-home/model/resolve/main/${odd}`)).text()).toBe('odd');
    expect((await get('/api/models/old-home/model')).headers.get('location')).toBe('/api/models/new-home/model');
    expect((await get('/bare/resolve/refs%2Fpr%2F1/config.json')).status).toBe(200);
    const twice = await get('/bare/resolve/refs%252Fpr%252F1/config.json');
    expect([twice.status, twice.headers.get('x-error-code')]).toEqual([404, 'RevisionNotFound']);
  });

  test('a client that has the file is told so', async () => {
    const first = await get('/bare/resolve/main/config.json');
    expect(
      (await get('/bare/resolve/main/config.json', { 'If-None-Match': first.headers.get('etag') ?? '' })).status,
    ).toBe(304);
  });
});

describe('refusals', () => {
  const cases: [string, string | undefined, number, string | null][] = [
    ['/api/models/no/such', undefined, 401, null],
    ['/api/models/no/such', TOKENS.reader, 404, 'RepoNotFound'],
    ['/api/models/sample/private-model', undefined, 401, null],
    ['/api/models/sample/private-model/tree/main', TOKENS.outsider, 404, 'RepoNotFound'],
    ['/api/models/sample/gated-model/tree/main', undefined, 200, null],
    ['/sample/gated-model/resolve/main/model.bin', undefined, 401, 'GatedRepo'],
    ['/sample/gated-model/resolve/main/model.bin', TOKENS.outsider, 403, 'GatedRepo'],
    ['/api/models/sample/gated-model/auth-check', TOKENS.outsider, 403, 'GatedRepo'],
    ['/api/models/sample/gated-model/auth-check', TOKENS.reader, 200, null],
    ['/api/models/sample/tiny-model/revision/nope', undefined, 404, 'RevisionNotFound'],
    ['/api/models/sample/tiny-model/tree/main/nope', undefined, 404, 'EntryNotFound'],
    ['/sample/tiny-model/resolve/main/nope', undefined, 404, 'EntryNotFound'],
  ];
  test.each(cases)('%s with %s: %i %s', async (path, token, status, code) => {
    const answer = await get(path, token === undefined ? {} : bearer(token));
    expect([answer.status, answer.headers.get('x-error-code')]).toEqual([status, code]);
    expect(answer.headers.get('ratelimit')).toMatch(/^"(api|resolvers)";r=\d+;t=172$/);
  });

  test('a token that is not known is refused everywhere, also for public files', async () => {
    for (const path of [
      '/api/models/sample/tiny-model',
      '/sample/tiny-model/resolve/main/config.json',
      '/api/whoami-v2',
    ]) {
      const answer = await get(path, bearer('hf_wrong'));
      expect([answer.status, answer.headers.get('x-error-message')]).toEqual([
        401,
        'Invalid credentials in Authorization header',
      ]);
    }
  });

  test('an empty bucket is 429 with r=0', async () => {
    fakes.huggingface.options.rateLimit.resolvers = 1;
    const path = '/bare/resolve/main/config.json';
    expect((await get(path)).status).toBe(200);
    const answer = await get(path);
    expect([answer.status, answer.headers.get('ratelimit')]).toEqual([429, '"resolvers";r=0;t=172']);
    expect((await get('/api/models/bare')).status).toBe(200);
    fakes.huggingface.options.rateLimit.resolvers = 5000;
  });
});

test('refs, paths-info as a form, information of a bare name', async () => {
  const commit = fakes.huggingface.repository('bare').resolve('main')?.id;
  expect(await (await get('/api/models/bare/refs')).json()).toEqual({
    branches: [{ name: 'main', ref: 'refs/heads/main', targetCommit: commit }],
    converts: [],
    tags: [],
    pullRequests: [{ name: '1', ref: 'refs/pr/1', targetCommit: commit }],
  });
  const body = new URLSearchParams([
    ['paths', 'config.json'],
    ['paths', 'nope'],
  ]);
  const answer = await fetch(`${hubUrl}/api/models/bare/paths-info/main`, { method: 'POST', body });
  expect(await answer.json()).toMatchObject([{ type: 'file', path: 'config.json', size: 2 }]);
  expect(await (await get('/api/models/bare?blobs=true')).json()).toMatchObject({
    sha: commit,
    siblings: [{ size: 2 }],
  });
});
