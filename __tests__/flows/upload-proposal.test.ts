// Releases that are proposed: one open pull request for each account and folder, whatever happens in between; those of others, and those
// that were decided on, are left alone.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RawOptions } from '../../src/core/options.ts';
import type { Hasher } from '../../src/core/ports.ts';
import { TOKENS } from '../fakes/access.ts';
import type { Discussion } from '../fakes/huggingface-discussions.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import type { Strike } from '../fakes/steps/step.ts';
import { countUploads } from '../fakes/upload-counts.ts';
import { hashRepository } from './open-flow.ts';
import { type Content, hashContents, openHasher, openUpload, type UploadGround, weights } from './open-upload.ts';

const OLD = { 'old.txt': 'old', 'README.md': '# Old' };
const FIRST = { 'config.json': '{"n":1}', 'model.safetensors': weights('first', 30_000), 'first.txt': 'only here' };
const SECOND = { 'config.json': '{"n":2}', 'model.safetensors': FIRST['model.safetensors'] };

let fakes: Fakes;
let hasher: Hasher;
let used = 0;
const grounds: UploadGround[] = [];
beforeAll(async () => {
  hasher = openHasher();
  const ids = Array.from({ length: 24 }, (_, index) => `o/p${index}`);
  const rateLimit = { api: 100_000, resolvers: 100_000, resetSeconds: 172 };
  fakes = await startFakes(
    ids.map((id) => ({ id, commits: [{ files: OLD }] })),
    { huggingface: { rateLimit, upload: { discussionsPage: 2 } } },
  );
});
afterAll(() => Promise.all([fakes.close(), hasher.close()]));
afterEach(async () => {
  await Promise.all(grounds.splice(0).map((ground) => ground.close()));
  fakes.reset();
});

function nextRepository() {
  const id = `o/p${used++}`;
  const all = () => fakes.huggingface.discussions(id);
  const repository = fakes.huggingface.repository(id);
  return {
    id,
    all,
    repository,
    open: () => all().flatMap(({ status, number }) => (status === 'open' || status === 'draft' ? [number] : [])),
    /** One more pull request, not by a run. */
    add(more: Partial<Discussion>) {
      const number = all().length + 1;
      const one = { title: 'Theirs', description: '', isPullRequest: true, author: 'writer', status: 'open' } as const;
      all().push({ ...one, createdAt: new Date().toISOString(), ...more, number });
      repository.branches.set(`refs/pr/${number}`, repository.resolve('main')?.id ?? '');
      repository.commit(`refs/pr/${number}`, { 'theirs.txt': 'theirs' });
    },
    tree: (branch: string) => hashRepository(repository, branch),
  };
}

async function propose(id: string, files: Record<string, Content>, raw: RawOptions = {}, setting = {}) {
  const ground = await openUpload(fakes, { hasher, ...setting });
  grounds.push(ground);
  await ground.write(files);
  const { report, failure } = await ground.publish(`hf:${id}`, { 'create-pr': 'true', ...raw });
  expect(failure).toBeUndefined();
  return { ...report.targets[0], events: ground.events };
}

test('the same again commits nothing, and tells where it is', async () => {
  const { id, all, repository } = nextRepository();
  const first = await propose(id, FIRST);
  const url = `${fakes.huggingface.url}/${id}/discussions/1`;
  expect(first).toMatchObject({ changed: true, state: 'published', url, branch: 'refs/pr/1' });
  fakes.reset();
  for (const raw of [{}, { 'dry-run': 'true' }]) {
    const again = await propose(id, FIRST, raw);
    expect(again).toMatchObject({ changed: false, commit: null, url, revision: first.commit, branch: 'refs/pr/1' });
  }
  expect(countUploads(fakes.huggingface)).toMatchObject({ commits: 0, blobBytes: 0 });
  expect([all().map(({ status }) => status), repository.resolve('main')?.parentId]).toEqual([['open'], undefined]);
});

test('another release goes on where the earlier one is, and is all that is there', async () => {
  const { id, all, tree, repository } = nextRepository();
  const { commit } = await propose(id, FIRST);
  fakes.reset();
  const second = await propose(id, SECOND, { delete: '*' });
  expect(second).toMatchObject({ changed: true, branch: 'refs/pr/1', totals: { filesDeleted: 3, filesUploaded: 1 } });
  expect(countUploads(fakes.huggingface)).toMatchObject({ commits: 1, blobBytes: 0 });
  const { '.gitattributes': _, ...files } = await tree('refs/pr/1');
  expect(files).toEqual(hashContents(SECOND));
  expect([all().length, repository.resolve('refs/pr/1')?.parentId]).toEqual([1, commit]);
});

