// Publishing to the Hugging Face Hub: the push contract, and what only this service does (huggingface.md 5).

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeOf } from '../../../src/core/errors.ts';
import type { PushTarget, SendTicket, Ticket } from '../../../src/core/ports/push.ts';
import { huggingface } from '../../../src/hubs/huggingface.ts';
import { pushContract } from '../../contracts/push.ts';
import { TOKENS } from '../../fakes/access.ts';
import { bytesOf, createBody } from '../../fakes/content.ts';
import type { HuggingfaceUploadOptions } from '../../fakes/huggingface-hub.ts';
import { type Fakes, startFakes } from '../../fakes/index.ts';
import type { RepositoryDescription } from '../../fakes/repository.ts';
import { localFile, NEVER, type PushDoor, pushDoor } from '../open-push.ts';

pushContract('Hugging Face', { hub: 'huggingface', entry: huggingface, defaultBranch: 'main', readOnlyAt: 'open' });

const OLD: RepositoryDescription = {
  id: 'owner/model',
  commits: [{ files: { 'README.md': 'one' } }, { files: { 'README.md': 'two', 'config.json': '{}' } }],
  tags: { 'v1.0': 0 },
  renamedFrom: ['owner/former'],
};
const weights = await bytesOf(createBody({ seed: 'parts', sizeBytes: 2_500_000 }));
const WEIGHTS = localFile('model.safetensors', weights);
const SMALL = localFile('config.json', '{"b":2}');

