// Locking and locked runs: what is written, what is believed, and every way in which a lock, an input and a hub can disagree.

import { readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import { ModelFetchError } from '../../src/core/errors.ts';
import { parseLock } from '../../src/core/lock/parse.ts';
import { formatLock, type LockedModel } from '../../src/core/lock.ts';
import { createSnapshot, type ListedFile } from '../../src/core/snapshot.ts';
import { HUBS } from '../../src/hubs/index.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { type Flow, fileRequests, hashFolder, hashRepository, openFlow } from './open-flow.ts';

const WEIGHTS = { seed: 'z', sizeBytes: 1_000_000 };
const MODEL = {
  id: 'o/model',
  commits: [
    { files: { 'config.json': '{"a":1}', 'notes.txt': 'n', 'dir/model.safetensors': WEIGHTS } },
    { files: { 'config.json': '{"a":2}', 'new.txt': 'new', 'dir/model.safetensors': WEIGHTS } },
  ],
  tags: { 'v1.0.0': 0 },
  lfs: ['dir/model.safetensors'],
};
const OTHER = { id: 'o/other', commits: [{ files: { 'x.txt': 'x' } }] };

let fakes: Fakes;
let flow: Flow;
beforeAll(async () => {
  fakes = await startFakes([MODEL, OTHER]);
});
afterAll(() => fakes.close());
beforeEach(async () => {
  flow = await openFlow(fakes, { retries: 1 });
});
afterEach(async () => {
  fakes.reset();
  await flow.close();
});

const lockPath = () => path.join(flow.root, 'model.lock');
const lockText = () => readFile(lockPath(), 'utf8');
const edit = async (change: (text: string) => string) => writeFile(lockPath(), change(await lockText()));
const requests = () => fakes.modelscope.server.count() + fakes.huggingface.server.count() + fakes.cdn.server.count();
const USE = { lock: 'model.lock' } as const;
const FROZEN = { ...USE, locked: 'true' } as const;

/** Forgets every content; the store's own folders stay. */
async function empty({ store, folder }: Flow): Promise<void> {
  const parts = ['blobs', 'receipts', 'aliases', 'kept'].map((name) => path.join(store, 'v1', name));
  for (const part of [...parts, folder]) await rm(part, { recursive: true, force: true });
}

/** As an attacker would: its snapshot fits again. */
function withOtherDigest(model: LockedModel): LockedModel {
  const listed = model.files.map((file): ListedFile => {
    const isIt = file.path === 'config.json';
    return { ...file, kind: 'file', digests: isIt ? [digestOf('sha256', 'else')] : file.digests };
  });
  const { files, id } = createSnapshot({ ...model, immutable: true }, listed);
  return { ...model, files, snapshotId: id };
}

async function failure(work: Promise<unknown>): Promise<ModelFetchError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ModelFetchError)) throw new Error('no typed error', { cause: error });
  return error;
}

