// A hub that refuses everything, or is not there at all: what is known and here still serves, without one request.

import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { codeOf, ModelFetchError } from '../../src/core/errors.ts';
import { TOKENS } from '../fakes/access.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { type Flow, type HubName, hashFolder, hashRepository, openFlow } from './open-flow.ts';

const MODEL = {
  id: 'o/model',
  commits: [
    {
      files: {
        'config.json': '{"a":1}',
        'notes.txt': 'n',
        'model.safetensors': { seed: 'z', sizeBytes: 2_000_000 },
      },
    },
  ],
  tags: { 'v1.0.0': 0 },
  lfs: ['model.safetensors'],
};
const PRIVATE = { id: 'o/secret', visibility: 'private', commits: [{ files: { 'a.txt': 'a' } }] } as const;

let fakes: Fakes;
let flow: Flow;
beforeAll(async () => {
  fakes = await startFakes([MODEL, PRIVATE]);
});
afterAll(() => fakes.close());
beforeEach(async () => {
  flow = await openFlow(fakes, { retries: 1 });
});
afterEach(async () => {
  fakes.reset();
  await flow.close();
});

const requests = () => fakes.modelscope.server.count() + fakes.huggingface.server.count() + fakes.cdn.server.count();

function refuseAll(status = 429): void {
  fakes.reset();
  for (const { server } of [fakes.modelscope, fakes.huggingface, fakes.cdn]) server.answer(/./, { status });
}

async function failure(work: Promise<unknown>): Promise<ModelFetchError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ModelFetchError)) throw new Error('no typed error', { cause: error });
  return error;
}

const kept = async () => {
  const folder = path.join(flow.store, 'v1', 'kept');
  return (await readdir(folder)).map((name) => path.join(folder, name));
};

describe.each(['modelscope', 'huggingface'] as const)('%s answers 429 to everything', (hub) => {
  const commit = () => fakes[hub].repository('o/model').resolve('v1.0.0')?.id ?? '';
  const truth = () => hashRepository(fakes[hub].repository('o/model'), 'v1.0.0');

  test('a warm run pinned by its commit is green, with no request', async () => {
    await flow.run(hub, { model: `o/model@${commit()}` });
    refuseAll();
    await rm(flow.folder, { recursive: true });
    const report = await flow.run(hub, { model: `o/model@${commit()}` });
    expect(requests()).toBe(0);
    expect(report.models[0]).toMatchObject({ resolvedBy: 'store', revision: commit(), cacheHit: 'true' });
    expect(await hashFolder(flow.folder)).toEqual(await truth());
  });

  test('the commit need not have been the name under which it came', async () => {
    await flow.run(hub, { model: 'o/model' });
    refuseAll();
    await flow.run(hub, { model: `o/model@${commit()}` });
    expect(requests()).toBe(0);
  });

  test('other filters than those of the run that kept it choose from everything that was listed', async () => {
    await flow.run(hub, { model: `o/model@${commit()}`, include: '*.json' });
    await flow.run(hub, { model: `o/model@${commit()}`, include: 'notes.txt' });
    refuseAll();
    await flow.run(hub, { model: `o/model@${commit()}`, include: '*.json\nnotes.txt' });
    expect(Object.keys(await hashFolder(flow.folder)).sort()).toEqual(['config.json', 'notes.txt']);
    expect(requests()).toBe(0);
    // A file that never came is asked for by itself, and its listing is not.
    expect((await failure(flow.run(hub, { model: `o/model@${commit()}` }))).code).toBe('RATE_LIMITED');
    const { requests: asked } = fakes[hub].server;
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.every(({ path: where, query }) => `${where}?${query}`.includes('model.safetensors'))).toBe(true);
  });

  test('a warm locked run is green, with no request', async () => {
    await flow.lock(hub, { model: 'o/model', lock: 'model.lock' });
    await flow.run(hub, { model: 'o/model', lock: 'model.lock', locked: 'true' });
    refuseAll();
    const report = await flow.run(hub, { model: 'o/model', lock: 'model.lock', locked: 'true' });
    expect(requests()).toBe(0);
    expect(report.models[0]).toMatchObject({ resolvedBy: 'lock', revision: commit() });
    expect(await hashFolder(flow.folder)).toEqual(await truth());
  });

  test('a run by branch fails, and says by what commit it would not have', async () => {
    await flow.run(hub, { model: 'o/model' });
    refuseAll();
    const error = await failure(flow.run(hub, { model: 'o/model' }));
    expect(error.code).toBe('RATE_LIMITED');
    for (const part of [`${hub}:o/model@${commit()}`, '`lock`', '`last-known`', '`offline`']) {
      expect(error.hint).toContain(part);
    }
  });

  test.each([429, 503])('with last-known a run by branch takes what it knows, with a warning (%i)', async (status) => {
    await flow.run(hub, { model: 'o/model' });
    refuseAll(status);
    const report = await flow.run(hub, { model: 'o/model', 'last-known': 'true' });
    expect(report.models[0]?.revision).toBe(commit());
    expect(flow.events.some((event) => event.type === 'warning' && event.message.includes(commit()))).toBe(true);
  });
});

