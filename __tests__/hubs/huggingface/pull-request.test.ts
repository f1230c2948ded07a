// Pull requests of Hugging Face as the push makes them: those that are proposed, and those that carry several commits to the branch.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeOf } from '../../../src/core/errors.ts';
import type { PushTarget } from '../../../src/core/ports/push.ts';
import { huggingface } from '../../../src/hubs/huggingface.ts';
import { TOKENS } from '../../fakes/access.ts';
import type { Discussion } from '../../fakes/huggingface-discussions.ts';
import type { HuggingfaceUploadOptions } from '../../fakes/huggingface-hub.ts';
import { type Fakes, startFakes } from '../../fakes/index.ts';
import { localFile, NEVER, type PushDoor, pushDoor } from '../open-push.ts';

const ID = 'owner/model';
const WEIGHTS = localFile('model.safetensors', '\0weights'.repeat(10_000));
const SMALL = localFile('config.json', '{"b":2}');

let fakes: Fakes;
let doors: PushDoor[] = [];
beforeEach(async () => {
  fakes = await startFakes([{ id: ID, commits: [{ files: { 'README.md': 'old' } }] }]);
});
afterEach(async () => {
  await Promise.all(doors.map(({ transport }) => transport.close()));
  doors = [];
  const { server, storage } = fakes.huggingface;
  await fakes.close();
  expect([server.failures, storage.server.failures, storage.leaks]).toEqual([[], [], []]);
});

const set = (changes: Partial<HuggingfaceUploadOptions>) =>
  void Object.assign(fakes.huggingface.options.upload, changes);
const repository = () => fakes.huggingface.repository(ID);
const all = () => fakes.huggingface.discussions(ID);
const open = (changes: Partial<PushTarget> = {}, token: string = TOKENS.writer) => {
  const door = pushDoor(huggingface, fakes.huggingface.url, token);
  doors.push(door);
  return door.open(ID, changes);
};
const failing = async (work: Promise<unknown>) =>
  codeOf(
    await work.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );

describe('a proposal', () => {
  const propose = async (token: string = TOKENS.writer) => {
    const { push, send } = await open({ createPr: true }, token);
    const tickets = await send([SMALL]);
    const change = { tickets, deletes: ['README.md'], message: 'ours', parent: push.base.commit };
    return { push, commit: () => push.commit(change, NEVER), send };
  };

  test('is opened before the commit, with a token that may only read, and takes the next ones', async () => {
    const head = repository().resolve('main')?.id;
    const { push, send, release } = await open({ createPr: true }, TOKENS.reader);
    const { url, revision } = await release([WEIGHTS]);
    expect(url).toBe(`${fakes.huggingface.url}/owner/model/discussions/1`);
    expect([push.base.branch, push.base.commit, push.base.proposal]).toEqual(['refs/pr/1', revision, url]);
    const tickets = await send([SMALL]);
    await push.commit({ tickets, deletes: [], message: 'more', parent: push.base.commit }, NEVER);
    expect([repository().resolve('main')?.id, all().length, all()[0]?.status]).toEqual([head, 1, 'draft']);
    await push.present?.(NEVER);
    await push.present?.(NEVER);
    expect(all()[0]?.status).toBe('open');
    expect((await push.readBack(undefined, NEVER)).map(({ path }) => path).sort()).toEqual([
      '.gitattributes',
      'README.md',
      'config.json',
      'model.safetensors',
    ]);
  });

  test('that was opened without an answer is found, and nobody else’s', async () => {
    const other = await propose(TOKENS.reader);
    const { push, commit } = await propose();
    fakes.steps.at('pull-request', 'after', async () => {
      // Somebody else has the same idea at the same time.
      await other.commit();
      return 'reset' as const;
    });
    expect(await failing(commit())).toBe('NETWORK');
    expect((await push.refresh(NEVER)).branch).toBe('refs/pr/1');
    await commit();
    expect(push.base.commit).toBe(repository().resolve('refs/pr/1')?.id);
    expect(all().map(({ author }) => author)).toEqual(['writer', 'reader']);
  });

  test('that was not opened is not found', async () => {
    const { push, commit } = await propose();
    fakes.steps.at('pull-request', 'before', () => 'reset');
    expect(await failing(commit())).toBe('NETWORK');
    expect((await push.refresh(NEVER)).branch).toBe('main');
    expect((await commit()).url).toMatch(/discussions\/1$/);
  });

  test('that an earlier try opened late is not opened again', async () => {
    const { push, commit } = await propose();
    let late: Partial<Discussion> = {};
    fakes.steps.at('pull-request', 'before', async ({ exchange }) => {
      late = JSON.parse((await exchange.readBody()).toString());
      return 'reset' as const;
    });
    expect(await failing(commit())).toBe('NETWORK');
    expect((await push.refresh(NEVER)).branch).toBe('main');
    const { title = '', description = '' } = late;
    const createdAt = new Date().toISOString();
    all().push({ number: 1, title, description, isPullRequest: true, author: 'writer', status: 'draft', createdAt });
    repository().branches.set('refs/pr/1', repository().resolve('main')?.id ?? '');
    await commit();
    expect([push.base.branch, all().length]).toEqual(['refs/pr/1', 1]);
  });

  test('has a title that the hub takes, and words that tell what it is', async () => {
    const { push } = await open({ createPr: true });
    const message = `${'é'.repeat(300)}\n\nFrom here`;
    const change = { tickets: [], deletes: ['README.md'], message, parent: push.base.commit };
    await push.commit({ ...change, releaseMessage: message }, NEVER);
    const [made] = all();
    expect(made?.title).toBe('é'.repeat(200));
    expect(made?.description).toMatch(/^From here\n\n.*\n\n`model-fetch proposal of "\/" [0-9a-f-]{36}`$/);
    const short = await open({ createPr: true, folder: 'other' });
    await short.push.commit({ ...change, message: 'v1' }, NEVER);
    expect(all()[1]?.title).toBe('Release v1');
  });

  test('may not be had', async () => {
    set({ discussions: { status: 403 } });
    expect(await failing((await propose()).commit())).toBe('READ_ONLY');
  });

  test('goes to the default branch only', async () => {
    expect(await failing(open({ createPr: true, branch: 'next' }))).toBe('BAD_OPTION');
  });
});

