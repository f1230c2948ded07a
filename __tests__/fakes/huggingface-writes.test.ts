// The upload side of the Hugging Face fake against the letter of huggingface.md 5, where the official client does not look.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TOKENS } from './access.ts';
import { UPLOAD_DEFAULTS } from './huggingface-hub.ts';
import { type Fakes, startFakes } from './index.ts';
import { type Call, call, holdPost, post, type Reply, sha256 } from './upload-client.ts';
import { countUploads } from './upload-counts.ts';

const ID = 'owner/release';
const LFS = 'application/vnd.git-lfs+json';
let fakes: Fakes;
let first: string;

beforeAll(async () => {
  const files = {
    '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
    'a.txt': 'a\n',
    'logs/one.txt': '1',
  };
  fakes = await startFakes([{ id: ID, commits: [{ files }] }]);
  first = repository().resolve('main')?.id ?? '';
});
beforeEach(() => {
  fakes.reset();
  Object.assign(fakes.huggingface.options.upload, UPLOAD_DEFAULTS);
  Object.assign(fakes.huggingface.options.rateLimit, { api: 1000 });
  repository().branches.set('main', first);
});
afterAll(async () => {
  const { server, storage } = fakes.huggingface;
  await fakes.close();
  expect([server.failures, storage.server.failures]).toEqual([[], []]);
});

const repository = () => fakes.huggingface.repository(ID);
const options = () => fakes.huggingface.options.upload;
const api = (path: string) => `${fakes.huggingface.url}/api/models/${ID}/${path}`;
const paths = (branch = 'main') => [...(repository().resolve(branch)?.entries.keys() ?? [])];

interface Offered {
  objects: {
    oid: string;
    error?: object;
    actions?: { upload: { href: string; header: Record<string, string> }; verify?: { href: string } };
  }[];
}

async function offer(content: string, more: object = {}): Promise<Offered> {
  const body = { operation: 'upload', transfers: ['basic', 'multipart'], hash_algo: 'sha256', ref: { name: 'main' } };
  const objects = [{ oid: sha256(content), size: content.length }];
  const headers = { Accept: LFS, 'Content-Type': LFS };
  const url = `${fakes.huggingface.url}/${ID}.git/info/lfs/objects/batch`;
  const { status, json } = await post(url, { ...body, objects, ...more }, { headers });
  expect(status).toBe(200);
  return json as Offered;
}

const lines = (...operations: object[]) => operations.map((one) => JSON.stringify(one)).join('\n');
const HEADER = { key: 'header', value: { summary: 'm' } };
const commit = (operations: object[], header: object = HEADER, more: Call = {}, branch = 'main') =>
  call(api(`commit/${branch}`), {
    method: 'POST',
    token: TOKENS.writer,
    headers: { 'Content-Type': 'application/x-ndjson' },
    body: lines(header, ...operations),
    ...more,
  });
const file = (path: string, content: string | Buffer) => ({
  key: 'file',
  value: { path, encoding: 'base64', content: Buffer.from(content).toString('base64') },
});
const large = (path: string, content: string) => ({
  key: 'lfsFile',
  value: { path, algo: 'sha256', oid: sha256(content), size: content.length },
});
const errorOf = ({ status, json }: Reply) => [status, (json as { error?: string }).error];

describe('preupload', () => {
  const ask = async (body: object) => (await post(api('preupload/main'), body)).json as { files: object[] };
  const row = (path: string, size = 3, sample = 'YWJj') => ({ path, size, sample });

  test('decides by rules, size and sample, and tells what is there', async () => {
    const { files } = await ask({
      files: [row('a.txt'), row('b.bin'), row('big.txt', 11_000_000), row('nul.txt', 3, 'AAAA'), row('tmp/x')],
      gitIgnore: 'tmp/\n',
    });
    expect(files).toEqual([
      { path: 'a.txt', uploadMode: 'regular', shouldIgnore: false, oid: '78981922613b2afb6025042ff6bd878ac1994e85' },
      { path: 'b.bin', uploadMode: 'lfs', shouldIgnore: false },
      { path: 'big.txt', uploadMode: 'lfs', shouldIgnore: false },
      { path: 'nul.txt', uploadMode: 'lfs', shouldIgnore: false },
      { path: 'tmp/x', uploadMode: 'regular', shouldIgnore: true },
    ]);
  });

  test('reads the rules that come with the release', async () => {
    const gitAttributes = '*.txt filter=lfs\nplain.txt -filter\n';
    const { files } = await ask({ files: [row('x.txt'), row('plain.txt')], gitAttributes });
    expect(files).toMatchObject([{ uploadMode: 'lfs' }, { uploadMode: 'regular' }]);
  });

  test('is refused when it is malformed or too long', async () => {
    expect((await post(api('preupload/main'), {})).status).toBe(422);
    expect((await post(api('preupload/none'), { files: [] })).headers.get('x-error-code')).toBe('RevisionNotFound');
    options().preuploadLimit = 1;
    expect((await post(api('preupload/main'), { files: [row('a'), row('b')] })).status).toBe(413);
  });
});