describe.each(['modelscope', 'huggingface'] as const)('%s', (hub) => {
  const repository = () => fakes[hub].repository('o/model');
  const commitOf = (name: string) => repository().resolve(name)?.id ?? '';

  test('a lock names the commit and every file, and a cold run takes it without asking for a listing', async () => {
    const report = await flow.lock(hub, { model: 'o/model@v1.0.0' });
    expect(report).toMatchObject({ changed: true, models: [{ before: null, revision: commitOf('v1.0.0'), files: 3 }] });
    expect(fileRequests(fakes)).toBe(0);
    fakes.reset();
    const run = await flow.run(hub, { model: 'o/model@v1.0.0', ...FROZEN });
    expect(await hashFolder(flow.folder)).toEqual(await hashRepository(repository(), 'v1.0.0'));
    expect(run.models[0]).toMatchObject({
      resolvedBy: 'lock',
      immutable: true,
      snapshotId: report.models[0]?.snapshotId,
    });
    expect(fakes[hub].server.count('api')).toBe(0);
  });

  test('locking twice changes nothing, and a sha256 that is known by now is added and stays', async () => {
    await flow.lock(hub, { model: 'o/model' });
    const first = await lockText();
    expect((await flow.lock(hub, { model: 'o/model' })).changed).toBe(false);
    expect(await lockText()).toBe(first);
    await flow.run(hub, { model: 'o/model', ...FROZEN });
    await flow.lock(hub, { model: 'o/model' });
    const files = JSON.parse(await lockText()).models[0].files as { sha256?: string }[];
    expect(files.every(({ sha256 }) => sha256 !== undefined)).toBe(true);
    const known = await lockText();
    await empty(flow);
    expect((await flow.lock(hub, { model: 'o/model' })).changed).toBe(false);
    expect(await lockText()).toBe(known);
    // And what has both digests is checked by both.
    await flow.run(hub, { model: 'o/model', ...FROZEN });
    expect(await hashFolder(flow.folder)).toEqual(await hashRepository(repository(), repository().defaultBranch));
  });

  test('a branch that moved changes the lines that changed, when it is locked again, and not before', async () => {
    const branch = repository().defaultBranch;
    const before = commitOf(branch);
    await flow.run(hub, { model: 'o/model' });
    await flow.lock(hub, { model: 'o/model' });
    const old = (await lockText()).split('\n');
    const after = repository().commit(branch, { 'config.json': `{"hub":"${hub}"}` });
    try {
      expect((await flow.run(hub, { model: 'o/model', ...FROZEN })).models[0]?.revision).toBe(before);
      const stale = await failure(flow.lock(hub, { model: 'o/model', locked: 'true' }));
      expect(stale.code).toBe('LOCK_MISMATCH');
      expect(stale.message).toContain(after);
      expect((await lockText()).split('\n')).toEqual(old);
      const dry = await flow.lock(hub, { 'dry-run': 'true' });
      expect(dry).toMatchObject({ changed: true, models: [{ before, revision: after, changed: ['config.json'] }] });
      expect((await lockText()).split('\n')).toEqual(old);
      await flow.lock(hub, {});
      const now = (await lockText()).split('\n');
      // The revision, the snapshot and the one file.
      expect(now.filter((line, index) => line !== old[index])).toHaveLength(3);
    } finally {
      repository().branches.set(branch, before);
    }
  });
});

test('a locked run that agrees with the hub passes the check', async () => {
  await flow.lock('huggingface', { model: 'o/model' });
  await flow.run('huggingface', { model: 'o/model', ...FROZEN });
  expect((await flow.lock('huggingface', { model: 'o/model', locked: 'true' })).changed).toBe(false);
});

test('entries of other models, and of the same one with other filters, stay as they are', async () => {
  await flow.lock('modelscope', { model: 'o/model', include: '*.json' });
  await flow.lock('modelscope', { model: 'o/other' });
  await flow.lock('modelscope', { model: 'o/model', include: '*.txt' });
  const { models } = JSON.parse(await lockText());
  expect(models.map((model: { ref: string; include?: string[] }) => [model.ref, model.include])).toEqual([
    ['modelscope:o/model', ['*.json']],
    ['modelscope:o/model', ['*.txt']],
    ['modelscope:o/other', undefined],
  ]);
  for (const include of ['*.json', '*.txt']) await flow.run('modelscope', { model: 'o/model', include, ...FROZEN });
});

describe('inputs that a lock does not fit', () => {
  test.each<[string, Record<string, string>]>([
    ['another model', { model: 'o/other' }],
    ['another revision', { model: 'o/model@v1.0.0' }],
    ['filters that may mean more files', { model: 'o/model' }],
    ['other filters', { model: 'o/model', include: '*.json\n*.txt' }],
    ['no filter but a folder', { model: 'o/model:dir' }],
  ])('%s: refused when locked, told when not', async (_, raw) => {
    await flow.lock('modelscope', { model: 'o/model', include: '*.json' });
    fakes.reset();
    const error = await failure(flow.run('modelscope', { model: 'o/model', ...raw, ...FROZEN }));
    expect(error.code).toBe('LOCK_MISMATCH');
    expect(requests()).toBe(0);
    const report = await flow.run('modelscope', { model: 'o/model', ...raw, ...USE });
    expect(report.models[0]?.resolvedBy).toBe('hub');
    expect(flow.events.some((event) => event.type === 'notice' && /not in the lock/.test(event.message))).toBe(true);
  });

  test('what was locked whole serves any filter', async () => {
    await flow.lock('modelscope', { model: 'o/model' });
    await flow.run('modelscope', { model: 'o/model:dir', ...FROZEN });
    expect(Object.keys(await hashFolder(flow.folder))).toEqual(['dir/model.safetensors']);
    await flow.run('modelscope', { model: 'o/model', exclude: 'dir/', ...FROZEN });
    expect(Object.keys(await hashFolder(flow.folder)).sort()).toEqual(['config.json', 'new.txt']);
  });

  test('every model that is missing is named', async () => {
    await flow.lock('modelscope', { model: 'o/model' });
    const { message } = await failure(flow.run('modelscope', { model: 'o/other\no/model@v1', ...FROZEN }));
    expect(message).toContain('o/other');
    expect(message).toContain('o/model@v1');
  });

  test.each([USE, FROZEN])('no lock file at all (%j)', async (raw) => {
    expect((await failure(flow.run('modelscope', { model: 'o/model', ...raw }))).code).toBe('BAD_LOCK');
    expect(requests()).toBe(0);
    expect(await readdir(flow.root)).toEqual([]);
  });
});

