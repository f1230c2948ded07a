// Publishing to ModelScope: the push contract, and what only this service does or may do (modelscope.md 5, 6, 8).

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeOf } from '../../../src/core/errors.ts';
import type { PushTarget } from '../../../src/core/ports/push.ts';
import { isBlob, trustedOrigin } from '../../../src/hubs/modelscope/offer.ts';
import { modelscope } from '../../../src/hubs/modelscope.ts';
import { pushContract } from '../../contracts/push.ts';
import { TOKENS } from '../../fakes/access.ts';
import { bytesOf, createBody } from '../../fakes/content.ts';
import { type Fakes, startFakes } from '../../fakes/index.ts';
import type { ModelscopeOptions, ModelscopeUploadOptions } from '../../fakes/modelscope-hub.ts';
import type { RepositoryDescription } from '../../fakes/repository.ts';
import { localFile, NEVER, type PushDoor, pushDoor } from '../open-push.ts';

pushContract('ModelScope', { hub: 'modelscope', entry: modelscope, defaultBranch: 'master', readOnlyAt: 'send' });

const OLD: RepositoryDescription = {
  id: 'owner/model',
  commits: [{ files: { 'README.md': 'one' } }, { files: { 'README.md': 'two', 'config.json': '{}' } }],
  branches: { master: 1, next: 0 },
  tags: { 'v1.0': 0 },
};
const WEIGHTS = localFile('model.safetensors', await bytesOf(createBody({ seed: 'ms', sizeBytes: 1_500_000 })));
const SMALL = localFile('config.json', '{"b":2}');