describe('large files', () => {
  const put = (href: string, body: string, more: Call = {}) => call(href, { method: 'PUT', body, ...more });

  test('go where the offer says, are verified, and are known then', async () => {
    const { objects } = await offer('one');
    const { upload, verify } = objects[0]?.actions ?? expect.fail();
    const look = () => post(verify?.href ?? '', { oid: sha256('one'), size: 3 });
    expect((await look()).status).toBe(404);
    expect((await put(upload.href, 'one')).headers.get('etag')).toMatch(/^"[0-9a-f]{32}"$/);
    expect((await look()).status).toBe(200);
    expect(await offer('one')).toMatchObject({ transfer: 'basic', objects: [{ oid: sha256('one'), size: 3 }] });
    expect((await offer('one')).objects[0]).not.toHaveProperty('actions');
  });

  test('are refused with credentials, under an old link, empty, and when they are another', async () => {
    const { upload } = (await offer('two')).objects[0]?.actions ?? expect.fail();
    expect((await put(upload.href, 'two', { token: TOKENS.writer })).status).toBe(400);
    expect(fakes.huggingface.storage.leaks).toHaveLength(1);
    expect((await put(upload.href, 'TWO')).text).toContain('BadDigest');
    expect((await put(upload.href, '')).status).toBe(400);
    fakes.huggingface.storage.expireLinks();
    expect((await put(upload.href, 'two')).status).toBe(403);
    expect(countUploads(fakes.huggingface).arrived).toEqual([]);
  });

  test('come in parts that are told in order, each by its own ETag, without credentials', async () => {
    Object.assign(options(), { multipartAboveBytes: 3, partSizeBytes: 4 });
    const { upload } = (await offer('partsparts')).objects[0]?.actions ?? expect.fail();
    expect(upload.header).toMatchObject({ chunk_size: '4', '00001': expect.any(String), '00003': expect.any(String) });
    const etags: string[] = [];
    for (const [number, text] of [
      ['00003', 'ts'],
      ['00001', 'part'],
      ['00002', 'spar'],
      ['00001', 'part'],
    ] as const) {
      etags[Number(number) - 1] = (await put(upload.header[number] ?? '', text)).headers.get('etag') ?? '';
    }
    const parts = etags.map((etag, index) => ({ partNumber: index + 1, etag }));
    const complete = async (told: object[], token?: string) => {
      const headers = { Accept: LFS, 'Content-Type': LFS };
      const body = JSON.stringify({ oid: sha256('partsparts'), parts: told });
      return (await call(upload.href, { method: 'POST', headers, body, ...(token === undefined ? {} : { token }) }))
        .status;
    };
    expect(await complete(parts.toReversed())).toBe(400);
    expect(await complete(parts.slice(0, 2))).toBe(400);
    expect(await complete(parts.map(({ partNumber, etag }) => ({ partNumber, etag: etag.slice(1, -1) })))).toBe(400);
    expect(await complete(parts, TOKENS.writer)).toBe(400);
    expect(await complete(parts)).toBe(200);
    expect(await complete(parts)).toBe(404);
    expect((await offer('partsparts')).objects[0]).not.toHaveProperty('actions');
  });

  test('are refused one by one when they are too large', async () => {
    options().fileLimitBytes = 2;
    expect((await offer('three')).objects[0]).toMatchObject({ error: { code: 422 } });
  });

  test('may be kept as digest and size alone', async () => {
    options().shelf = { keepLimitBytes: 3, check: 'digest' };
    const other = { ...ID_NEW, name: 'huge' };
    await post(`${fakes.huggingface.url}/api/repos/create`, other);
    const url = `${fakes.huggingface.url}/owner/huge.git/info/lfs/objects/batch`;
    const body = { operation: 'upload', objects: [{ oid: sha256('large'), size: 5 }], ref: { name: 'main' } };
    const { json } = await post(url, body, { headers: { Accept: LFS, 'Content-Type': LFS } });
    const { upload } = (json as Offered).objects[0]?.actions ?? expect.fail();
    expect((await put(upload.href, 'LARGE')).status).toBe(400);
    expect((await put(upload.href, 'large')).status).toBe(200);
    await call(`${fakes.huggingface.url}/api/models/owner/huge/commit/main`, {
      method: 'POST',
      token: TOKENS.writer,
      body: lines(HEADER, large('w.bin', 'large')),
    });
    const tree = await call(`${fakes.huggingface.url}/api/models/owner/huge/tree/main`);
    expect(tree.text).toContain(sha256('large'));
  });
});

