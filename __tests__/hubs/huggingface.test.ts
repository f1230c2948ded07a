// The Hugging Face Hub: the hub contract, and the oddities of this service (huggingface.md 1.5 to 1.7, 2, 3).

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeOf, ModelFetchError } from '../../src/core/errors.ts';
import { parseRef } from '../../src/core/ref.ts';
import type { RepoPath } from '../../src/core/repo-path.ts';
import { createSnapshot, type RemoteFile } from '../../src/core/snapshot.ts';
import { huggingface } from '../../src/hubs/huggingface.ts';
import { HUBS } from '../../src/hubs/index.ts';
import { hubContract, rejects } from '../contracts/hub.ts';
import { TOKENS } from '../fakes/access.ts';
import { type Cdn, startCdn } from '../fakes/cdn.ts';
import { createFaultPlan } from '../fakes/faults.ts';
import { type FakeHuggingface, startHuggingface } from '../fakes/huggingface.ts';
import type { HuggingfaceOptions } from '../fakes/huggingface-hub.ts';
import type { RepositoryDescription } from '../fakes/repository.ts';
import { type OpenHub, openHub } from './open-hub.ts';

async function start(repositories: readonly RepositoryDescription[], options: Partial<HuggingfaceOptions> = {}) {
  const faults = createFaultPlan();
  const cdn = await startCdn({ faults });
  const fake = await startHuggingface({ repositories, cdn, faults, options });
  const close = async () => void (await Promise.all([fake.close(), cdn.close()]));
  return { fake, cdn, server: fake.server, tokens: TOKENS, repository: fake.repository, close };
}

hubContract('Hugging Face', {
  entry: huggingface,
  defaultBranch: 'main',
  verdicts: {
    missingAnonymous: 'AUTH_REQUIRED',
    missingWithToken: 'NOT_FOUND',
    privateToOutsider: 'NOT_FOUND',
    privateToBadToken: 'FORBIDDEN',
  },
  start,
});

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const FILES = { 'README.md': 'read me', 'sub/config.json': '{}', 'sub/deep/a.bin': 'aaa', 'w.bin': 'weights' };
const PLAIN: RepositoryDescription = { id: 'o/plain', commits: [{ files: FILES }], lfs: ['w.bin'] };
const FILE: RemoteFile = { path: 'a b/c+d#é.bin' as RepoPath, sizeBytes: 1, digests: [`sha256:${'0'.repeat(64)}`] };

