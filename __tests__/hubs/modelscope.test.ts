// ModelScope: the hub contract, and the oddities of this service (modelscope.md 1.5, 1.6, 2, 3).

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeOf } from '../../src/core/errors.ts';
import { parseRef } from '../../src/core/ref.ts';
import type { RepoPath } from '../../src/core/repo-path.ts';
import { createSnapshot, type RemoteFile } from '../../src/core/snapshot.ts';
import { HUBS } from '../../src/hubs/index.ts';
import { modelscope } from '../../src/hubs/modelscope.ts';
import { hubContract, rejects } from '../contracts/hub.ts';
import { TOKENS } from '../fakes/access.ts';
import { type Cdn, startCdn } from '../fakes/cdn.ts';
import { createFaultPlan } from '../fakes/faults.ts';
import { type FakeModelscope, startModelscope } from '../fakes/modelscope.ts';
import type { ModelscopeOptions } from '../fakes/modelscope-hub.ts';
import type { RepositoryDescription } from '../fakes/repository.ts';
import { type OpenHub, openHub } from './open-hub.ts';

async function start(repositories: readonly RepositoryDescription[], options: Partial<ModelscopeOptions> = {}) {
  const faults = createFaultPlan();
  const cdn = await startCdn({ faults });
  const fake = await startModelscope({ repositories, cdn, faults, options });
  const close = async () => void (await Promise.all([fake.close(), cdn.close()]));
  return { fake, cdn, server: fake.server, tokens: TOKENS, repository: fake.repository, close };
}

hubContract('ModelScope', {
  entry: modelscope,
  defaultBranch: 'master',
  verdicts: {
    missingAnonymous: 'NOT_FOUND',
    missingWithToken: 'NOT_FOUND',
    privateToOutsider: 'FORBIDDEN',
    privateToBadToken: 'FORBIDDEN',
  },
  start,
});

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const FILES = { 'README.md': 'read me', 'sub/config.json': '{}' };
const PLAIN: RepositoryDescription = { id: 'o/plain', commits: [{ files: FILES }], tags: { 'v1.0': 0 } };
const FILE: RemoteFile = { path: 'a b/c+d.bin' as RepoPath, sizeBytes: 1, digests: [`sha256:${'0'.repeat(64)}`] };