const ID_NEW = { organization: 'owner', type: 'model' };

describe('a commit', () => {
  test('is all or nothing', async () => {
    const refused = async (...operations: object[]) => errorOf(await commit([file('new.txt', 'x'), ...operations]));
    expect(await refused(large('w.bin', 'never sent'))).toEqual([400, expect.stringContaining('does not exist')]);
    expect(await refused(file('b.txt', Buffer.from([1, 0, 2])))).toEqual([
      400,
      expect.stringContaining('binary files'),
    ]);
    expect(await refused(file('../x', 'x'))).toEqual([400, expect.any(String)]);
    expect(await refused({ key: 'deletedFile', value: { path: 'none' } })).toEqual([
      404,
      expect.stringContaining("A file with this name doesn't exist"),
    ]);
    options().inlineLimitBytes = 3;
    expect(await refused(file('c.txt', 'long'))).toEqual([400, expect.stringContaining('files larger than 10 MiB')]);
    expect(paths()).toEqual(['.gitattributes', 'a.txt', 'logs/one.txt']);
    expect(countUploads(fakes.huggingface).commits).toBe(0);
  });

  test('begins with a header that has a summary', async () => {
    expect((await commit([], file('a', 'b'))).status).toBe(400);
    expect((await commit([], { key: 'header', value: { summary: '' } })).status).toBe(400);
  });

  test('deletes folders, renames, and copies what is stored', async () => {
    const { upload } = (await offer('copied')).objects[0]?.actions ?? expect.fail();
    await call(upload.href, { method: 'PUT', body: 'copied' });
    await commit([large('w.bin', 'copied'), { key: 'deletedFolder', value: { path: 'logs/' } }]);
    const copy = { key: 'lfsFile', value: { path: 'v.bin', algo: 'sha256', oid: sha256('copied') } };
    const renamed = { ...file('b.txt', 'a\n'), value: { ...file('b.txt', 'a\n').value, oldPath: 'a.txt' } };
    const made = await commit([copy, renamed]);
    expect(made.json).toMatchObject({ success: true, commitOid: repository().resolve('main')?.id, hookOutput: '' });
    expect(paths()).toEqual(['.gitattributes', 'b.txt', 'v.bin', 'w.bin']);
  });

  test('writes down large files that no rule covers', async () => {
    const { upload } = (await offer('covered')).objects[0]?.actions ?? expect.fail();
    await call(upload.href, { method: 'PUT', body: 'covered' });
    await commit([large('one two.gguf', 'covered'), large('w.bin', 'covered')]);
    const rules = await call(
      `${fakes.huggingface.url}/api/resolve-cache/models/${ID}/${repository().branches.get('main')}/.gitattributes`,
    );
    expect(rules.text).toBe(
      '*.bin filter=lfs diff=lfs merge=lfs -text\none[[:space:]]two.gguf filter=lfs diff=lfs merge=lfs -text\n',
    );
  });

  test('goes on a branch, on its head', async () => {
    const on = (branch: string) =>
      call(api(`commit/${branch}`), { method: 'POST', token: TOKENS.writer, body: lines(HEADER, file('x', 'x')) });
    expect((await on('none')).headers.get('x-error-code')).toBe('RevisionNotFound');
    const stale = { key: 'header', value: { summary: 'm', parentCommit: 'a'.repeat(40) } };
    expect(errorOf(await commit([file('x', 'x')], stale))).toEqual([412, expect.stringContaining('happened since')]);
    const short = { key: 'header', value: { summary: 'm', parentCommit: first.slice(0, 7) } };
    expect((await commit([file('x', 'x')], short)).status).toBe(200);
  });

  test.each([
    ['made', 200, true],
    ['head', 200, false],
    ['refused', 400, false],
  ] as const)('that changes nothing is %s', async (emptyCommit, status, isNew) => {
    options().emptyCommit = emptyCommit;
    const answer = await commit([file('a.txt', 'a\n')]);
    expect([answer.status, repository().branches.get('main') !== first]).toEqual([status, isNew]);
  });

  test('is made alone: another meets a lock', async () => {
    const hasBegun = () => fakes.huggingface.server.requests.some(({ bytesReceived }) => bytesReceived > 0);
    const one = await holdPost(api('commit/main'), lines(HEADER, file('one.txt', '1')), hasBegun);
    const other = await commit([file('two.txt', '2')]);
    expect(errorOf(other)).toEqual([409, expect.stringContaining('Another commit operation is in progress')]);
    expect([await one.finish(), paths().includes('one.txt')]).toEqual([200, true]);
  });
});