test('last-known is for hubs that cannot answer, not for those that say no', async () => {
  await flow.run('modelscope', { model: 'o/model' });
  fakes.modelscope.server.answer(/./, { status: 404, body: { Code: 10010205001, Message: 'gone', Success: false } });
  expect((await failure(flow.run('modelscope', { model: 'o/model', 'last-known': 'true' }))).code).toBe('NOT_FOUND');
});

test('a hub that can answer is asked, whatever is known of its branch', async () => {
  await flow.run('modelscope', { model: 'o/model', 'last-known': 'true' });
  fakes.reset();
  await flow.run('modelscope', { model: 'o/model', 'last-known': 'true' });
  expect(requests()).toBeGreaterThan(0);
});

describe('offline', () => {
  const raw = { model: 'o/model', offline: 'true' } as const;

  test('a branch means what it meant last here, and nothing is asked', async () => {
    await flow.run('huggingface', { model: 'o/model' });
    fakes.reset();
    const report = await flow.run('huggingface', raw);
    expect(report.models[0]).toMatchObject({ resolvedBy: 'store', cacheHit: 'true' });
    expect(requests()).toBe(0);
  });

  test('what this machine never saw is named, all of it', async () => {
    await flow.run('modelscope', { model: 'o/model', include: 'config.json' });
    fakes.reset();
    const error = await failure(flow.run('modelscope', { model: 'o/model\no/never', offline: 'true' }));
    expect(error.code).toBe('OFFLINE');
    for (const part of ['notes.txt', 'model.safetensors', 'o/never']) expect(error.message).toContain(part);
    expect(error.message).not.toContain('config.json');
    expect(requests()).toBe(0);
  });

  test('content that is damaged here is missing, and is named as that', async () => {
    await flow.run('modelscope', { model: 'o/model' });
    const file = path.join(flow.folder, 'model.safetensors');
    await chmod(file, 0o644);
    await writeFile(file, 'x', { flag: 'r+' });
    const error = await failure(flow.run('modelscope', raw));
    expect(error.code).toBe('OFFLINE');
    expect(error.message).toMatch(/model\.safetensors .*damaged/);
  });

  test('a branch for which the hub tells no commit is known by its name', async () => {
    const nameless = await startFakes([MODEL], { modelscope: { refusesCommitIds: true } });
    const own = await openFlow(nameless);
    try {
      const online = await own.run('modelscope', { model: 'o/model' });
      expect(online.models[0]?.immutable).toBe(false);
      const report = await own.run('modelscope', raw);
      expect(report.models[0]).toMatchObject({ revision: 'master', immutable: false, resolvedBy: 'store' });
    } finally {
      await own.close();
      await nameless.close();
    }
  });

  test('a dry run says what is missing, and does not fail', async () => {
    await flow.run('modelscope', { model: 'o/model', include: 'config.json' });
    const report = await flow.run('modelscope', { ...raw, 'dry-run': 'true' });
    expect(report.models[0]?.files.map((file) => file.plan?.split(':')[0]).sort()).toEqual(['keep', 'move', 'move']);
  });
});