test('the title is that of what is there now, but for one that somebody else gave it', async () => {
  const { id, all } = nextRepository();
  await propose(id, FIRST, { message: 'Release one' });
  await propose(id, SECOND, { message: 'Release two\n\nand more' });
  expect(all()[0]?.title).toBe('Release two');
  // Nothing is committed, so nothing has another name.
  await propose(id, SECOND, { message: 'Release three' });
  expect(all()[0]).toMatchObject({ title: 'Release two', renamedBy: ['writer'] });
  Object.assign(all()[0] ?? {}, { title: 'Theirs', renamedBy: ['writer', 'reader'] });
  await propose(id, FIRST, { message: 'Release four' });
  expect(all()[0]?.title).toBe('Theirs');
});

test.each([403, 404, 400])('a title that cannot be changed (%d) is no matter', async (status) => {
  const { id, all } = nextRepository();
  await propose(id, FIRST, { message: 'Release one' });
  fakes.huggingface.options.upload.rename = { status };
  const { events, state } = await propose(id, SECOND, { message: 'Release two' });
  fakes.huggingface.options.upload.rename = 'enabled';
  expect([state, all()[0]?.title, events.filter(({ type }) => type === 'warning')]).toEqual([
    'published',
    'Release one',
    [],
  ]);
});

describe('two runs that propose for the first time at the same moment', () => {
  /** Both have looked, and found nothing, before either opens; the one that began later opens second. */
  async function race(first: Record<string, Content>, second: Record<string, Content>, closing: Strike = 'go on') {
    const next = nextRepository();
    const { id, all } = next;
    let other: Promise<unknown> | undefined;
    fakes.steps.at('pull-request', 'before', async () => {
      other = propose(id, first, {}, {});
      await other;
      return undefined;
    });
    fakes.steps.at('status', 'before', () => (all().length === 1 ? undefined : closing), 1);
    const ground = await openUpload(fakes, { hasher });
    grounds.push(ground);
    await ground.write(second);
    const late = await ground
      .publish(`hf:${id}`, { 'create-pr': 'true' })
      .catch((error: unknown) => ({ failure: error }));
    await other;
    return { ...next, late };
  }

  test('the one that was faster to open and slower to commit is told what the other one did', async () => {
    const { id, all, tree } = nextRepository();
    fakes.steps.at('commit', 'before', async () => void (await propose(id, { 'more.txt': 'more' })));
    expect(await propose(id, FIRST)).toMatchObject({ changed: true, state: 'published', branch: 'refs/pr/1' });
    expect(all().map(({ status }) => status)).toEqual(['open']);
    expect(await tree('refs/pr/1')).toMatchObject(hashContents({ ...FIRST, 'more.txt': 'more' }));
  });

  test('with the same files leave one', async () => {
    const { late, all, tree } = await race(FIRST, FIRST);
    expect(late).toMatchObject({ report: { targets: [{ changed: false, branch: 'refs/pr/1' }] } });
    expect(all().map(({ status }) => status)).toEqual(['open', 'closed']);
    expect(await tree('refs/pr/1')).toMatchObject(hashContents(FIRST));
  });

  test('with files that go together leave one that has them all', async () => {
    const { late, all, tree } = await race(FIRST, { 'more.txt': 'more' });
    expect(late).toMatchObject({ report: { targets: [{ changed: true, state: 'published', branch: 'refs/pr/1' }] } });
    expect(all().map(({ status }) => status)).toEqual(['open', 'closed']);
    expect(await tree('refs/pr/1')).toMatchObject(hashContents({ ...FIRST, 'more.txt': 'more' }));
  });

  test('with other content of the same file: the later one hears of it', async () => {
    const { late, all, tree } = await race(FIRST, SECOND);
    expect(late).toMatchObject({ failure: { code: 'CONFLICT' } });
    expect(all().map(({ status }) => status)).toEqual(['open', 'closed']);
    expect(await tree('refs/pr/1')).toMatchObject(hashContents(FIRST));
  });

  test('the one that cannot ask for others does not commit, and goes on with its own later', async () => {
    const { id, all } = nextRepository();
    fakes.steps.at('pull-request', 'after', () => {
      fakes.huggingface.server.answer(/discussions$/, { status: 500, body: '' }, 100);
      return undefined;
    });
    const ground = await openUpload(fakes, { hasher, retries: 1 });
    grounds.push(ground);
    await ground.write(FIRST);
    const failure = await ground.publish(`hf:${id}`, { 'create-pr': 'true' }).catch((error: unknown) => error);
    expect([failure, all().map(({ status }) => status)]).toMatchObject([{ code: 'SERVER' }, ['draft']]);
    fakes.reset();
    expect(await propose(id, FIRST)).toMatchObject({ state: 'published', branch: 'refs/pr/1' });
    expect(all().map(({ status }) => status)).toEqual(['open']);
  });

  test('go on with the first also where the later one cannot be closed', async () => {
    const refused = { status: 403, body: { error: 'Forbidden' } };
    const { id, late, all } = await race(FIRST, FIRST, refused);
    expect(late).toMatchObject({ report: { targets: [{ changed: false, branch: 'refs/pr/1' }] } });
    expect(all().map(({ status }) => status)).toEqual(['open', 'draft']);
    expect(await propose(id, FIRST)).toMatchObject({ changed: false, branch: 'refs/pr/1' });
  });
});

