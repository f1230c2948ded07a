// The upload side of the ModelScope fake, exchange by exchange as modelscope.md 5 writes them down: there is no client in this language
// that is not ours.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hashFolder, openFlow } from '../flows/open-flow.ts';
import { TOKENS } from './access.ts';
import { type Fakes, startFakes } from './index.ts';
import { UPLOAD_DEFAULTS } from './modelscope-hub.ts';
import { type Bytes, type Call, call, holdPost, post, sha256 } from './upload-client.ts';
import { countUploads } from './upload-counts.ts';

const ID = 'owner/release';
const WEIGHTS: Bytes = new Uint8Array(Buffer.alloc(300_000, 7));
const OID = sha256(WEIGHTS);
const SMALL = '{"a":1}\n';

let fakes: Fakes;
let at: (path: string) => string;
beforeAll(async () => {
  fakes = await startFakes([{ id: ID, commits: [{ files: { 'old.bin': 'old' } }], tags: { v0: 0 } }]);
  at = (path) => `${fakes.modelscope.url}/api/v1/repos/models/${ID}/${path}`;
});
let first: string | undefined;
beforeAll(() => {
  first = repository().resolve('master')?.id;
});
beforeEach(() => {
  fakes.reset();
  Object.assign(fakes.modelscope.options.upload, UPLOAD_DEFAULTS);
  if (first !== undefined) repository().branches.set('master', first);
});
afterAll(async () => {
  const { server, storage } = fakes.modelscope;
  await fakes.close();
  expect([server.failures, storage.server.failures]).toEqual([[], []]);
});

const repository = () => fakes.modelscope.repository(ID);
const options = () => fakes.modelscope.options.upload;
const paths = () => [...(repository().resolve('master')?.entries.keys() ?? [])];
const offer = (objects: object[], more: Call = {}) =>
  post(at('info/lfs/objects/batch'), { operation: 'upload', objects }, more);
const put = (body: Bytes, more: Call = {}, size = body.length) =>
  call(at(`blobs/${sha256(body)}/${size}`), { method: 'PUT', token: TOKENS.writer, body, ...more });
const commit = (actions: object[], branch = 'master', more: Call = {}) =>
  post(at(`commit/${branch}`), { commit_message: 'm', actions }, more);
const large = { action: 'create', path: 'model.safetensors', type: 'lfs', size: WEIGHTS.length, sha256: OID };
const small = {
  action: 'create',
  path: 'config.json',
  type: 'normal',
  size: SMALL.length,
  sha256: '',
  content: Buffer.from(SMALL).toString('base64'),
  encoding: 'base64',
};

/** A blob that no other test sends: the store is one for all. */
let count = 0;
function fresh(): Bytes {
  count += 1;
  return new Uint8Array(Buffer.from(`blob ${count}`));
}

describe('a release', () => {
  test('is offered, sent, committed, tagged, and ours fetches it again', async () => {
    const offered = await offer([{ oid: OID, size: WEIGHTS.length }]);
    expect(offered.json).toMatchObject({
      Code: 200,
      Data: {
        objects: [{ oid: OID, size: WEIGHTS.length, actions: { upload: { href: at(`blobs/${OID}/300000`) } } }],
        'reused-objects': [],
      },
    });
    expect((await put(WEIGHTS)).json).toMatchObject({ Code: 200, Success: true, Data: {} });
    const made = await commit([small, large, { action: 'delete', path: 'old.bin' }]);
    const head = repository().resolve('master');
    expect([made.status, made.json]).toMatchObject([200, { Data: { oid: head?.id, commit: { id: head?.id } } }]);
    const tagged = await post(`${fakes.modelscope.url}/api/v1/models/${ID}/repo/tag`, { TagName: 'v1', Ref: 'master' });
    expect([tagged.status, repository().tags.get('v1')]).toEqual([200, head?.id]);
    expect(countUploads(fakes.modelscope)).toEqual({
      commits: 1,
      merges: 0,
      tags: 1,
      blobBytes: 300_000,
      bytesOf: { [OID]: 300_000 },
      arrived: [OID],
      steps: { offer: 1, put: 1, commit: 1, tag: 1 },
    });
    const flow = await openFlow(fakes, { token: TOKENS.reader });
    await flow.run('modelscope', { model: ID });
    expect(await hashFolder(flow.folder)).toEqual({ 'config.json': sha256(SMALL), 'model.safetensors': OID });
    await flow.close();
  });

  test('what is stored is left out of the offer, by digest and size together', async () => {
    await put(WEIGHTS);
    const data = async (objects: object[]) =>
      ((await offer(objects)).json as { Data: { objects: object[] } }).Data.objects;
    expect(await data([{ oid: OID, size: WEIGHTS.length }])).toEqual([]);
    expect(await data([{ oid: OID, size: 1 }])).toHaveLength(1);
    expect((await offer(Array.from({ length: 65 }, () => ({ oid: OID, size: 1 })))).status).toBe(400);
  });

  test('readers see the old listing until the commit, and then the new one', async () => {
    await put(WEIGHTS);
    expect(paths()).toEqual(['old.bin']);
    let during: string[] = [];
    fakes.steps.at('commit', 'before', () => {
      during = paths();
      return undefined;
    });
    await commit([large]);
    expect([during, paths()]).toEqual([['old.bin'], ['model.safetensors', 'old.bin']]);
  });
});