describe('what is kept', () => {
  const pinned = async () => {
    const commit = fakes.modelscope.repository('o/model').resolve('master')?.id ?? '';
    await flow.run('modelscope', { model: `o/model@${commit}` });
    fakes.reset();
    return { model: `o/model@${commit}` };
  };

  test.each<[string, (text: string) => string]>([
    ['is torn', (text) => text.slice(0, text.length / 2)],
    ['is empty', () => ''],
    ['is something else', () => '{"a":1}'],
    ['has another digest in it', (text) => text.replace(/sha256:[0-9a-f]{8}/, 'sha256:00000000')],
    ['has another path in it', (text) => text.replace('config.json', '../config.js')],
  ])('and %s is not believed: the hub is asked again', async (_, change) => {
    const raw = await pinned();
    for (const file of await kept()) await writeFile(file, change(await readFile(file, 'utf8')));
    const report = await flow.run('modelscope', raw);
    expect(report.models[0]?.resolvedBy).toBe('hub');
    expect(requests()).toBeGreaterThan(0);
    fakes.reset();
    await flow.run('modelscope', raw);
    expect(requests()).toBe(0);
  });

  test('under the name of another state is not believed', async () => {
    const raw = await pinned();
    const repository = fakes.modelscope.repository('o/model');
    const other = repository.commit('master', { 'config.json': '{"a":2}' });
    await flow.run('modelscope', { model: `o/model@${other}` });
    const [a, b] = await kept();
    if (a === undefined || b === undefined) throw new Error('two listings should be kept');
    const texts = [await readFile(a, 'utf8'), await readFile(b, 'utf8')] as const;
    await writeFile(a, texts[1]);
    await writeFile(b, texts[0]);
    fakes.reset();
    expect((await flow.run('modelscope', raw)).models[0]?.resolvedBy).toBe('hub');
    repository.branches.set('master', raw.model.split('@')[1] ?? '');
  });

  test('of one hub says nothing about another', async () => {
    await pinned();
    const commit = fakes.huggingface.repository('o/model').resolve('main')?.id;
    const report = await flow.run('huggingface', { model: `o/model@${commit}` });
    expect(report.models[0]?.resolvedBy).toBe('hub');
  });

  test('and made files fail is forgotten, so that the next run asks again', async () => {
    const raw = await pinned();
    for (const name of ['blobs', 'receipts', 'aliases']) {
      await rm(path.join(flow.store, 'v1', name), { recursive: true, force: true });
    }
    await rm(flow.folder, { recursive: true });
    const repository = fakes.modelscope.repository('o/model');
    const gone = { Code: 10990101007, Message: 'no such file', Success: false };
    fakes.modelscope.server.answer(/\/repo$/, { status: 404, body: gone });
    expect((await failure(flow.run('modelscope', raw))).code).toBe('FILE_NOT_FOUND');
    fakes.reset();
    expect((await flow.run('modelscope', raw)).models[0]?.resolvedBy).toBe('hub');
    expect(await hashFolder(flow.folder)).toEqual(await hashRepository(repository, 'master'));
  });

  test('is whole files only: a run that was refused keeps nothing', async () => {
    expect((await failure(flow.run('modelscope', { model: 'o/model', include: '*.nothing' }))).code).toBe('NO_MATCH');
    expect(await readdir(flow.root)).toEqual([]);
  });

  test('serves a private model without a token, once it is here', async () => {
    const store = path.join(flow.root, 'shared');
    const reader = await openFlow(fakes, { store, token: TOKENS.reader });
    const outsider = await openFlow(fakes, { store });
    try {
      const { models } = await reader.run('modelscope', { model: 'o/secret' });
      fakes.reset();
      const raw = { model: `o/secret@${models[0]?.revision}` };
      expect((await outsider.run('modelscope', raw)).models[0]?.resolvedBy).toBe('store');
      expect(requests()).toBe(0);
    } finally {
      await reader.close();
      await outsider.close();
    }
  });
});

test('a lock file may not send one hub’s token to another', async () => {
  await flow.lock('modelscope', { model: 'o/model', lock: 'model.lock' });
  await flow.lock('huggingface' satisfies HubName, { model: 'o/model', lock: 'model.lock' });
  fakes.reset();
  const raw = { lock: 'model.lock', token: 'secret' };
  expect(codeOf(await failure(flow.lock('modelscope', raw)))).toBe('BAD_OPTION');
  expect(requests()).toBe(0);
});