describe('refs', () => {
  test('a repository that is there is told with its page', async () => {
    const body = { name: 'release', organization: 'owner', type: 'model' };
    const { status, json } = await post(`${fakes.huggingface.url}/api/repos/create`, body);
    expect([status, json]).toMatchObject([409, { url: `${fakes.huggingface.url}/${ID}` }]);
  });

  test('tags are made once, on what is there, and taken away', async () => {
    const tag = (name: string, rev = 'main') => post(api(`tag/${rev}`), { tag: name, message: 'm' });
    expect([(await tag('v1')).status, repository().tags.get('v1')]).toEqual([200, first]);
    expect((await tag('v1')).status).toBe(409);
    expect((await tag('v2', 'none')).headers.get('x-error-code')).toBe('RevisionNotFound');
    const remove = () => call(api('tag/v1'), { method: 'DELETE', token: TOKENS.writer });
    expect([(await remove()).status, (await remove()).status]).toEqual([200, 404]);
  });

  test('a pull request is opened empty, and readers commit to it', async () => {
    const opened = await post(
      api('discussions'),
      { title: 'Release', description: '', pullRequest: true },
      { token: TOKENS.reader },
    );
    const { num } = opened.json as { num: number };
    const reader = { method: 'POST', token: TOKENS.reader, body: lines(HEADER, file('x.txt', 'x')) };
    expect((await call(api(`commit/refs%2Fpr%2F${num}`), reader)).status).toBe(200);
    expect([paths(`refs/pr/${num}`).includes('x.txt'), paths().includes('x.txt')]).toEqual([true, false]);
  });

  test('discussions are listed by type, status and author, a page at a time', async () => {
    const words = (title: string) => ({ title, description: 'words' });
    const before = fakes.huggingface.discussions(ID).length;
    await post(api('discussions'), { ...words('Just talk') });
    await post(api('discussions'), { ...words('Ours'), pullRequest: true });
    await post(api('discussions'), { ...words('Theirs'), pullRequest: true }, { token: TOKENS.reader });
    const list = async (query: string) => {
      const { json } = await call(api(`discussions?${query}`), { token: TOKENS.writer });
      const { discussions, count } = json as { discussions: { num: number }[]; count: number };
      return [...discussions.map(({ num }) => num - before), count - before];
    };
    Object.assign(options(), { discussionsPage: 2 });
    expect(await list('author=writer&status=all&p=0')).toEqual([2, 1, 2 - before]);
    expect(await list('type=pull_request&status=open&author=reader')).toContain(3);
    expect(await list('status=all')).toEqual([3, 2, 3]);
    expect((await list('status=all&p=1'))[0]).toBe(1);
    const { json } = await call(api(`discussions/${before + 2}`), { token: TOKENS.writer });
    expect(json).toMatchObject({ status: 'draft', author: { name: 'writer' }, changes: { base: 'refs/heads/main' } });
    expect(json).toMatchObject({ events: [{ type: 'comment', data: { latest: { raw: 'words' } } }] });
  });

  test('a pull request is merged when it is open, by who may write, and not over what conflicts', async () => {
    const opened = await post(api('discussions'), { title: 'One', description: '', pullRequest: true });
    const { num } = opened.json as { num: number };
    const at = (verb: string, body: object = {}, token: string = TOKENS.writer) =>
      post(api(`discussions/${num}/${verb}`), body, { token }).then(({ status }) => status);
    await commit([file('a.txt', 'ours')], HEADER, {}, `refs%2Fpr%2F${num}`);
    expect(await at('merge')).toBe(400);
    expect([await at('status', { status: 'open' }), await at('status', { status: 'open' })]).toEqual([200, 400]);
    expect(await at('merge', {}, TOKENS.reader)).toBe(403);
    await commit([file('a.txt', 'theirs')]);
    expect(await at('merge')).toBe(409);
    repository().branches.set('main', first);
    await commit([file('b.txt', 'theirs')]);
    expect([await at('merge'), await at('merge')]).toEqual([200, 400]);
    expect(paths()).toEqual(expect.arrayContaining(['a.txt', 'b.txt']));
    expect(fakes.huggingface.discussions(ID)[num - 1]?.mergeCommitId).toBe(repository().resolve('main')?.id);
    Object.assign(options(), { discussions: { status: 404 } });
    expect((await post(api('discussions'), { title: 'One', description: '', pullRequest: true })).status).toBe(404);
  });

  test('the right to write can be asked for', async () => {
    const check = async (token: string) => (await call(api('auth-check/write'), { token })).status;
    expect([await check(TOKENS.writer), await check(TOKENS.reader)]).toEqual([200, 403]);
  });
});