describe('blobs', () => {
  const NOT_LOGGED_IN = { Code: 10030000001, Message: 'user not logged in', Success: false };
  const cookie = { headers: { Cookie: `m_session_id=${TOKENS.writer}` } };
  const bearer = { headers: { Authorization: `Bearer ${TOKENS.writer}` } };

  test.each([
    ['both', { ...cookie, token: undefined }, 400],
    ['both', { ...bearer, token: undefined }, 400],
    ['both', {}, 200],
    ['cookie', { ...cookie, token: undefined }, 200],
    ['cookie', { ...bearer, token: undefined }, 400],
    ['bearer', { ...bearer, token: undefined }, 200],
    ['either', { ...cookie, token: undefined }, 200],
    ['either', { token: undefined }, 400],
  ] as const)('want %s of the credentials', async (blobCredentials, more, status) => {
    options().blobCredentials = blobCredentials;
    const answer = await put(fresh(), more as Call);
    expect(answer.status).toBe(status);
    if (status === 400) expect(answer.json).toMatchObject(NOT_LOGGED_IN);
  });

  test('are held against digest and size, or against the size alone', async () => {
    const href = at(`blobs/${'0'.repeat(64)}/5`);
    const send = (body: string) => call(href, { method: 'PUT', token: TOKENS.writer, body });
    expect((await send('hello')).status).toBe(400);
    options().shelf = { ...options().shelf, check: 'size' };
    expect([(await send('hello!')).status, countUploads(fakes.modelscope).arrived]).toEqual([400, []]);
  });

  test('may be answered by nothing, and by a code in quotes', async () => {
    options().putAnswer = 'empty';
    expect((await put(fresh())).text).toBe('');
    options().putAnswer = 'code-as-text';
    expect((await put(fresh())).json).toMatchObject({ Code: '200' });
  });

  test('may be wanted elsewhere, where credentials are a leak', async () => {
    options().blobOrigin = 'elsewhere';
    const body = fresh();
    const { json } = await offer([{ oid: sha256(body), size: body.length }]);
    const { href } = (json as { Data: { objects: { actions: { upload: { href: string } } }[] } }).Data.objects[0]
      ?.actions.upload ?? { href: '' };
    expect(new URL(href).origin).toBe(fakes.modelscope.storage.url);
    expect((await call(href, { method: 'PUT', body })).status).toBe(400);
    expect(fakes.modelscope.storage.leaks).toEqual([]);
    await call(href, { method: 'PUT', body, token: TOKENS.writer });
    expect(fakes.modelscope.storage.leaks).toHaveLength(1);
  });
});