describe('ModelScope', () => {
  let fakes: Fakes;
  let doors: PushDoor[] = [];
  const repository = () => fakes.modelscope.repository(OLD.id);
  const head = () => repository().resolve('master');
  const set = (changes: Partial<ModelscopeUploadOptions>) =>
    void Object.assign(fakes.modelscope.options.upload, changes);
  const setHub = (changes: Partial<ModelscopeOptions>) => void Object.assign(fakes.modelscope.options, changes);
  const open = (changes: Partial<PushTarget> = {}, repo = OLD.id) => {
    const door = pushDoor(modelscope, fakes.modelscope.url, TOKENS.writer);
    doors.push(door);
    return door.open(repo, changes);
  };
  const failing = async (work: Promise<unknown>) =>
    codeOf(
      await work.then(
        () => undefined,
        (error: unknown) => error,
      ),
    );

  beforeEach(async () => {
    fakes = await startFakes([OLD]);
  });
  afterEach(async () => {
    await Promise.all(doors.map(({ transport }) => transport.close()));
    doors = [];
    const { server, storage } = fakes.modelscope;
    await fakes.close();
    expect([server.failures, storage.server.failures, storage.leaks]).toEqual([[], [], []]);
  });

  describe('whatever a success looks like', () => {
    const answers = ['both', 'oid', 'commit', 'commit-id', 'none', 'null'] as const;
    test.each(answers)('a commit that answers %s is named', async (commitAnswer) => {
      set({ commitAnswer });
      const { release } = await open();
      expect((await release([SMALL, WEIGHTS])).revision).toBe(head()?.id);
    });

    test('a commit that nobody can name is made all the same', async () => {
      set({ commitAnswer: 'none' });
      setHub({ commitsEndpoint: false });
      const { push, release } = await open();
      expect(await release([SMALL])).toEqual({
        revision: undefined,
        url: `${fakes.modelscope.url}/models/owner/model`,
      });
      expect((await push.readBack(undefined, NEVER)).map(({ path }) => path)).toEqual(['README.md', 'config.json']);
    });

    test('a commit that is listed late is not taken for the one before it', async () => {
      set({ commitAnswer: 'none' });
      const { push, send } = await open();
      const parent = push.base.commit;
      const tickets = await send([SMALL]);
      const late = () => ({ status: 200, body: { Code: 200, Data: { Commit: [{ Id: parent }] } } });
      fakes.steps.at('commit', 'after', () => void fakes.steps.at('look', 'before', late));
      const change = { tickets, deletes: [], message: 'x', parent };
      expect((await push.commit(change, NEVER)).revision).toBeUndefined();
      expect((await push.refresh(NEVER)).commit).toBe(head()?.id);
    });

    test.each(['envelope', 'code-as-text', 'empty'] as const)(
      'a blob that is taken with %s is taken',
      async (putAnswer) => {
        set({ putAnswer, envelope: 'bare' });
        await (await open()).release([WEIGHTS]);
        expect(head()?.entries.has(WEIGHTS.path)).toBe(true);
      },
    );

    test.each(['both', 'cookie', 'bearer', 'either'] as const)(
      'a blob store that reads %s is served',
      async (blobCredentials) => {
        set({ blobCredentials });
        await (await open()).release([WEIGHTS]);
        expect(head()?.entries.has(WEIGHTS.path)).toBe(true);
      },
    );
  });

  test('a blob store elsewhere gets no token, and the error says so', async () => {
    set({ blobOrigin: 'elsewhere' });
    expect(await failing((await open()).send([WEIGHTS]))).toBe('FORBIDDEN');
  });

  test.each([
    ['a failure under 200', { status: 200, body: { Code: 10030000001, Message: 'no', Success: false } }, 'REFUSED'],
    ['Success: false alone', { status: 200, body: { Success: false } }, 'REFUSED'],
    ['a page', { status: 200, body: '<html></html>' }, 'SERVER'],
    [
      'other bytes',
      { status: 400, body: { Code: 10030000001, Message: 'sha256 does not match', Success: false } },
      'DIGEST_MISMATCH',
    ],
    ['no room', { status: 400, body: { Code: 1, Message: 'storage quota exceeded', Success: false } }, 'QUOTA'],
    ['a gateway', { status: 504, body: '<html></html>' }, 'SERVER'],
    ['too large', { status: 413, body: '<html></html>' }, 'TOO_LARGE'],
    ['nobody logged in', { status: 400, body: { Code: 10030000001, Message: 'user not logged in' } }, 'FORBIDDEN'],
  ])('a blob answered by %s has not arrived', async (_, answer, code) => {
    const { send } = await open();
    fakes.steps.at('put', 'before', () => answer);
    expect(await failing(send([WEIGHTS]))).toBe(code);
  });

  describe('a commit', () => {
    const envelope = (status: number, Code: number, Message: string) => ({
      status,
      body: { Code, Message, Success: false },
    });
    test.each([
      ['the lock', envelope(429, 10030000001, 'commit lock busy, please try again'), 'BUSY', undefined],
      ['the frequency', envelope(429, 10030000001, 'Commit frequency limit exceeded'), 'RATE_LIMITED', undefined],
      ['the policy', envelope(400, 10030000001, 'commit rejected by repository policy'), 'BUSY', 5000],
      [
        'no right, as missing',
        { status: 404, body: { message: 'The project could not be found or you have no permission' } },
        'READ_ONLY',
        undefined,
      ],
      ['no right', envelope(403, 403, 'no write permission to repository'), 'READ_ONLY', undefined],
      [
        'no branch',
        { status: 400, body: { message: 'You can only create or edit files when you are on a branch' } },
        'REVISION_NOT_FOUND',
        undefined,
      ],
      ['an ended session', envelope(400, 10030000001, 'User not logged in'), 'FORBIDDEN', undefined],
      [
        'a failure under 200',
        { status: 200, body: { Code: 200, Success: false, Message: 'nope' } },
        'REFUSED',
        undefined,
      ],
      ['a code under 200', { status: 200, body: { Code: 403, Message: 'no' } }, 'READ_ONLY', undefined],
      ['a proxy’s page', { status: 404, body: '<html>not here</html>' }, 'HUB_PROTOCOL', undefined],
    ] as const)('refused by: %s', async (_, answer, code, waitMs) => {
      const { push, send } = await open();
      const tickets = await send([SMALL]);
      fakes.steps.at('commit', 'before', () => answer);
      const change = { tickets, deletes: [], message: 'x', parent: push.base.commit };
      const error = await push.commit(change, NEVER).catch((caught: unknown) => caught);
      expect([codeOf(error), (error as { waitMs?: number }).waitMs]).toEqual([code, waitMs]);
    });

    test('refused by the policy while what it deletes is there, is only too early', async () => {
      const { push } = await open();
      fakes.steps.at('commit', 'before', () => envelope(400, 10030000001, 'commit rejected by repository policy'));
      const change = { tickets: [], deletes: ['README.md'], message: 'x', parent: push.base.commit };
      expect(await failing(push.commit(change, NEVER))).toBe('BUSY');
    });
  });

  describe('what lies between two commits', () => {
    /** Somebody’s commits, the newest first. */
    const theirs = (count: number) =>
      Array.from({ length: count }, (_, n) => repository().commit('master', { 'b.txt': `${n}` }, 'theirs')).reverse();

    test.each([
      ['page by page', {}],
      ['on pages shorter than those asked for', { commitsPage: 7 }],
      ['by the branch, where commits are not asked about by their ids', { commitsOfCommits: false }],
    ] as const)('is told %s', async (_, options) => {
      const { push } = await open();
      const others = theirs(120);
      const { revision = '' } = await (await open()).release([SMALL]);
      theirs(3);
      setHub(options);
      expect(await push.between?.(push.base.commit ?? '', revision, NEVER)).toEqual(others);
    });

    test('is without what this session made, as far as the hub named it', async () => {
      const { push, release } = await open();
      const begun = push.base.commit ?? '';
      await release([SMALL]);
      const others = theirs(1);
      await push.refresh(NEVER);
      const { revision = '' } = await release([WEIGHTS]);
      expect(await push.between?.(begun, revision, NEVER)).toEqual(others);
    });

    test.each([
      ['there is no such commit before', 'f'.repeat(40), undefined],
      ['there is no such commit after', undefined, 'f'.repeat(40)],
    ])('is not told when %s', async (_, from, to) => {
      const { push } = await open();
      const begun = push.base.commit ?? '';
      theirs(2);
      expect(await push.between?.(from ?? begun, to ?? head()?.id ?? '', NEVER)).toBeUndefined();
    });

    test('is not told when pages never end', async () => {
      const { push } = await open();
      const row = (index: number) => ({ Id: index.toString(16).padStart(40, '0') });
      let asked = 0;
      fakes.steps.add({
        name: 'endless',
        times: Number.POSITIVE_INFINITY,
        expect: 'recovers',
        steps: ['look'],
        when: 'before',
        strike: () => ({ status: 200, body: { Code: 200, Data: { Commit: [row(asked++)] } } }),
      });
      expect(await push.between?.(push.base.commit ?? '', head()?.id ?? '', NEVER)).toBeUndefined();
      expect(asked).toBe(4000);
    });
  });

  test('what cannot be deleted is refused for sure, also when nobody can look whether it is there', async () => {
    const { push } = await open();
    fakes.steps.at('commit', 'before', () => {
      fakes.steps.add({
        name: 'blind',
        times: 99,
        expect: 'recovers',
        steps: ['list'],
        when: 'before',
        strike: () => 'reset',
      });
      return {
        status: 400,
        body: { Code: 10030000001, Message: 'commit rejected by repository policy', Success: false },
      };
    });
    const change = { tickets: [], deletes: ['README.md'], message: 'x', parent: push.base.commit };
    expect(await failing(push.commit(change, NEVER))).toBe('BUSY');
  });

  describe('branches', () => {
    test('another one takes the release, and master does not', async () => {
      const before = head()?.id;
      const { push, release } = await open({ branch: 'next' });
      expect(push.base.files).toHaveLength(1);
      await release([WEIGHTS]);
      expect([head()?.id, repository().resolve('next')?.entries.has(WEIGHTS.path)]).toEqual([before, true]);
    });

    test.each([[OLD.id], ['owner/fresh']])('one that is missing cannot be made, in %s', async (repo) => {
      expect(await failing(open({ branch: 'other' }, repo))).toBe('REVISION_NOT_FOUND');
    });

    test('pull requests are not known', async () => {
      expect(await failing(open({ createPr: true }))).toBe('BAD_OPTION');
    });
  });

  test('a repository that others hold under that name is no place', async () => {
    set({ foreignOwners: ['them'] });
    const { push } = await open({}, 'them/model');
    expect(['READ_ONLY', 'FORBIDDEN']).toContain(await failing(push.prepare(NEVER)));
  });

  describe('a tag', () => {
    test.each(['400', '200', 'kept', 'moved'] as const)(
      'of another commit is a conflict, whatever the hub would do (%s)',
      async (duplicateTag) => {
        set({ duplicateTag });
        const { push } = await open();
        const before = repository().tags.get('v1.0');
        expect(await failing(push.tag({ name: 'v1.0', revision: push.base.commit, move: true }, NEVER))).toBe(
          'CONFLICT',
        );
        expect(repository().tags.get('v1.0')).toBe(before);
      },
    );

    test('where no commit is told, the same files are the same release', async () => {
      setHub({ commitsEndpoint: false });
      const { push } = await open();
      expect(await push.tag({ name: 'v2', revision: undefined, move: false }, NEVER)).toBe('made');
      expect(await push.tag({ name: 'v2', revision: undefined, move: false }, NEVER)).toBe('kept');
      expect(await failing(push.tag({ name: 'v1.0', revision: undefined, move: false }, NEVER))).toBe('CONFLICT');
    });

    test('falls back to the branch where a commit is not taken', async () => {
      const { push } = await open();
      fakes.steps.at('tag', 'before', () => ({ status: 400, body: { message: 'unknown ref' } }));
      expect(await push.tag({ name: 'v2', revision: push.base.commit, move: false }, NEVER)).toBe('made');
      expect(repository().tags.get('v2')).toBe(push.base.commit);
    });

    test.each(['main', 'master'])('is not called %s', async (name) => {
      const { push } = await open();
      expect(push.limits.refusedTag(name)).toBeDefined();
      expect(push.limits.refusedTag(`${name}-1`)).toBeUndefined();
    });
  });

  test('listings that know no commits are read by the branch', async () => {
    setHub({ refusesCommitIds: true });
    const { push, release } = await open();
    const { revision } = await release([SMALL]);
    expect((await push.readBack(revision, NEVER)).map(({ path }) => path)).toEqual(['README.md', 'config.json']);
  });
});