describe('ModelScope', () => {
  let fake: FakeModelscope;
  let cdn: Cdn;
  let hub: OpenHub;
  const reopen = async (repositories: readonly RepositoryDescription[], options?: Partial<ModelscopeOptions>) => {
    await stop();
    ({ fake, cdn } = await start(repositories, options));
    hub = openHub(modelscope, fake.url);
  };
  const stop = () => Promise.all([hub?.transport.close(), fake?.close(), cdn?.close()]);
  const notices = () => hub.events.filter(({ type }) => type === 'notice');
  const asked = (path: RegExp) => fake.server.requests.filter((request) => path.test(request.path));

  beforeEach(() => reopen([PLAIN]));
  afterEach(stop);

  test('asks three questions for a branch, and one for a commit', async () => {
    const { revision } = await hub.resolve('o/plain');
    expect(asked(/./).map(({ path }) => path.split('/').at(-1))).toEqual(['revisions', 'commits', 'files']);
    fake.server.reset();
    await hub.resolve(`o/plain@${revision}`);
    expect(asked(/./)).toHaveLength(1);
  });

  test('sends the token as bearer and as cookie', async () => {
    const reader = openHub(modelscope, fake.url, TOKENS.reader);
    await reader.resolve('o/plain');
    await reader.transport.close();
    for (const { headers } of fake.server.requests) {
      expect(headers.authorization).toBe(`Bearer ${TOKENS.reader}`);
      expect(headers.cookie).toBe(`m_session_id=${TOKENS.reader}`);
    }
  });

  test('takes the only branch when there is no master', async () => {
    await reopen([{ ...PLAIN, branches: { trunk: 0 } }]);
    expect((await hub.resolve('o/plain')).immutable).toBe(true);
    await reopen([{ ...PLAIN, branches: { trunk: 0, other: 0 } }]);
    const error = await rejects(hub.resolve('o/plain'), 'REVISION_NOT_FOUND');
    expect(error.message).toContain('trunk, other, v1.0');
  });

  test('names at most ten revisions that exist', async () => {
    const tags = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`v0.${index}`, 0]));
    await reopen([{ ...PLAIN, tags }]);
    const { message } = await rejects(hub.resolve('o/plain@nope'), 'REVISION_NOT_FOUND');
    expect(message.match(/v0\.\d+/g)?.length).toBe(9);
    expect(message).toContain('and 21 more');
  });

  describe('a service that tells no commit', () => {
    test.each([
      ['has no such route', { commitsEndpoint: false }, undefined],
      ['says null', {}, { status: 200, body: { Code: 200, Success: true, Data: { Commit: null } } }],
      ['forbids the method', {}, { status: 405, body: '405 method not allowed' }],
      [
        'says something that is no commit',
        {},
        { status: 200, body: { Code: 200, Data: { Commit: [{ Id: 'v1.0' }] } } },
      ],
    ] as const)('that %s leaves the name, and says so', async (_what, options, canned) => {
      await reopen([PLAIN], options);
      if (canned !== undefined) fake.server.answer(/\/commits$/, canned);
      const snapshot = await hub.resolve('o/plain@v1.0');
      expect(snapshot).toMatchObject({ revision: 'v1.0', immutable: false });
      expect(snapshot.files).toHaveLength(2);
      expect(notices()).toHaveLength(1);
    });

    test.each(['404', '200-null'] as const)(
      'or that lists by name only (%s) is listed by name',
      async (unknownRevision) => {
        await reopen([PLAIN], { refusesCommitIds: true, unknownRevision });
        const snapshot = await hub.resolve('o/plain');
        expect(snapshot).toMatchObject({ revision: 'master', immutable: false });
        expect(notices()).toHaveLength(1);
        await rejects(hub.resolve(`o/plain@${COMMIT}`), 'REVISION_NOT_FOUND');
      },
    );
  });

  describe('both forms of an error', () => {
    test.each(['4xx', '200'] as const)('%s: missing and hidden repositories', async (errorStyle) => {
      await reopen([{ ...PLAIN, visibility: 'private' }], { errorStyle });
      await rejects(hub.resolve('o/missing'), 'NOT_FOUND');
      await rejects(hub.resolve('o/plain'), 'AUTH_REQUIRED');
    });

    test.each(['404', '200'] as const)('%s: a file that is gone', async (missingFile) => {
      await reopen([PLAIN], { missingFile });
      const snapshot = await hub.resolve('o/plain');
      expect(codeOf((await hub.fetch(snapshot, FILE)).refusal)).toBe('FILE_NOT_FOUND');
    });

    test.each([
      [404, { Code: 10010205001, Message: 'record not found', Success: false }, 'NOT_FOUND'],
      [200, { Code: 10010205001, Message: 'record not found', Success: false }, 'NOT_FOUND'],
      [404, { Code: 10010205001, Message: "Error 1461: Can't create more than max_prepared_stmt_count" }, 'SERVER'],
      [404, { Code: 10010200001, Message: 'no' }, 'AUTH_REQUIRED'],
      [404, { Code: 10990101004, Message: '获取模型目录树失败' }, 'REVISION_NOT_FOUND'],
      [404, { message: 'The project you were looking for could not be found' }, 'NOT_FOUND'],
      [401, { message: 'unauthorized' }, 'AUTH_REQUIRED'],
      [403, { Code: 403, Message: 'no permission' }, 'AUTH_REQUIRED'],
      [200, { Code: 403, Message: 'no permission' }, 'AUTH_REQUIRED'],
      [400, { Code: 10030000001, Message: 'user not logged in' }, 'AUTH_REQUIRED'],
      [421, { message: 'mirror self-forwarded loop detected' }, 'HUB_PROTOCOL'],
      [
        200,
        { Code: 200, Message: 'no', Success: false, Data: { Files: [{ Type: 'tree', Path: 'a' }] } },
        'HUB_PROTOCOL',
      ],
      [200, { Code: 123, Message: 'who knows', Success: false }, 'HUB_PROTOCOL'],
      [200, { Code: 200, Success: true, Data: { Files: [{ Path: 1 }] } }, 'HUB_PROTOCOL'],
      [200, { Code: 200, Success: true, Data: null }, 'HUB_PROTOCOL'],
      [200, { Code: 200, Success: true, Data: { Files: null } }, 'REVISION_NOT_FOUND'],
      [200, { Code: 200, Success: true, Data: { Files: [] } }, 'REVISION_NOT_FOUND'],
    ] as const)('%i %j is %s', async (status, body, code) => {
      fake.server.answer(/\/repo\/files$/, { status, body });
      await rejects(hub.resolve(`o/plain@${COMMIT}`), code);
    });

    test('with a token, no access is FORBIDDEN', async () => {
      const outsider = openHub(modelscope, fake.url, TOKENS.outsider);
      fake.server.answer(/\/revisions$/, { status: 404, body: { Code: 10010200001, Message: 'no', Success: false } });
      await rejects(outsider.resolve('o/plain'), 'FORBIDDEN');
      await outsider.transport.close();
    });

    test('a file that looks like an answer is a file', () => {
      const ref = parseRef('ms:o/plain', HUBS);
      const snapshot = createSnapshot({ ref, revision: COMMIT, immutable: true }, [{ ...FILE, kind: 'file' }]);
      const says = (text: string, status = 200) =>
        codeOf(hub.hub.source.refusal({ status, headers: {}, text }, snapshot, FILE));
      expect(says('{"message":"hello","Data":1}')).toBeUndefined();
      expect(says('{"Code":7}')).toBeUndefined();
      expect(says('[]', 404)).toBeUndefined();
      expect(says('null', 404)).toBeUndefined();
      expect(says('', 404)).toBeUndefined();
      expect(says('{"Code":10990101007,"Message":"文件内容为空","Success":false}')).toBe('FILE_NOT_FOUND');
    });
  });

  test('links and submodules are refused by name, and unknown kinds of entries too', async () => {
    const sha256 = '0'.repeat(64);
    for (const [Type, Mode] of [
      ['blob', '40960'],
      ['blob', 57344],
      ['commit', null],
      ['socket', '33188'],
    ]) {
      const Files = [{ Type, Mode, Path: 'odd', Size: 1, Sha256: sha256 }];
      fake.server.answer(/\/repo\/files$/, { status: 200, body: { Code: 200, Data: { Files } } }, 1);
      await rejects(hub.resolve(`o/plain@${COMMIT}`), 'UNSAFE_PATH');
    }
  });

  describe('a listing that is cut at 3000 entries', () => {
    const many = (folder: string, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`${folder}/${index}.txt`, 'x']));

    test('is asked for again, folder by folder', async () => {
      const files = { ...many('a', 2000), ...many('b/c', 1500), 'z.txt': 'last' };
      await reopen([{ id: 'o/large', commits: [{ files }] }]);
      const snapshot = await hub.resolve('o/large');
      expect(snapshot.files).toHaveLength(3501);
      expect(asked(/files$/).map(({ query }) => query.get('Root'))).toEqual([null, '', 'a', 'b', 'b/c']);
    });

    test('of one folder cannot be had whole, which is an error', async () => {
      await reopen([{ id: 'o/large', commits: [{ files: many('flat', 3001) }] }]);
      const error = await rejects(hub.resolve('o/large'), 'HUB_PROTOCOL');
      expect(error.message).toContain('flat');
    });

    test('ends in an error when the service does not know folders', async () => {
      const Files = Array.from({ length: 2998 }, (_, index) => ({
        Type: 'blob',
        Path: `${index}`,
        Size: 1,
        Sha256: null,
      }));
      const folder = { Type: 'tree', Path: 'a' };
      fake.server.answer(
        /files$/,
        { status: 200, body: { Code: 200, Data: { Files: [folder, ...Files, folder] } } },
        1,
      );
      fake.server.answer(/files$/, { status: 200, body: { Code: 200, Data: { Files: [folder, ...Files] } } });
      await rejects(hub.resolve(`o/plain@${COMMIT}`), 'HUB_PROTOCOL');
    });
  });

  describe('datasets', () => {
    const rows = Object.fromEntries(Array.from({ length: 450 }, (_, index) => [`data/${index}.csv`, 'x']));
    const DATASET: RepositoryDescription = {
      id: 'o/rows',
      kind: 'dataset',
      commits: [{ files: rows }],
      tags: { v1: 0 },
    };

    test('are listed by their number, page after page', async () => {
      await reopen([DATASET]);
      expect((await hub.resolve('datasets/o/rows')).files).toHaveLength(450);
      const pages = asked(/\/repo\/tree$/);
      expect(pages).toHaveLength(3);
      expect(pages[0]?.path).toContain(`/${fake.repository('o/rows', 'dataset').number}/`);
    });

    test('resolve without the question for revisions, too', async () => {
      await reopen([DATASET]);
      fake.server.answer(/\/revisions$/, { status: 404, body: '404 page not found' });
      expect((await hub.resolve('datasets/o/rows')).immutable).toBe(true);
      await rejects(hub.resolve('datasets/o/rows@nope'), 'REVISION_NOT_FOUND');
      await rejects(hub.resolve('datasets/o/rows@^1'), 'HUB_PROTOCOL');
      await rejects(hub.resolve('datasets/o/missing'), 'NOT_FOUND');
    });

    test.each([
      ['beside the data', { TotalCount: 4 }, {}],
      ['in the data', {}, { TotalCount: 4 }],
    ])('with shorter pages than asked for and their total %s are still listed whole', async (_what, beside, inside) => {
      await reopen([DATASET]);
      for (const from of [0, 2]) {
        const Files = [from, from + 1].map((index) => ({
          Type: 'blob',
          Path: `${index}`,
          Size: 1,
          Sha256: 'a'.repeat(64),
        }));
        fake.server.answer(/\/tree$/, { status: 200, body: { Code: 200, ...beside, Data: { Files, ...inside } } }, 1);
      }
      expect((await hub.resolve('datasets/o/rows')).files).toHaveLength(4);
    });

    test('whose pages repeat without end are an error', async () => {
      await reopen([DATASET]);
      const Files = Array.from({ length: 200 }, (_, index) => ({ Type: 'blob', Path: `${index}`, Size: 1 }));
      fake.server.answer(/\/tree$/, { status: 200, body: { Code: 200, Data: { Files } } });
      await rejects(hub.resolve('datasets/o/rows'), 'HUB_PROTOCOL');
      expect(asked(/\/tree$/)).toHaveLength(2);
    });
  });

  test('file addresses are quoted as forms are', async () => {
    const locate = async (text: string) => {
      const ref = parseRef(text, HUBS);
      const snapshot = createSnapshot({ ref, revision: COMMIT, immutable: true }, [{ ...FILE, kind: 'file' }]);
      return (await hub.hub.source.locate(snapshot, FILE, new AbortController().signal))?.request.url;
    };
    const query = `Revision=${COMMIT}&FilePath=a+b%2Fc%2Bd.bin`;
    expect(await locate('ms:o/n')).toBe(`${fake.url}/api/v1/models/o/n/repo?${query}`);
    expect(await locate('ms:datasets/o/n')).toBe(`${fake.url}/api/v1/datasets/o/n/repo?Source=SDK&${query}&View=False`);
  });

  test.each(['whole', 'slice-under-200', 'chunked'] as const)('small files sent as %s arrive', async (directBody) => {
    await reopen([PLAIN], { directBody });
    const snapshot = await hub.resolve('o/plain');
    for (const file of snapshot.files) expect((await hub.fetch(snapshot, file)).bytes).toHaveLength(file.sizeBytes);
  });
});