describe('a hub that has something else than the lock says', () => {
  test('the file is refused, the difference is named, and no wrong byte appears', async () => {
    await flow.lock('modelscope', { model: 'o/model' });
    await edit((text) => formatLock({ models: parseLock(text, 'lock', HUBS).models.map(withOtherDigest) }));
    const error = await failure(flow.run('modelscope', { model: 'o/model', ...FROZEN }));
    expect(error.code).toBe('LOCK_MISMATCH');
    expect(error.message).toContain('config.json');
    expect(await hashFolder(flow.folder)).toEqual({});
  });

  test('a file that the hub no longer has', async () => {
    await flow.lock('modelscope', { model: 'o/model' });
    const gone = { Code: 10990101007, Message: 'no such file', Success: false };
    fakes.modelscope.server.answer(/\/repo$/, { status: 404, body: gone });
    // The listing still has it, so that it is the file’s own error.
    expect((await failure(flow.run('modelscope', { model: 'o/model', ...FROZEN }))).code).toBe('FILE_NOT_FOUND');
  });

  test('a lock that was changed by hand is refused before anything', async () => {
    await flow.lock('modelscope', { model: 'o/model' });
    fakes.reset();
    await edit((text) => text.replace(/^.*new\.txt.*$/m, '').replace(/,\s*\]/, ']'));
    expect((await failure(flow.run('modelscope', { model: 'o/model', ...FROZEN }))).code).toBe('BAD_LOCK');
    expect((await failure(flow.lock('modelscope', { model: 'o/model' }))).code).toBe('BAD_LOCK');
    expect(requests()).toBe(0);
  });
});

test('offline with a lock: what is here is enough, and what is not is named', async () => {
  await flow.lock('huggingface', { model: 'o/model' });
  const raw = { model: 'o/model', offline: 'true', ...FROZEN };
  const error = await failure(flow.run('huggingface', raw));
  expect(error.code).toBe('OFFLINE');
  expect(error.message).toContain('dir/model.safetensors');
  await flow.run('huggingface', { model: 'o/model', ...FROZEN });
  fakes.reset();
  expect((await flow.run('huggingface', raw)).models[0]?.cacheHit).toBe('true');
  expect(requests()).toBe(0);
});

test('a model for which the hub gives no commit is locked by digests', async () => {
  const nameless = await startFakes([MODEL], { modelscope: { refusesCommitIds: true } });
  const own = await openFlow(nameless);
  try {
    await own.lock('modelscope', { model: 'o/model' });
    expect(own.events.some((event) => event.type === 'warning')).toBe(true);
    const run = await own.run('modelscope', { model: 'o/model', ...FROZEN });
    expect(run.models[0]).toMatchObject({ revision: 'master', immutable: false, resolvedBy: 'lock' });
    nameless.modelscope.repository('o/model').commit('master', { 'config.json': '{"moved":1}' });
    await empty(own);
    const error = await failure(own.run('modelscope', { model: 'o/model', ...FROZEN }));
    expect(error.code).toBe('LOCK_MISMATCH');
    expect(error.message).toContain('config.json');
  } finally {
    await own.close();
    await nameless.close();
  }
});

test('a lock file that is a link is not written through', async () => {
  const target = path.join(flow.root, 'elsewhere.txt');
  await writeFile(target, '{"version":1,"models":[]}');
  await symlink(target, lockPath());
  expect((await failure(flow.lock('modelscope', { model: 'o/model' }))).code).toBe('BAD_LOCK');
  expect(await readFile(target, 'utf8')).toBe('{"version":1,"models":[]}');
});

test('nothing to lock', async () => {
  expect((await failure(flow.lock('modelscope', {}))).code).toBe('BAD_LOCK');
});
