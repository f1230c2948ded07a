// What any hub must do when something is published to it, whatever its dialect: a suite that each hub's own test file runs.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeOf, type ErrorCode } from '../../src/core/errors.ts';
import type { PushTarget } from '../../src/core/ports/push.ts';
import type { HubEntry } from '../../src/core/ports.ts';
import type { TokenSource } from '../../src/core/token.ts';
import { TOKENS } from '../fakes/access.ts';
import { bytesOf, createBody } from '../fakes/content.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import type { RepositoryDescription } from '../fakes/repository.ts';
import { localFile, NEVER, type PushDoor, pushDoor } from '../hubs/open-push.ts';

export interface PushContract {
  readonly hub: 'modelscope' | 'huggingface';
  readonly entry: HubEntry;
  readonly defaultBranch: string;
  /** Of a token that may read and not write, and where that is noticed. */
  readonly readOnlyAt: 'open' | 'send';
}

const OLD: RepositoryDescription = {
  id: 'owner/model',
  commits: [
    { files: { 'README.md': 'old', 'gone.txt': 'old', 'weights/a.safetensors': { seed: 'a', sizeBytes: 3_000_000 } } },
  ],
  tags: { 'v1.0': 0 },
};
const weights = await bytesOf(createBody({ seed: 'new', sizeBytes: 2_500_000 }));
const FILES = [
  // Longer than one read, and no multiple of three.
  localFile('README.md', 'new é '.repeat(400)),
  localFile('dir one/a+b é.json', '{"a":1}'),
  localFile('empty.bin', ''),
  localFile('weights/b.safetensors', weights),
  localFile('weights/copy.safetensors', weights),
];