describe('Hugging Face', () => {
  let fakes: Fakes;
  let doors: PushDoor[] = [];
  const options = () => fakes.huggingface.options.upload;
  const repository = () => fakes.huggingface.repository(OLD.id);
  const open = (changes: Partial<PushTarget> = {}, token: string = TOKENS.writer, repo = OLD.id) => {
    const door = pushDoor(huggingface, fakes.huggingface.url, token);
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
  const storageSteps = () => fakes.huggingface.storage.server.requests.map(({ step }) => step);

  beforeEach(async () => {
    fakes = await startFakes([OLD]);
  });
  afterEach(async () => {
    await Promise.all(doors.map(({ transport }) => transport.close()));
    doors = [];
    const { server, storage } = fakes.huggingface;
    await fakes.close();
    expect([server.failures, storage.server.failures, storage.leaks]).toEqual([[], [], []]);
  });
  const set = (changes: Partial<HuggingfaceUploadOptions>) => void Object.assign(options(), changes);
  const sendTicket = (tickets: readonly Ticket[]): SendTicket => {
    const [ticket] = tickets;
    if (ticket?.kind !== 'send') throw new Error(`it is ${ticket?.kind}`);
    return ticket;
  };

  describe('a large file', () => {
    test.each(['padded', 'plain'] as const)('goes in parts, their numbers %s', async (partSpelling) => {
      set({ multipartAboveBytes: 1_000_000, partSizeBytes: 200_000, partSpelling });
      const { release } = await open();
      await release([WEIGHTS]);
      expect(storageSteps()).toEqual(Array(13).fill('part'));
      expect(repository().resolve('main')?.entries.get(WEIGHTS.path)?.body.sizeBytes).toBe(weights.length);
    });

    test('of one part more than its links is refused, and so is a part of no size', async () => {
      const { push } = await open();
      for (const chunk of ['0', '-1', 'x', '1000000000', '1']) {
        const header = { chunk_size: chunk, '1': 'https://s3.test/1', '2': 'https://s3.test/2' };
        const upload = { href: `${fakes.huggingface.url}/complete`, header };
        const oid = WEIGHTS.digests.sha256.slice('sha256:'.length);
        fakes.huggingface.server.answer(
          /lfs\/objects\/batch$/,
          { status: 200, body: { objects: [{ oid, actions: { upload } }] } },
          1,
        );
        expect(await failing(push.offer([WEIGHTS], NEVER)), chunk).toBe('HUB_PROTOCOL');
      }
    });

    test('without verification, and with addresses that name the public hub', async () => {
      set({ verifyAction: false });
      await (await open()).release([WEIGHTS]);
      set({ verifyAction: true, hrefBase: 'https://huggingface.co', multipartAboveBytes: 1, partSizeBytes: 1_000_000 });
      const again = localFile('again.safetensors', weights.subarray(1));
      await (await open()).release([again]);
      expect(repository().resolve('main')?.entries.has('again.safetensors')).toBe(true);
    });

    test('whose link ended is offered again', async () => {
      const { push, send } = await open();
      const body = '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>';
      fakes.steps.at('put', 'before', () => ({ status: 403, body }));
      expect(await failing(send([WEIGHTS]))).toBe('LINK_EXPIRED');
      const tickets = await send([WEIGHTS]);
      await push.commit({ tickets, deletes: [], message: 'x', parent: push.base.commit }, NEVER);
    });

    test('whose parts were joined by a try that was not answered is there', async () => {
      set({ multipartAboveBytes: 1_000_000, partSizeBytes: 1_000_000 });
      fakes.steps.at('complete', 'after', () => 'reset');
      const { push, send } = await open();
      expect(await failing(send([WEIGHTS]))).toBe('LINK_EXPIRED');
      expect((await push.offer([WEIGHTS], NEVER)).map(({ kind }) => kind)).toEqual(['have']);
    });

    test('that the hub does not find at verification is a wrong one', async () => {
      fakes.steps.at('verify', 'before', () => ({ status: 404, body: { error: 'Object not found' } }));
      expect(await failing((await open()).send([WEIGHTS]))).toBe('DIGEST_MISMATCH');
    });

    test('receipts fit an upload by its name only', async () => {
      set({ multipartAboveBytes: 1_000_000, partSizeBytes: 1_000_000 });
      const { push } = await open();
      const [a, b] = [sendTicket(await push.offer([WEIGHTS], NEVER)), sendTicket(await push.offer([WEIGHTS], NEVER))];
      expect(a.upload).not.toBe(b.upload);
      expect(a.parts.map(({ range }) => range)).toEqual([
        { start: 0, end: 1_000_000 },
        { start: 1_000_000, end: 2_000_000 },
        { start: 2_000_000, end: 2_500_000 },
      ]);
      expect(JSON.parse(JSON.stringify(a.parts))).toEqual(a.parts);
    });
  });

  test('an object error names the file and says what it is', async () => {
    set({ fileLimitBytes: 1000 });
    expect(await failing((await open()).send([WEIGHTS]))).toBe('TOO_LARGE');
  });

  test('new rules of the release decide how its files travel', async () => {
    const { push } = await open();
    const text = localFile('notes.txt', 'plain');
    const rules = localFile('.gitattributes', '*.txt filter=lfs diff=lfs merge=lfs -text\n');
    expect((await push.offer([text], NEVER)).map(({ kind }) => kind)).toEqual(['inline']);
    expect((await push.offer([rules, text], NEVER)).map(({ kind }) => kind)).toEqual(['inline', 'send']);
    expect((await push.offer([localFile('more.txt', 'also')], NEVER)).map(({ kind }) => kind)).toEqual(['send']);
  });

  test('rules to which the hub added its own are there already, and other ones are not', async () => {
    const rules = localFile('.gitattributes', '*.txt filter=lfs diff=lfs merge=lfs -text\n');
    await (await open()).release([rules, WEIGHTS]);
    const { push } = await open();
    expect(push.base.files.find(({ path }) => path === rules.path)?.sizeBytes).toBeGreaterThan(rules.sizeBytes);
    expect((await push.offer([rules], NEVER)).map(({ kind }) => kind)).toEqual(['kept']);
    const other = localFile('.gitattributes', '*.txt text\n');
    expect((await (await open()).push.offer([other], NEVER)).map(({ kind }) => kind)).toEqual(['inline']);
  });

  test('a file that the hub leaves out has no part in the commit', async () => {
    const { push } = await open();
    const files = [{ path: SMALL.path, uploadMode: 'regular', shouldIgnore: true }];
    fakes.huggingface.server.answer(/\/preupload\//, { status: 200, body: { files } }, 1);
    const tickets = await push.offer([SMALL], NEVER);
    expect(tickets.map(({ kind }) => kind)).toEqual(['ignored']);
    await push.commit({ tickets, deletes: ['README.md'], message: 'x', parent: push.base.commit }, NEVER);
    expect([...(repository().resolve('main')?.entries.keys() ?? [])]).toEqual(['config.json']);
  });

  test('an answer that forgets a file is none', async () => {
    const { push } = await open();
    fakes.huggingface.server.answer(/\/preupload\//, { status: 200, body: { files: [] } }, 1);
    expect(await failing(push.offer([SMALL], NEVER))).toBe('HUB_PROTOCOL');
  });

  describe('branches', () => {
    test('one that is missing begins where the default branch is', async () => {
      const head = repository().resolve('main')?.id;
      const { push, release } = await open({ branch: 'release/next' });
      expect(push.base).toMatchObject({ hasRepository: true, hasBranch: false, branch: 'release/next', commit: head });
      expect(push.base.files).toHaveLength(2);
      await release([SMALL]);
      expect(repository().resolve('main')?.id).toBe(head);
      expect([...(repository().resolve('release/next')?.entries.keys() ?? [])].sort()).toEqual([
        'README.md',
        'config.json',
      ]);
    });

    test('one whose making was not answered is ours', async () => {
      fakes.steps.at('branch', 'after', () => 'reset');
      const { push } = await open({ branch: 'next' });
      expect((await push.prepare(NEVER)).hasBranch).toBe(true);
    });

    test('a tag takes no commits', async () => {
      expect(await failing(open({ branch: 'v1.0' }))).toBe('CONFLICT');
    });

    test('a repository under its former name is followed', async () => {
      const { release } = await open({}, TOKENS.writer, 'owner/former');
      await release([SMALL, WEIGHTS]);
      expect(repository().resolve('main')?.entries.has(WEIGHTS.path)).toBe(true);
    });
  });

  test('a tag is moved when it may be', async () => {
    const { push } = await open();
    const revision = push.base.commit;
    expect(await push.tag({ name: 'v1.0', revision, move: true }, NEVER)).toBe('moved');
    expect(repository().tags.get('v1.0')).toBe(revision);
  });

  describe('a commit', () => {
    const commit = async (answer: { status: number; body?: object; headers?: Record<string, string> }) => {
      const { push } = await open();
      fakes.steps.at('commit', 'before', () => answer);
      const change = { tickets: [], deletes: ['README.md'], message: 'x', parent: push.base.commit };
      return push.commit(change, NEVER).then(
        () => ({}),
        (error: unknown) => ({ code: codeOf(error), waitMs: (error as { waitMs?: number }).waitMs }),
      );
    };
    const hour =
      'You have exceeded the rate limit for repository commits (128 per hour). You can retry this action in about 1 hour.';
    test.each([
      [
        'lock',
        { status: 409, body: { error: 'Another commit operation is in progress for this repository.' } },
        'BUSY',
        undefined,
      ],
      ['moved', { status: 412, body: { error: 'A commit has happened since.' } }, 'CONFLICT', undefined],
      ['quota', { status: 402, body: { error: 'Payment required' } }, 'QUOTA', undefined],
      ['storage', { status: 403, body: { error: 'Private repository storage limit reached' } }, 'QUOTA', undefined],
      ['rights', { status: 403, body: { error: 'Forbidden' } }, 'READ_ONLY', undefined],
      [
        'size',
        { status: 400, body: { error: 'Your push was rejected because it contains files larger than 10 MiB.' } },
        'TOO_LARGE',
        undefined,
      ],
      ['card', { status: 400, body: { error: ['"license" is not valid'] } }, 'REFUSED', undefined],
      ['failure under 200', { status: 200, body: { success: false, error: 'no' } }, 'REFUSED', undefined],
      [
        'an hour',
        { status: 429, body: { error: hour }, headers: { RateLimit: '"api";r=99;t=5' } },
        'RATE_LIMITED',
        3_600_000,
      ],
      ['a window', { status: 429, body: {}, headers: { RateLimit: '"api";r=0;t=5' } }, 'RATE_LIMITED', 6000],
      [
        'a branch that went',
        { status: 404, body: {}, headers: { 'X-Error-Code': 'RevisionNotFound' } },
        'REVISION_NOT_FOUND',
        undefined,
      ],
    ])('refused by: %s', async (_, answer, code, waitMs) => {
      expect(await commit(answer)).toEqual({ code, waitMs });
    });
  });
});
