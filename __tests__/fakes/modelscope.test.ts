// The ModelScope fake against the letter of modelscope.md: no client in this language exists that is not ours.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TOKENS } from './access.ts';
import { bytesOf } from './content.ts';
import { type Fakes, startFakes } from './index.ts';
import { SAMPLE } from './sample.ts';

let fakes: Fakes;

beforeAll(async () => {
  fakes = await startFakes([
    ...SAMPLE,
    {
      id: 'odd/one',
      commits: [{ files: { 'dir one/a+b.txt': 'odd' }, symlinks: { link: 'dir one' } }],
      listed: [{ path: '../x', raw: { Sha256: null, InCheck: true } }],
    },
  ]);
});
const defaults = () => ({ ...fakes.modelscope.options });
let before: ReturnType<typeof defaults>;
beforeAll(() => {
  before = defaults();
});
beforeEach(() => {
  fakes.reset();
  Object.assign(fakes.modelscope.options, before);
});
afterAll(async () => {
  const failures = fakes.modelscope.server.failures;
  await fakes.close();
  expect(failures).toEqual([]);
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(fakes.modelscope.url + path, { headers, redirect: 'manual' });
const MODEL = '/api/v1/models/sample/tiny-model';

interface Envelope {
  Code: number;
  Success: boolean;
  Data: {
    Files: { Path: string }[] | null;
    RevisionMap: Record<'Branches' | 'Tags', { Revision: string; CreatedAt: number }[]>;
  };
}
const json = async (path: string, headers?: Record<string, string>) =>
  (await (await get(path, headers)).json()) as Envelope;
const paths = async (path: string) => (await json(path)).Data.Files?.map(({ Path }) => Path);

describe('listings', () => {
  test('an entry has every documented field', async () => {
    const { Data } = await json(`${MODEL}/repo/files?Revision=master&Recursive=True`);
    const entry = fakes.modelscope.repository('sample/tiny-model').resolve('master')?.entries.get('onnx/model.onnx');
    expect(Data.Files?.find(({ Path }) => Path === 'onnx/model.onnx')).toEqual({
      CommitMessage: expect.any(String),
      CommittedDate: expect.any(Number),
      CommitterName: expect.any(String),
      InCheck: false,
      IsLFS: true,
      Mode: '33188',
      Name: 'model.onnx',
      Path: 'onnx/model.onnx',
      Revision: entry?.commitId,
      Sha256: (await entry?.body.digests())?.sha256,
      Size: 3 * 1024 * 1024,
      Type: 'blob',
    });
    expect(Data.Files?.find(({ Path }) => Path === 'onnx')).toMatchObject({ Type: 'tree', Size: 0, Sha256: '' });
  });

  test('Recursive in either case, Root, one level, tags and commits', async () => {
    expect(await paths(`${MODEL}/repo/files?Root=onnx&Recursive=true`)).toEqual([
      'onnx/int8',
      'onnx/int8/model.onnx',
      'onnx/model.onnx',
    ]);
    expect(await paths(`${MODEL}/repo/files?Root=onnx`)).toEqual(['onnx/int8', 'onnx/model.onnx']);
    expect(await paths(`${MODEL}/repo/files?Revision=v1.0.0`)).toEqual(['README.md', 'config.json']);
    const commit = fakes.modelscope.repository('sample/tiny-model').resolve('v1.0.0')?.id;
    expect(await paths(`${MODEL}/repo/files?Revision=${commit}`)).toEqual(['README.md', 'config.json']);
    fakes.modelscope.options.refusesCommitIds = true;
    expect(await json(`${MODEL}/repo/files?Revision=${commit}`)).toMatchObject({ Code: 10990101004 });
  });

  test('a long listing is cut and nothing says so', async () => {
    fakes.modelscope.options.listingLimit = 2;
    expect(await paths(`${MODEL}/repo/files?Recursive=True`)).toEqual(['.gitattributes', 'README.md']);
  });

  test('an unknown revision is refused in either of two ways', async () => {
    const path = `${MODEL}/repo/files?Revision=nope&Recursive=True`;
    expect([(await get(path)).status, (await json(path)).Code]).toEqual([404, 10990101004]);
    fakes.modelscope.options.unknownRevision = '200-null';
    expect(await json(path)).toMatchObject({ Code: 200, Data: { Files: null } });
  });

  test('links and lies', async () => {
    const { Data } = await json('/api/v1/models/odd/one/repo/files?Recursive=True');
    expect(Data.Files?.find(({ Path }) => Path === 'link')).toMatchObject({ Mode: '40960', Size: 7 });
    expect(Data.Files?.find(({ Path }) => Path === '../x')).toMatchObject({
      Type: 'blob',
      Sha256: null,
      InCheck: true,
    });
  });

  test('datasets: by number or name, page by page; the way of models is 405', async () => {
    const { number } = fakes.modelscope.repository('sample/tiny-data', 'dataset');
    const page = (id: string | number, at: number) =>
      paths(`/api/v1/datasets/${id}/repo/tree?Revision=master&Root=/&Recursive=True&PageNumber=${at}&PageSize=2`);
    expect(await page(number, 1)).toEqual(['README.md', 'data']);
    expect(await page('sample/tiny-data', 2)).toEqual(['data/train.parquet']);
    expect(await page(number, 3)).toEqual([]);
    expect((await get('/api/v1/datasets/sample/tiny-data/repo/files?Revision=master')).status).toBe(405);
  });
});

describe('revisions and commits', () => {
  test('tags come newest first, and EndTime leaves out later ones', async () => {
    const { Data } = await json(`${MODEL}/revisions`);
    expect(Data.RevisionMap.Branches).toEqual([{ Revision: 'master', CreatedAt: expect.any(Number) }]);
    expect(Data.RevisionMap.Tags.map(({ Revision }) => Revision)).toEqual(['v1.1.0', 'v1.0.0']);
    const first = Data.RevisionMap.Tags[1]?.CreatedAt;
    expect((await json(`${MODEL}/revisions?EndTime=${first}`)).Data.RevisionMap.Tags).toHaveLength(1);
  });

  test('a commit of a ref, none of an unknown one, the default branch without one', async () => {
    const repository = fakes.modelscope.repository('sample/tiny-model');
    const commit = (ref: string) => json(`${MODEL}/commits?${ref}&PageNumber=1&PageSize=1`);
    expect(await commit('Ref=v1.0.0')).toMatchObject({
      Data: { Commit: [{ Id: repository.resolve('v1.0.0')?.id }], TotalCount: 1 },
    });
    expect(await commit('Ref=nope')).toMatchObject({ Code: 200, Data: { Commit: null } });
    expect(await commit('Revision=v1.0.0')).toMatchObject({
      Data: { Commit: [{ Id: repository.resolve('master')?.id }] },
    });
    fakes.modelscope.options.commitsEndpoint = false;
    expect((await get(`${MODEL}/commits?Ref=master`)).status).toBe(404);
  });
});

describe('git', () => {
  const lsRemote = async (url: string) => {
    const env = { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_GLOBAL: '/dev/null' };
    const { stdout } = await promisify(execFile)('git', ['ls-remote', '--symref', url], { env });
    return stdout.trim().split('\n');
  };

  test('itself reads the refs, with a token the private ones too', async () => {
    const repository = fakes.modelscope.repository('sample/tiny-model');
    expect(await lsRemote(`${fakes.modelscope.url}/sample/tiny-model.git`)).toEqual([
      'ref: refs/heads/master\tHEAD',
      `${repository.resolve('master')?.id}\tHEAD`,
      `${repository.resolve('master')?.id}\trefs/heads/master`,
      `${repository.resolve('v1.0.0')?.id}\trefs/tags/v1.0.0`,
      `${repository.resolve('v1.1.0')?.id}\trefs/tags/v1.1.0`,
    ]);
    const secret = new URL(`${fakes.modelscope.url}/models/sample/private-model.git`);
    await expect(lsRemote(secret.href)).rejects.toThrow();
    secret.username = 'oauth2';
    secret.password = TOKENS.reader;
    expect(await lsRemote(secret.href)).toHaveLength(3);
  });

  test('alone may ask', async () => {
    expect((await get('/sample/tiny-model.git/info/refs?service=git-upload-pack')).status).toBe(421);
  });
});

describe('files', () => {
  test('a large file is a link to another host that takes ranges and no credentials', async () => {
    const path = `${MODEL}/repo?Revision=master&FilePath=model.safetensors`;
    const answer = await get(path, { Cookie: `m_session_id=${TOKENS.reader}` });
    const link = new URL(answer.headers.get('location') ?? '');
    expect([answer.status, link.origin]).toEqual([302, fakes.cdn.url]);
    expect(link.pathname).toMatch(/^\/prod\/lfs-objects\/[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{60}$/);
    expect(link.searchParams.get('auth_key')).toMatch(/^\d+-[0-9a-f]+-\d+-[0-9a-f]+$/);
    const slice = await fetch(link, { headers: { Range: 'bytes=1000-1999' } });
    const entry =
      fakes.modelscope.repository('sample/tiny-model').resolve('master')?.entries.get('model.safetensors') ??
      expect.fail();
    expect(Buffer.from(await slice.arrayBuffer()).equals(await bytesOf(entry.body, 1000, 2000))).toBe(true);
    expect([slice.status, slice.headers.get('content-range')]).toEqual([
      206,
      `bytes 1000-1999/${entry.body.sizeBytes}`,
    ]);
    expect((await fetch(fakes.modelscope.url + path, { method: 'HEAD', redirect: 'manual' })).status).toBe(200);
  });

  test('a small file comes at once and treats ranges in three ways', async () => {
    const path = `${MODEL}/repo?Revision=master&FilePath=config.json`;
    const range = { Range: 'bytes=1-3' };
    const whole = await get(path, range);
    expect([whole.status, whole.headers.get('content-range'), await whole.text()]).toEqual([
      200,
      null,
      '{"version":2}\n',
    ]);
    fakes.modelscope.options.directBody = 'slice-under-200';
    const slice = await get(path, range);
    expect([slice.status, slice.headers.get('content-range'), await slice.text()]).toEqual([
      200,
      'bytes 1-3/14',
      '"ve',
    ]);
    fakes.modelscope.options.directBody = 'chunked';
    const chunked = await get(path, range);
    expect([chunked.headers.get('content-length'), await chunked.text()]).toEqual([null, '{"version":2}\n']);
  });

  test('names are in form style; the page alias takes a commit', async () => {
    expect(await (await get('/api/v1/models/odd/one/repo?Revision=master&FilePath=dir+one%2Fa%2Bb.txt')).text()).toBe(
      'odd',
    );
    const commit = fakes.modelscope.repository('odd/one').resolve('master')?.id;
    expect(await (await get(`/models/odd/one/resolve/${commit}/dir%20one/a%2Bb.txt`)).text()).toBe('odd');
    const data = '/api/v1/datasets/sample/tiny-data/repo?Source=SDK&Revision=master&FilePath=README.md&View=False';
    expect(await (await get(data)).text()).toBe('# data\n');
  });

  test('a missing file is refused in either of two ways, and without an envelope for HEAD', async () => {
    const path = `${MODEL}/repo?Revision=master&FilePath=nope`;
    expect([(await get(path)).status, (await json(path)).Code]).toEqual([404, 10990101007]);
    fakes.modelscope.options.missingFile = '200';
    expect([(await get(path)).status, (await json(path)).Success]).toEqual([200, false]);
    const head = await fetch(fakes.modelscope.url + path, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([404, '']);
  });
});

describe('access', () => {
  const PRIVATE = '/api/v1/models/sample/private-model';

  test.each([
    ['/api/v1/models/no/such', 10010205001],
    [PRIVATE, 10010200001],
    ['/api/v1/models/sample/gated-model', 10010200001],
  ])('%s is 404, or 200 with a failure, code %i', async (path, code) => {
    expect([(await get(path)).status, (await json(path)).Code]).toEqual([404, code]);
    fakes.modelscope.options.errorStyle = '200';
    expect([(await get(path)).status, await json(path)]).toMatchObject([200, { Code: code, Success: false }]);
  });

  test('a token opens by header or cookie; a stranger’s does not; a wrong one does no harm in public', async () => {
    expect((await get(PRIVATE, { Authorization: `Bearer ${TOKENS.reader}` })).status).toBe(200);
    expect((await get(PRIVATE, { Cookie: `a=b; m_session_id=${TOKENS.reader}` })).status).toBe(200);
    expect((await get(PRIVATE, { Authorization: `Bearer ${TOKENS.outsider}` })).status).toBe(404);
    expect((await get(MODEL, { Authorization: 'Bearer wrong' })).status).toBe(200);
  });

  test('the other routes', async () => {
    expect(await json(MODEL)).toMatchObject({
      Code: 200,
      Success: true,
      Data: { Visibility: 5, Path: 'sample', Name: 'tiny-model' },
    });
    expect(await json('/api/v1/repos/internalAccelerationInfo')).toMatchObject({
      Data: { InternalRegionQueryAddress: '' },
    });
    expect((await get('/openapi/v1/models/sample/tiny-model')).status).toBe(200);
    expect((await get('/openapi/v1/models/no/such')).status).toBe(404);
    expect((await get('/openapi/v1/users/me')).status).toBe(401);
    const me = await get('/openapi/v1/users/me', { Authorization: `Bearer ${TOKENS.reader}` });
    expect(await me.json()).toMatchObject({ success: true, data: { username: 'reader' } });
    expect((await get('/api/v1/repos/models/sample/tiny-model/repo?FilePath=a')).status).toBe(421);
  });
});

test('a test can put any answer in front, for so many times', async () => {
  fakes.modelscope.server.answer(
    /\/revisions$/,
    { status: 200, headers: { 'Content-Type': 'text/html' }, body: '<html>' },
    1,
  );
  expect(await (await get(`${MODEL}/revisions`)).text()).toBe('<html>');
  expect((await json(`${MODEL}/revisions`)).Code).toBe(200);
  expect(fakes.modelscope.server.requests.map(({ path, status, finished }) => [path, status, finished])).toEqual([
    [`${MODEL}/revisions`, 200, true],
    [`${MODEL}/revisions`, 200, true],
  ]);
});