export function pushContract(name: string, { hub, entry, defaultBranch, readOnlyAt }: PushContract): void {
  describe(`${name}: the push contract`, () => {
    let fakes: Fakes;
    const doors: PushDoor[] = [];
    const fake = () => fakes[hub];
    const open = (
      repo = OLD.id,
      changes?: Partial<PushTarget>,
      token: string | TokenSource | undefined = TOKENS.writer,
    ) => {
      const door = pushDoor(entry, fake().url, token);
      doors.push(door);
      return door.open(repo, changes);
    };
    const steps = (step: string) => fake().server.requests.filter((request) => request.step === step);
    const blobBytes = () =>
      [...fake().server.requests, ...fake().storage.server.requests]
        .filter(({ step }) => step === 'put' || step === 'part')
        .reduce((sum, { bytesReceived }) => sum + bytesReceived, 0);

    beforeEach(async () => {
      fakes = await startFakes([OLD]);
    });
    afterEach(async () => {
      await Promise.all(doors.splice(0).map(({ transport }) => transport.close()));
      const { server, storage } = fake();
      await fakes.close();
      expect([server.failures, storage.server.failures, storage.leaks]).toEqual([[], [], []]);
    });

    const failing = async (work: Promise<unknown>): Promise<ErrorCode | undefined> =>
      codeOf(
        await work.then(
          () => undefined,
          (error: unknown) => error,
        ),
      );

    test('tells what the branch holds', async () => {
      const { push } = await open();
      const head = fake().repository(OLD.id).resolve(defaultBranch)?.id;
      expect(push.base).toMatchObject({ hasRepository: true, hasBranch: true, branch: defaultBranch, commit: head });
      expect(push.base.files.map(({ path }) => path).sort()).toEqual([
        'README.md',
        'gone.txt',
        'weights/a.safetensors',
      ]);
    });

    test('nothing is seen before the commit, and all of it after', async () => {
      const { push, send } = await open();
      const before = fake().repository(OLD.id).resolve(defaultBranch)?.id;
      const tickets = await send(FILES);
      expect(fake().repository(OLD.id).resolve(defaultBranch)?.id).toBe(before);
      const change = { tickets, deletes: ['gone.txt'], message: 'Release\n\nall of it', parent: push.base.commit };
      const { revision } = await push.commit(change, NEVER);
      const head = fake().repository(OLD.id).resolve(defaultBranch);
      expect([revision, head?.parentId]).toEqual([head?.id, before]);
      const listed = new Map((await push.readBack(revision, NEVER)).map((file) => [file.path, file]));
      for (const { path, sizeBytes, digests } of FILES) {
        expect(listed.get(path)?.sizeBytes, path).toBe(sizeBytes);
        expect(Object.values(digests)).toEqual(expect.arrayContaining([...(listed.get(path)?.digests ?? [''])]));
      }
      expect(listed.has('gone.txt')).toBe(false);
      expect(listed.has('weights/a.safetensors')).toBe(true);
    });

    test('a content travels once, and never again', async () => {
      const first = await open();
      await first.release(FILES);
      expect(blobBytes()).toBe(weights.length);
      const again = await open();
      const tickets = await again.push.offer(FILES, NEVER);
      expect(tickets.map(({ kind }) => kind)).toEqual(['inline', 'inline', 'inline', 'have', 'have']);
    });

    test('offers of more files than one question holds', async () => {
      const many = Array.from({ length: 300 }, (_, index) => localFile(`many/${index}.bin`, `\0${index}`));
      const { release, push } = await open();
      await release(many);
      const listed = (await push.readBack(undefined, NEVER)).map(({ path }) => path);
      expect(listed.filter((path) => path.startsWith('many/'))).toHaveLength(300);
    });

    test('makes a repository only when it is to be made', async () => {
      expect(await failing(open('owner/fresh', { create: false }))).toBe('NOT_FOUND');
      const { push, release } = await open('owner/fresh', { visibility: 'private', license: 'apache-2.0' });
      expect(push.base).toMatchObject({ hasRepository: false, files: [] });
      expect(() => fake().repository('owner/fresh')).toThrow();
      await release(FILES);
      expect(fake().repository('owner/fresh').visibility).toBe('private');
      expect(push.base.hasRepository).toBe(true);
      expect((await push.readBack(undefined, NEVER)).map(({ path }) => path)).toContain('weights/b.safetensors');
    });

    test('makes a dataset', async () => {
      const { release } = await open('datasets/owner/rows');
      await release([localFile('rows.parquet', 'rows'), localFile('README.md', 'x')]);
      expect(fake().repository('owner/rows', 'dataset').resolve(defaultBranch)?.entries.has('rows.parquet')).toBe(true);
    });

    test('a branch that is missing and not to be made is refused', async () => {
      expect(await failing(open(OLD.id, { branch: 'next', create: false }))).toBe('REVISION_NOT_FOUND');
    });

    test('without a token, with a token that may only read, with one that is not known', async () => {
      const anonymous = pushDoor(entry, fake().url, undefined);
      doors.push(anonymous);
      expect(await failing(anonymous.open(OLD.id))).toBe('AUTH_REQUIRED');
      const reading = open(OLD.id, {}, TOKENS.reader);
      expect(await failing(readOnlyAt === 'open' ? reading : reading.then(({ release }) => release(FILES)))).toBe(
        'READ_ONLY',
      );
      expect(await failing(open(OLD.id, {}, 'hf_unknown').then(({ release }) => release(FILES)))).toBe('FORBIDDEN');
      expect(steps('commit').filter(({ applied }) => applied)).toEqual([]);
    });

    test('a token that ended is asked for again, once', async () => {
      let renewals = 0;
      const source: TokenSource = {
        current: async () => (renewals === 0 ? 'hf_ended' : TOKENS.writer),
        renew: async (refused) => {
          renewals += 1;
          expect(refused).toBe('hf_ended');
          return TOKENS.writer;
        },
      };
      const { release } = await open(OLD.id, {}, source);
      await release(FILES);
      expect(renewals).toBe(1);
    });

    test('somebody else’s commit in between is a conflict, and the base can be read anew', async () => {
      const { push, send } = await open();
      const tickets = await send([FILES[0] ?? localFile('x', 'x')]);
      const parent = push.base.commit;
      const other = fake().repository(OLD.id).commit(defaultBranch, { 'other.txt': 'theirs' }, 'theirs');
      const change = { tickets, deletes: [], message: 'ours', parent };
      expect(await failing(push.commit(change, NEVER))).toBe('CONFLICT');
      expect((await push.refresh(NEVER)).commit).toBe(other);
      await push.commit({ ...change, parent: push.base.commit }, NEVER);
      const { entries } = fake().repository(OLD.id).resolve(defaultBranch) ?? { entries: new Map() };
      expect([entries.has('other.txt'), entries.has('README.md')]).toEqual([true, true]);
    });

    test('deleting what is gone is a conflict', async () => {
      const { push } = await open();
      const change = { tickets: [], deletes: ['never-there.txt'], message: 'x', parent: push.base.commit };
      expect(await failing(push.commit(change, NEVER))).toBe('CONFLICT');
    });

    test('the commit is sent once, and its answer may be lost', async () => {
      const { push, send } = await open();
      const tickets = await send(FILES);
      fakes.steps.at('commit', 'after', () => 'reset');
      const change = { tickets, deletes: [], message: 'ours', parent: push.base.commit };
      expect(await failing(push.commit(change, NEVER))).toBe('NETWORK');
      expect(steps('commit')).toHaveLength(1);
      expect((await push.refresh(NEVER)).files.map(({ path }) => path)).toContain('weights/b.safetensors');
    });

    test('until the commit goes out, it is said that it did not', async () => {
      const { push, send } = await open();
      const tickets = await send([FILES[0] ?? localFile('x', 'x')]);
      let sent = 0;
      const change = {
        tickets,
        deletes: [],
        message: 'ours',
        parent: push.base.commit,
        onSend: () => {
          sent += 1;
        },
      };
      fakes.steps.at('commit', 'before', () => {
        expect(sent).toBe(1);
        return 'reset';
      });
      expect(await failing(push.commit(change, NEVER))).toBe('NETWORK');
      await push.commit(change, NEVER);
      expect(sent).toBe(2);
    });

    const refusals: readonly (readonly [
      string,
      { status: number; body?: object | string; headers?: Record<string, string> },
      ErrorCode,
    ])[] = [
      ['a failing server', { status: 503 }, 'SERVER'],
      ['a gateway that gave up', { status: 504, body: '<html>504</html>' }, 'TIMEOUT'],
      ['too much at once', { status: 413, body: '<html>413</html>' }, 'TOO_LARGE'],
      ['no room left', { status: 507, body: '' }, 'QUOTA'],
      ['a page in place of an answer', { status: 200, body: '<html>login</html>' }, 'SERVER'],
      ['too many requests', { status: 429, headers: { 'Retry-After': '7' }, body: '' }, 'RATE_LIMITED'],
    ];
    test.each(refusals)('%s on the commit', async (_, answer, code) => {
      const { push, send } = await open();
      const tickets = await send([localFile('README.md', 'x')]);
      fakes.steps.at('commit', 'before', () => answer);
      const change = { tickets, deletes: [], message: 'ours', parent: push.base.commit };
      expect(await failing(push.commit(change, NEVER))).toBe(code);
      expect(steps('commit')).toHaveLength(1);
    });

    test('a tag is made, kept, and not taken from another commit', async () => {
      const { push, release } = await open();
      const { revision } = await release([localFile('README.md', 'tagged')]);
      expect(await push.findTag('v2.0', NEVER)).toBeUndefined();
      expect(await push.tag({ name: 'v2.0', revision, move: false }, NEVER)).toBe('made');
      expect(await push.findTag('v2.0', NEVER)).toEqual({ revision });
      expect(await push.tag({ name: 'v2.0', revision, move: false }, NEVER)).toBe('kept');
      expect(await failing(push.tag({ name: 'v1.0', revision, move: false }, NEVER))).toBe('CONFLICT');
      expect(fake().repository(OLD.id).tags.get('v2.0')).toBe(revision);
    });

    test('a tag whose answer was lost is ours', async () => {
      const { push } = await open();
      fakes.steps.at('tag', 'after', () => 'reset');
      expect(await push.tag({ name: 'v3', revision: push.base.commit, move: false }, NEVER)).toBe('made');
    });

    test('a repository whose making was not answered is ours', async () => {
      const { push } = await open('owner/lost');
      fakes.steps.at('create', 'after', () => 'reset');
      expect((await push.prepare(NEVER)).hasRepository).toBe(true);
    });
  });
}