describe('Hugging Face', () => {
  let fake: FakeHuggingface;
  let cdn: Cdn;
  let hub: OpenHub;
  const reopen = async (repositories: readonly RepositoryDescription[], options?: Partial<HuggingfaceOptions>) => {
    await stop();
    ({ fake, cdn } = await start(repositories, options));
    hub = openHub(huggingface, fake.url);
  };
  const stop = () => Promise.all([hub?.transport.close(), fake?.close(), cdn?.close()]);
  const asked = (path: RegExp) => fake.server.requests.filter((request) => path.test(request.path));
  const withToken = async (token: string, work: (hub: OpenHub) => Promise<void>) => {
    const other = openHub(huggingface, fake.url, token);
    await work(other).finally(() => other.transport.close());
  };

  beforeEach(() => reopen([PLAIN]));
  afterEach(stop);

  test('asks two questions for a branch, and one for a commit', async () => {
    const { revision } = await hub.resolve('o/plain');
    expect(asked(/./).map(({ path }) => path)).toEqual(['/api/models/o/plain', `/api/models/o/plain/tree/${revision}`]);
    fake.server.reset();
    await hub.resolve(`o/plain@${revision}`);
    expect(asked(/./)).toHaveLength(1);
  });

  test('sends the token as bearer, and no cookie', async () => {
    await withToken(TOKENS.reader, async (reader) => void (await reader.resolve('o/plain')));
    for (const { headers } of fake.server.requests) {
      expect(headers.authorization).toBe(`Bearer ${TOKENS.reader}`);
      expect(headers.cookie).toBeUndefined();
    }
  });

  test('large files have the sha256 of their content, small ones git’s id, and neither has the pointer’s', async () => {
    const { files } = await hub.resolve('o/plain');
    expect(files.map(({ path, digests }) => [path, digests.map((digest) => digest.split(':')[0])])).toEqual([
      ['README.md', ['git-sha1']],
      ['sub/config.json', ['git-sha1']],
      ['sub/deep/a.bin', ['git-sha1']],
      ['w.bin', ['sha256']],
    ]);
  });

  test('revisions with slashes are encoded once', async () => {
    await reopen([{ ...PLAIN, branches: { main: 0, 'refs/pr/1': 0 } }]);
    expect((await hub.resolve('o/plain@refs/pr/1')).immutable).toBe(true);
    expect(asked(/revision/)[0]?.path).toBe('/api/models/o/plain/revision/refs%2Fpr%2F1');
  });

  test('a repository without an owner, and one that was renamed, are found', async () => {
    await reopen([
      { ...PLAIN, id: 'gpt2' },
      { ...PLAIN, id: 'new/name', renamedFrom: ['old/name'] },
    ]);
    for (const id of ['gpt2', 'old/name']) {
      const snapshot = await hub.resolve(id);
      for (const file of snapshot.files) {
        expect((await hub.fetch(snapshot, file)).bytes).toHaveLength(file.sizeBytes);
      }
    }
  });

  describe('pages of a listing', () => {
    const page = (paths: string[], link?: string) => ({
      status: 200,
      ...(link === undefined ? {} : { headers: { Link: link } }),
      body: paths.map((path) => ({ type: 'file', path, size: 1, oid: 'a'.repeat(40) })),
    });
    const paths = async () => (await hub.resolve(`o/plain@${COMMIT}`)).files.map((file) => file.path);

    test('are all followed', async () => {
      await reopen([PLAIN], { pageSize: 1 });
      expect((await hub.resolve('o/plain')).files).toHaveLength(4);
      expect(asked(/tree/)).toHaveLength(6);
    });

    test.each([
      ['relative', () => '</api/models/o/plain/tree/x?cursor=2>; rel="next"'],
      [
        'of the hub itself, behind a mirror',
        () => '<https://huggingface.co/api/models/o/plain/tree/x?cursor=2>; rel="next"',
      ],
      ['among others', () => `<https://example.org/>; rel="other", <${fake.url}/api/tree/x?cursor=2>; rel=next`],
    ])('may be %s', async (_what, link) => {
      fake.server.answer(/tree/, page(['a'], link()), 1);
      fake.server.answer(/tree/, page(['b']), 1);
      expect(await paths()).toEqual(['a', 'b']);
      expect(asked(/tree/)[1]?.query.get('cursor')).toBe('2');
    });

    test.each([
      ['on another host', () => '<https://example.org/api/models/o/plain/tree/x>; rel="next"'],
      ['on a host that only begins like the hub', () => '<https://huggingface.co.example.org/api>; rel="next"'],
      ['of no address at all', () => '<http://[>; rel="next"'],
      ['that lead in a circle', () => `<${fake.url}/api/models/o/plain/tree/${COMMIT}?recursive=true>; rel="next"`],
    ])('%s are an error', async (_what, link) => {
      fake.server.answer(/tree/, page(['a'], link()));
      await rejects(paths(), 'HUB_PROTOCOL');
      expect(asked(/tree/)).toHaveLength(1);
    });
  });

  describe('entries that contradict themselves', () => {
    const SHA256 = 'ab'.repeat(32);
    const lfs = (size: number, pointerSize?: number) => ({ oid: SHA256, size, ...(pointerSize && { pointerSize }) });
    const list = (entry: object) => {
      const good = { type: 'file', path: 'good', size: 1, oid: 'a'.repeat(40) };
      fake.server.answer(/tree/, { status: 200, body: [good, { type: 'file', path: 'w.bin', size: 7, ...entry }] });
    };

    test.each([
      ['two sizes', { oid: 'b'.repeat(40), lfs: lfs(8) }, 'SIZE_MISMATCH'],
      ['an id of another pointer', { oid: 'b'.repeat(40), lfs: lfs(7) }, 'HUB_PROTOCOL'],
      ['an id of another pointer, as long', { oid: 'b'.repeat(40), lfs: lfs(7, 126) }, 'HUB_PROTOCOL'],
    ] as const)('%s are refused, unless filtered out', async (_what, entry, code) => {
      list(entry);
      const error = await rejects(hub.resolve(`o/plain@${COMMIT}`), code);
      expect(error.message).toContain('w.bin');
      const snapshot = await hub.resolve(`o/plain@${COMMIT}`, (files) => files.filter(({ path }) => path === 'good'));
      expect(snapshot.files).toHaveLength(1);
    });

    test('a pointer of another length cannot be checked and is no contradiction', async () => {
      list({ oid: 'b'.repeat(40), lfs: lfs(7, 180) });
      const { files } = await hub.resolve(`o/plain@${COMMIT}`);
      expect(files.at(-1)?.digests).toEqual([`sha256:${SHA256}`]);
    });
  });

  describe('refusals', () => {
    const named = (code: string) => ({ 'X-Error-Code': code, 'X-Error-Message': 'as named' });
    test.each([
      [404, named('RevisionNotFound'), {}, 'REVISION_NOT_FOUND'],
      [404, {}, { error: 'Invalid rev id: x' }, 'REVISION_NOT_FOUND'],
      [404, named('EntryNotFound'), {}, 'FILE_NOT_FOUND'],
      [404, named('RepoNotFound'), {}, 'NOT_FOUND'],
      [404, {}, { error: ['gone', 'away'] }, 'NOT_FOUND'],
      [401, named('GatedRepo'), {}, 'AUTH_REQUIRED'],
      [403, named('GatedRepo'), {}, 'FORBIDDEN'],
      [403, {}, { error: 'Access to this resource is disabled.' }, 'FORBIDDEN'],
      [403, {}, { errors: [{ message: 'no scope' }] }, 'FORBIDDEN'],
      [401, {}, { error: 'Invalid credentials in Authorization header' }, 'FORBIDDEN'],
      [401, {}, { error: 'Invalid username or password.' }, 'AUTH_REQUIRED'],
      [400, {}, { error: 'Invalid repo name' }, 'HUB_PROTOCOL'],
      [404, {}, 'no page', 'HUB_PROTOCOL'],
      [418, {}, { error: 'teapot' }, 'HUB_PROTOCOL'],
      [200, {}, { sha: 'main' }, 'HUB_PROTOCOL'],
      [200, {}, { id: 'o/plain' }, 'HUB_PROTOCOL'],
    ] as const)('%i %j %j is %s', async (status, headers, body, code) => {
      fake.server.answer(/^\/api\/models\/o\/plain$/, { status, headers, body });
      await rejects(hub.resolve('o/plain'), code);
    });

    test('a token that is let in nowhere is FORBIDDEN, one that may not see the repository finds none', async () => {
      await withToken(TOKENS.outsider, async (outsider) => {
        fake.server.answer(/plain$/, { status: 401, body: { error: 'odd' } }, 1);
        await rejects(outsider.resolve('o/plain'), 'FORBIDDEN');
        fake.server.answer(/plain$/, { status: 401, headers: named('RepoNotFound') }, 1);
        await rejects(outsider.resolve('o/plain'), 'NOT_FOUND');
      });
    });

    test('a gated repository can be listed, and its files say what is wanted', async () => {
      await reopen([{ ...PLAIN, visibility: 'gated' }]);
      const refusalTo = async (other: OpenHub) => {
        const snapshot = await other.resolve('o/plain');
        const file = snapshot.files[0] ?? FILE;
        return codeOf((await other.fetch(snapshot, file)).refusal);
      };
      expect(await refusalTo(hub)).toBe('AUTH_REQUIRED');
      await withToken(TOKENS.outsider, async (outsider) => expect(await refusalTo(outsider)).toBe('FORBIDDEN'));
      await withToken(TOKENS.reader, async (reader) => expect(await refusalTo(reader)).toBeUndefined());
    });

    test('a gated repository that cannot be listed names its page', async () => {
      fake.server.answer(/plain$/, { status: 403, headers: named('GatedRepo') });
      await withToken(TOKENS.outsider, async (outsider) => {
        const error = await rejects(outsider.resolve('o/plain'), 'FORBIDDEN');
        expect(error instanceof ModelFetchError && error.hint).toContain(`${fake.url}/o/plain`);
      });
    });

    test('a quota that is used up is RATE_LIMITED', async () => {
      fake.options.rateLimit = { api: 0, resolvers: 0, resetSeconds: 1 };
      await rejects(hub.resolve('o/plain'), 'RATE_LIMITED');
    });
  });

  test('file addresses keep their slashes and encode the rest', async () => {
    const locate = async (text: string, revision: string) => {
      const ref = parseRef(text, HUBS);
      const snapshot = createSnapshot({ ref, revision, immutable: true }, [{ ...FILE, kind: 'file' }]);
      return (await hub.hub.source.locate(snapshot, FILE, new AbortController().signal))?.request.url;
    };
    const path = 'a%20b/c%2Bd%23%C3%A9.bin';
    expect(await locate('hf:o/n', COMMIT)).toBe(`${fake.url}/o/n/resolve/${COMMIT}/${path}`);
    expect(await locate('hf:gpt2', COMMIT)).toBe(`${fake.url}/gpt2/resolve/${COMMIT}/${path}`);
    expect(await locate('hf:datasets/o/n', 'refs/pr/1')).toBe(`${fake.url}/datasets/o/n/resolve/refs%2Fpr%2F1/${path}`);
  });
});