describe('a commit', () => {
  test.each([
    ['a tag', 'v0', 400, 'You can only create or edit files when you are on a branch'],
    ['a commit', 'a'.repeat(40), 400, 'You can only create or edit files when you are on a branch'],
    ['no branch', 'nowhere', 404, 'branch nowhere not found'],
  ])('goes on branches, not on %s', async (_what, branch, status, message) => {
    const { status: found, text } = await commit([small], branch);
    expect([found, text]).toEqual([status, expect.stringContaining(message)]);
  });

  test('may make a branch that is missing', async () => {
    options().missingBranch = 'created';
    expect((await commit([small], 'dev')).status).toBe(200);
    expect([...(repository().resolve('dev')?.entries.keys() ?? [])]).toEqual(['config.json', 'old.bin']);
    repository().branches.delete('dev');
  });

  test('is refused as a whole', async () => {
    const refused = async (action: object) => (await commit([small, action])).status;
    expect(await refused({ action: 'delete', path: 'nothing.txt' })).toBe(400);
    expect(await refused({ ...small, path: '../x' })).toBe(400);
    expect(await refused({ ...small, size: 3 })).toBe(400);
    expect(await refused({ ...large, sha256: 'a'.repeat(64) })).toBe(400);
    options().inlineLimitBytes = 3;
    expect(await refused(small)).toBe(400);
    options().commitLimitBytes = 10;
    expect(await refused(small)).toBe(413);
    expect(paths()).toEqual(['old.bin']);
  });

  test('may take a blob that nobody sent, which is listed then and cannot be had', async () => {
    options().missingBlob = 'accepted';
    expect((await commit([{ ...large, sha256: 'a'.repeat(64) }])).status).toBe(200);
    const listed = await call(`${fakes.modelscope.url}/api/v1/models/${ID}/repo/files?Revision=master`);
    expect(listed.text).toContain('a'.repeat(64));
  });

  test.each([
    ['made', 200, true],
    ['head', 200, false],
    ['refused', 400, false],
  ] as const)('that changes nothing is %s', async (emptyCommit, status, isNew) => {
    options().emptyCommit = emptyCommit;
    const content = Buffer.from('old').toString('base64');
    const answer = await commit([{ ...small, path: 'old.bin', size: 3, content }]);
    expect([answer.status, repository().resolve('master')?.id !== first]).toEqual([status, isNew]);
    expect(countUploads(fakes.modelscope).commits).toBe(isNew ? 1 : 0);
  });

  test.each([
    ['oid', { oid: expect.any(String) }],
    ['commit', { commit: expect.any(String) }],
    ['commit-id', { commit: { id: expect.any(String) } }],
    ['null', null],
    ['none', undefined],
  ] as const)('may say of itself: %s', async (commitAnswer, data) => {
    options().commitAnswer = commitAnswer;
    expect(((await commit([small])).json as { Data?: unknown }).Data).toEqual(data);
  });

  test('is made alone: another meets a lock', async () => {
    const body = JSON.stringify({ commit_message: 'm', actions: [small] });
    const hasBegun = () => fakes.modelscope.server.requests.some(({ bytesReceived }) => bytesReceived > 0);
    const one = await holdPost(at('commit/master'), body, hasBegun);
    const other = await commit([{ ...small, path: 'b.json' }]);
    expect([other.status, other.text]).toEqual([429, expect.stringContaining('commit lock busy, please try again')]);
    expect([await one.finish(), paths()]).toEqual([200, ['config.json', 'old.bin']]);
  });

  test.each([
    ['404', 404, 'could not be found or you don'],
    ['403', 403, 'no write permission to repository'],
  ] as const)('of a reader is refused by %s', async (noWriteAccess, status, words) => {
    options().noWriteAccess = noWriteAccess;
    const answer = await commit([small], 'master', { token: TOKENS.reader });
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(words)]);
    expect((await commit([small], 'master', { token: 'unknown' })).text).toContain('user not logged in');
  });
});

describe('repositories and tags', () => {
  const create = (body: object, more: Call = {}) => post(`${fakes.modelscope.url}/api/v1/models`, body, more);
  const tag = (body: object) => post(`${fakes.modelscope.url}/api/v1/models/${ID}/repo/tag`, body);

  test('are made once, with files of the hub’s own', async () => {
    const body = { Path: 'owner', Name: 'made', Visibility: 1, License: 'apache-2.0' };
    expect((await create(body, { token: TOKENS.reader })).status).toBe(404);
    expect((await create(body)).json).toMatchObject({ Code: 200, Data: { Name: 'made', Visibility: 1 } });
    expect((await create(body)).json).toMatchObject({ Code: 10010101001, Success: false });
    const made = fakes.modelscope.repository('owner/made');
    expect([made.visibility, ...(made.resolve('master')?.entries.keys() ?? [])]).toEqual([
      'private',
      '.gitattributes',
      'README.md',
      'configuration.json',
    ]);
  });

  test.each([
    ['400', 400, false],
    ['200', 200, false],
    ['kept', 200, false],
    ['moved', 200, true],
  ] as const)('a tag that exists: %s', async (duplicateTag, status, isMoved) => {
    options().duplicateTag = duplicateTag;
    await commit([small]);
    const answer = await tag({ TagName: 'v0', Ref: 'master' });
    const isHead = repository().tags.get('v0') === repository().resolve('master')?.id;
    expect([answer.status, isHead]).toEqual([status, isMoved]);
    if (duplicateTag === '200') expect(answer.json).toMatchObject({ Success: false });
  });

  test('a tag needs a name, and a revision that exists', async () => {
    expect((await tag({ Ref: 'master' })).status).toBe(400);
    expect((await tag({ TagName: 'v9', Ref: 'nowhere' })).status).toBe(404);
  });

  test('a session is opened for a token that is known', async () => {
    const login = (token: string) => post(`${fakes.modelscope.url}/api/v1/login`, { AccessToken: token });
    expect((await login(TOKENS.writer)).headers.get('set-cookie')).toContain(`m_session_id=${TOKENS.writer}`);
    expect((await login('x')).json).toMatchObject({ Code: 10010103009, Success: false });
  });
});