describe('what goes to the blob store', () => {
  test.each([
    ['model.safetensors', 1, 'model', true],
    ['MODEL.BIN', 1, 'model', true],
    ['model.safetensors', 0, 'model', false],
    ['config.json', 1024 * 1024, 'model', false],
    ['config.json', 1024 * 1024 + 1, 'model', true],
    ['model.gguf', 5, 'model', false],
    ['picture.png', 5, 'model', false],
    ['picture.png', 5, 'dataset', true],
    ['bin', 5, 'model', false],
  ] as const)('%s of %i bytes in a %s: %s', (path, sizeBytes, kind, is) => {
    expect(isBlob({ path: path as never, sizeBytes }, kind)).toBe(is);
  });
});

describe('who may have the token', () => {
  test.each([
    ['https://www.modelscope.cn/api/x', 'https://www.modelscope.cn', true],
    ['https://lfs.modelscope.cn/api/x', 'https://www.modelscope.cn', true],
    ['https://lfs.modelscope.cn/api/x', 'https://modelscope.cn', true],
    ['https://pre-lfs.modelscope.cn/api/x', 'https://www.modelscope.cn', true],
    ['http://lfs.modelscope.cn/api/x', 'https://www.modelscope.cn', false],
    ['https://lfs.modelscope.cn:444/api/x', 'https://www.modelscope.cn', false],
    ['https://lfs.modelscope.cn.evil.com/x', 'https://www.modelscope.cn', false],
    ['https://evil-lfs.modelscope.cn/x', 'https://www.modelscope.cn', false],
    ['https://lfs.modelscope.cn/x', 'https://mirror.example.com', false],
  ])('%s asked through %s: %s', (url, endpoint, may) => {
    expect(trustedOrigin(url, endpoint)).toBe(may ? new URL(url).origin : undefined);
  });
});