describe('a stage', () => {
  const openStage = async () => {
    const { push, send } = await open();
    const stage = (await push.stage?.('A release', NEVER)) ?? expect.fail('there is none');
    const tickets = await send([SMALL]);
    const change = { tickets, deletes: ['README.md'], message: 'part', parent: stage.push.base.commit };
    return { push, stage, commit: () => stage.push.commit(change, NEVER) };
  };
  const status = () => all()[0]?.status;

  test('takes commits, and brings them to the branch', async () => {
    const { push, stage, commit } = await openStage();
    const head = push.base.commit;
    await commit();
    expect([(await push.refresh(NEVER)).commit, await stage.merged(NEVER), status()]).toEqual([
      head,
      undefined,
      'draft',
    ]);
    const { revision, url } = await stage.merge(NEVER);
    expect([revision, status()]).toEqual([repository().resolve('main')?.id, 'merged']);
    expect(url).toBe(`${fakes.huggingface.url}/owner/model/commit/${revision}`);
    expect(await stage.merged(NEVER)).toEqual({ revision, url });
  });

  test('that somebody closed is a conflict, and one that is closed twice is closed', async () => {
    const { stage } = await openStage();
    await stage.close(NEVER);
    await stage.close(NEVER);
    expect(await failing(stage.merged(NEVER))).toBe('CONFLICT');
  });

  test('is merged also where drafts may be, and where nobody tells what became of it', async () => {
    set({ mergesDrafts: true, namesMerge: false });
    fakes.steps.at('status', 'before', () => ({ status: 400, body: { error: 'it cannot be published' } }));
    const { stage, commit } = await openStage();
    await commit();
    fakes.huggingface.server.answer(/discussions\/1$/, { status: 404, body: { error: 'Not found' } }, 2);
    const before = repository().resolve('main')?.id;
    // The head of the branch may be of before, or somebody else's.
    expect(await stage.merge(NEVER)).toMatchObject({ revision: undefined });
    expect(repository().resolve('main')?.parentId).toBe(before);
  });

  test.each(['merge', 'pull-request'] as const)('whose %s is answered by a page is in doubt', async (step) => {
    const page = { status: 200, body: '<html>Sign in to the proxy</html>' };
    const { stage, commit, push } = await openStage();
    await commit();
    fakes.steps.at(step, 'before', () => page);
    const work = step === 'merge' ? stage.merge(NEVER) : push.stage?.('Again', NEVER);
    expect(await failing(work ?? Promise.resolve())).toBe('SERVER');
  });

  test('whose answer is lost is given up, too', async () => {
    const { push } = await open();
    fakes.steps.at('pull-request', 'after', () => 'reset');
    expect(await failing(push.stage?.('A release', NEVER) ?? Promise.resolve())).toBe('NETWORK');
    await push.dropStage?.(NEVER);
    expect(status()).toBe('closed');
  });

  test('that is asked for again is the same, and the next one is another', async () => {
    const { push } = await open();
    fakes.steps.at('pull-request', 'after', () => {
      repository().branches.delete('refs/pr/1');
      return undefined;
    });
    expect(await failing(push.stage?.('A release', NEVER) ?? Promise.resolve())).toBe('REVISION_NOT_FOUND');
    repository().branches.set('refs/pr/1', push.base.commit ?? '');
    const stage = await push.stage?.('A release', NEVER);
    await push.stage?.('Another', NEVER);
    expect([stage?.url.at(-1), all().map(({ title }) => title)]).toEqual(['1', ['A release', 'Another']]);
  });

  test('that cannot be used is given up', async () => {
    const { push } = await open();
    fakes.steps.at('pull-request', 'after', () => {
      repository().branches.delete('refs/pr/1');
      return undefined;
    });
    expect(await failing(push.stage?.('A release', NEVER) ?? Promise.resolve())).toBe('REVISION_NOT_FOUND');
    await push.dropStage?.(NEVER);
    expect(status()).toBe('closed');
    // There is nothing more to drop.
    await push.dropStage?.(NEVER);
  });

  test('is for the default branch only', async () => {
    const { push } = await open({ branch: 'next' });
    await push.prepare(NEVER);
    expect(await push.stage?.('A release', NEVER)).toBeUndefined();
    expect(await (await open({ createPr: true })).push.stage?.('A release', NEVER)).toBeUndefined();
  });
});