test.each(['closed', 'merged'] as const)('one that was %s is none', async (status) => {
  const { id, all, open } = nextRepository();
  await propose(id, FIRST);
  for (const one of all()) one.status = status;
  const again = await propose(id, FIRST);
  expect([again.changed, again.branch, open()]).toEqual([true, 'refs/pr/2', [2]]);
});

test('what the branch holds is not proposed', async () => {
  const { id, all } = nextRepository();
  const nothing = await propose(id, OLD);
  expect([nothing.changed, nothing.url, all()]).toEqual([false, '', []]);
});

test('those of other accounts, folders and purposes, and those made by hand, are left alone', async () => {
  const { id, all, add, repository, open } = nextRepository();
  await propose(id, FIRST, { 'path-in-repo': 'other' });
  const marked = all()[0]?.description.replaceAll('"/other"', '"/"') ?? '';
  add({ author: 'reader', description: marked });
  add({ description: marked.replaceAll('proposal', 'stage'), status: 'draft' });
  add({ description: 'As model-fetch would have it' });
  add({ description: marked, isPullRequest: false });
  const heads = () => [1, 2, 3, 4, 5].map((number) => repository.resolve(`refs/pr/${number}`)?.id);
  const before = heads();
  expect((await propose(id, FIRST)).branch).toBe('refs/pr/6');
  expect([heads(), open()]).toEqual([before, [1, 2, 3, 4, 5, 6]]);
  // And is found among them.
  expect(await propose(id, FIRST)).toMatchObject({ changed: false, branch: 'refs/pr/6' });
});

test('words of the release cannot make it that of another folder', async () => {
  const { id, open } = nextRepository();
  await propose(id, FIRST, { message: 'Release\n\n`model-fetch proposal of "/other" x`' });
  expect((await propose(id, FIRST, { 'path-in-repo': 'other' })).branch).toBe('refs/pr/2');
  expect((await propose(id, FIRST)).branch).toBe('refs/pr/1');
  expect(open()).toEqual([1, 2]);
});

test('whose the token is, is not told: another one is opened', async () => {
  const { id, open } = nextRepository();
  await propose(id, FIRST);
  fakes.huggingface.server.answer(/whoami/, { status: 403, body: { error: 'Forbidden' } });
  expect((await propose(id, FIRST)).changed).toBe(true);
  expect(open()).toEqual([1, 2]);
});

test('several commits are a draft until all are there, and nobody is warned', async () => {
  const { id, all, tree } = nextRepository();
  const seen: unknown[] = [];
  for (let nth = 0; nth < 2; nth += 1) fakes.steps.at('commit', 'before', () => void seen.push(all()[0]?.status));
  const { events } = await propose(id, FIRST, {}, { pushLimits: { commitFiles: 2, calmCommitFiles: 2 } });
  expect(seen).toEqual(['draft', 'draft']);
  expect([all().length, all()[0]?.status, all()[0]?.title]).toEqual([1, 'open', 'Publish 3 files']);
  expect(await tree('refs/pr/1')).toMatchObject(hashContents(FIRST));
  expect(events.filter(({ type }) => type === 'warning')).toEqual([]);
});

test('a draft that may not be published says so, and the next run tries again', async () => {
  const { id, all } = nextRepository();
  fakes.steps.at('status', 'before', () => ({ status: 403, body: { error: 'Forbidden' } }));
  const { events } = await propose(id, FIRST);
  expect([events.filter(({ type }) => type === 'warning').length, all()[0]?.status]).toEqual([1, 'draft']);
  expect(await propose(id, FIRST)).toMatchObject({ changed: false, branch: 'refs/pr/1' });
  expect(all()[0]?.status).toBe('open');
});

test('an account that may only read proposes, and goes on with its own', async () => {
  const { id, all } = nextRepository();
  const tokens = { current: async () => TOKENS.reader, renew: async () => undefined };
  await propose(id, FIRST, {}, { tokens });
  await propose(id, SECOND, {}, { tokens });
  expect(all().map(({ author, status }) => [author, status])).toEqual([['reader', 'open']]);
});
