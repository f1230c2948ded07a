// Whole downloads against the fakes: what moves, what stays, what is refused, and what a folder looks like afterwards.

import { chmod, copyFile, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { codeOf } from '../../src/core/errors.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import type { RepositoryDescription } from '../fakes/repository.ts';
import { type Flow, fileBytes, fileRequests, hashFolder, hashRepository, openFlow } from './open-flow.ts';

const MIB = 1024 * 1024;
const REPOSITORIES: readonly RepositoryDescription[] = [
  {
    id: 'o/model',
    commits: [
      {
        files: {
          'README.md': '# first',
          'config.json': '{"version":1}',
          'weights/a.bin': { seed: 'a', sizeBytes: 18 * MIB },
          'weights/b.bin': { seed: 'b', sizeBytes: 2 * MIB },
          'weights/b-copy.bin': { seed: 'b', sizeBytes: 2 * MIB },
          'empty.txt': '',
          'dir one/é #1.txt': 'a name with all sorts',
        },
      },
    ],
    tags: { 'v1.0.0': 0 },
  },
  { id: 'o/other', commits: [{ files: { 'x.bin': { seed: 'b', sizeBytes: 2 * MIB }, 'y.txt': 'y' } }] },
  { id: 'o/huge', commits: [{ files: { 'huge.bin': 'tiny' } }], listed: [{ path: 'huge.bin', sizeBytes: 2 ** 50 }] },
];

let fakes: Fakes;
let flow: Flow;
beforeAll(async () => {
  fakes = await startFakes(REPOSITORIES);
});
afterAll(() => fakes.close());
beforeEach(async () => {
  flow = await openFlow(fakes);
});
afterEach(async () => {
  fakes.reset();
  await flow.close();
});

const outcomes = (report: Awaited<ReturnType<Flow['run']>>) =>
  Object.fromEntries(report.models.flatMap((model) => model.files.map((file) => [file.path, file.outcome])));

describe.each(['modelscope', 'huggingface'] as const)('%s', (hub) => {
  const truth = (revision?: string) => {
    const repository = fakes[hub].repository('o/model');
    return hashRepository(repository, revision ?? repository.defaultBranch);
  };

  test('a cold run fetches every content once; every sha256 is the source’s, and the report says so', async () => {
    const report = await flow.run(hub, { model: 'o/model' });
    expect(await hashFolder(flow.folder)).toEqual(await truth());
    const [model] = report.models;
    expect(Object.fromEntries(model?.files.map((file) => [file.path, file.sha256]) ?? [])).toEqual(await truth());
    expect(model?.cacheHit).toBe('false');
    const sent = (path: string) => model?.files.find((file) => file.path === path)?.downloaded ?? -1;
    expect(sent('weights/b.bin') + sent('weights/b-copy.bin')).toBe(2 * MIB);
    expect(report.totals.bytesDownloaded).toBe(fileBytes(fakes));
    expect(fakes.cdn.leaks).toEqual([]);
    expect(report.totals.sources).toEqual({ [hub]: report.totals.bytesDownloaded });
  });

  test('a warm run asks for no file and reads no file', async () => {
    const cold = await flow.run(hub, { model: 'o/model' });
    fakes.reset();
    const warm = await flow.run(hub, { model: 'o/model' });
    expect(fileRequests(fakes)).toBe(0);
    expect(new Set(Object.values(outcomes(warm)))).toEqual(new Set(['kept']));
    expect(warm.models[0]?.snapshotId).toBe(cold.models[0]?.snapshotId);
    expect(warm.models[0]?.cacheHit).toBe('true');
  });

  test('a new revision moves only what changed, and takes away what is gone', async () => {
    const repository = fakes[hub].repository('o/model');
    await flow.run(hub, { model: 'o/model@v1.0.0' });
    await writeFile(path.join(flow.folder, 'mine.txt'), 'put there by hand');
    const text = '{"version":2}';
    const commit = repository.commit(`next-${hub}`, { ...(await emptied()), 'config.json': text, 'empty.txt': null });
    fakes.reset();
    const report = await flow.run(hub, { model: `o/model@${commit}` });
    expect(fileBytes(fakes)).toBe(text.length);
    expect(report.models[0]?.removed).toEqual(['empty.txt']);
    expect(report.models[0]?.foreign).toEqual(['mine.txt']);
    expect(report.models[0]?.cacheHit).toBe('partial');
    const { 'mine.txt': mine, ...rest } = await hashFolder(flow.folder);
    expect(mine).toBeDefined();
    expect(rest).toEqual(await truth(commit));

    // A branch that is new to the repository starts from the default one.
    async function emptied() {
      const head = repository.resolve(repository.defaultBranch);
      repository.branches.set(`next-${hub}`, head?.id ?? '');
      return {};
    }
  });

  test('a semver range chooses a tag', async () => {
    const report = await flow.run(hub, { model: 'o/model@^1', include: 'config.json' });
    expect(report.models[0]?.revision).toBe(fakes[hub].repository('o/model').resolve('v1.0.0')?.id);
  });
});

test('filters and a subpath choose files, case-sensitively', async () => {
  await flow.run('modelscope', { model: 'o/model', include: '*.bin\n*.md', exclude: '*-copy.bin\nReadme.md' });
  expect(Object.keys(await hashFolder(flow.folder)).sort()).toEqual(['README.md', 'weights/a.bin', 'weights/b.bin']);
  await flow.run('modelscope', { model: 'o/model:weights', include: 'b.bin' });
  expect(Object.keys(await hashFolder(flow.folder))).toEqual(['weights/b.bin']);
});

test('several models go to a folder each, and what they share moves once', async () => {
  const report = await flow.run('modelscope', { model: 'o/model\no/other' });
  expect(Object.keys(await hashFolder(path.join(flow.folder, 'o', 'other')))).toHaveLength(2);
  const b = report.models.flatMap((model) => model.files).filter((file) => file.size === 2 * MIB);
  expect(b.map((file) => file.downloaded).sort()).toEqual([0, 0, 2 * MIB]);
});

test('files that were copied in by hand are taken over by their hash', async () => {
  await flow.run('modelscope', { model: 'o/model' });
  const second = await openFlow(fakes);
  try {
    await mkdir(path.join(second.folder, 'weights'), { recursive: true });
    await copyFile(path.join(flow.folder, 'weights/a.bin'), path.join(second.folder, 'weights/a.bin'));
    // The right length, and other bytes.
    await writeFile(path.join(second.folder, 'weights/b.bin'), Buffer.alloc(2 * MIB));
    fakes.reset();
    const report = await second.run('modelscope', { model: 'o/model' });
    expect(outcomes(report)).toMatchObject({ 'weights/a.bin': 'adopted', 'weights/b.bin': 'downloaded' });
    expect(await hashFolder(second.folder)).toEqual(
      await hashRepository(fakes.modelscope.repository('o/model'), 'master'),
    );
  } finally {
    await second.close();
  }
});

test('a dry run says every step and writes nothing', async () => {
  const report = await flow.run('modelscope', { model: 'o/model', 'dry-run': 'true' });
  expect(report.dryRun).toBe(true);
  expect(report.models[0]?.files.map((file) => file.plan)).toEqual(Array(7).fill('move: missing'));
  expect(fileRequests(fakes)).toBe(0);
  expect(await readdir(flow.root)).toEqual([]);
});

describe('a blob of the store with one flipped byte', () => {
  async function flip(sameTime: boolean) {
    await flow.run('modelscope', { model: 'o/model' });
    const file = path.join(flow.folder, 'weights/b.bin');
    const { atime, mtime } = await stat(file);
    const bytes = await readFile(file);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    await chmod(file, 0o644);
    await writeFile(file, bytes, { flag: 'r+' });
    if (sameTime) await utimes(file, atime, mtime);
    fakes.reset();
  }

  test.each([
    [false, 'receipt'],
    [true, 'full'],
  ] as const)('is noticed and fetched again (time restored: %s, verify: %s)', async (sameTime, verify) => {
    await flip(sameTime);
    const report = await flow.run('modelscope', { model: 'o/model', verify });
    expect(outcomes(report)['weights/b.bin']).toBe('downloaded');
    expect(fileBytes(fakes)).toBe(2 * MIB);
    expect(await hashFolder(flow.folder)).toEqual(
      await hashRepository(fakes.modelscope.repository('o/model'), 'master'),
    );
    expect(flow.events.some((event) => event.type === 'warning' && event.code === 'DIGEST_MISMATCH')).toBe(true);
  });
});

describe('refused before the first byte, with nothing left behind', () => {
  const refusals = [
    ['a disk that is too small', { model: 'o/huge' }, 'DISK_FULL'],
    ['filters that leave nothing', { model: 'o/model', include: '*.nothing' }, 'NO_MATCH'],
    ['a repository that is not there', { model: 'o/nothing' }, 'NOT_FOUND'],
    ['a revision that is not there', { model: 'o/model@nothing' }, 'REVISION_NOT_FOUND'],
    ['a range that no tag satisfies', { model: 'o/model@^7' }, 'REVISION_NOT_FOUND'],
  ] as const;
  test.each(refusals)('%s', async (_name, raw, code) => {
    expect(await flow.run('modelscope', raw).catch(codeOf)).toBe(code);
    expect(fileRequests(fakes)).toBe(0);
    expect(await readdir(flow.root)).toEqual([]);
  });

  test('the message about the disk names the bytes that are missing', async () => {
    const error = await flow.run('modelscope', { model: 'o/huge' }).catch((caught: Error) => caught);
    expect(String(error)).toMatch(/\(\d{10,} bytes\) are missing/);
  });

  const hostile = [
    '../outside.txt',
    '/etc/passwd',
    'C:/windows.txt',
    'a\\b.txt',
    'nul\0byte.txt',
    'line\nbreak.txt',
    'aux.txt',
    'dir/CON',
    'trailing.',
    'README.MD',
    '.git/config',
  ];
  test.each(hostile)('a listing with %j', async (name) => {
    const repository = fakes.modelscope.repository('o/model');
    repository.listed.push({ path: name, sizeBytes: 4, sha256: '0'.repeat(64) });
    try {
      expect(await flow.run('modelscope', { model: 'o/model' }).catch(codeOf)).toBe('UNSAFE_PATH');
      expect(fileRequests(fakes)).toBe(0);
      expect(await readdir(flow.root)).toEqual([]);
    } finally {
      repository.listed.pop();
    }
  });

  const lies = [
    [{ path: 'config.json', type: 'symlink' }, 'UNSAFE_PATH'],
    [{ path: 'config.json', type: 'submodule' }, 'UNSAFE_PATH'],
    [{ path: 'config.json', sha256: null }, 'UNVERIFIABLE'],
    [{ path: 'config.json', raw: { Size: -1 } }, 'SIZE_MISMATCH'],
    [{ path: 'config.json', raw: { Size: 1.5 } }, 'SIZE_MISMATCH'],
  ] as const;
  test.each(lies)('a listing that says %j', async (lie, code) => {
    const repository = fakes.modelscope.repository('o/model');
    repository.listed.push(lie);
    try {
      expect(await flow.run('modelscope', { model: 'o/model' }).catch(codeOf)).toBe(code);
      expect(fileRequests(fakes)).toBe(0);
    } finally {
      repository.listed.pop();
    }
  });
});

test('a listing whose size or digest is wrong never gives a green run or a wrong file', async () => {
  const repository = fakes.modelscope.repository('o/model');
  for (const [lie, code] of [
    [{ path: 'config.json', sizeBytes: 5 }, 'SIZE_MISMATCH'],
    [{ path: 'config.json', sha256: '1'.repeat(64) }, 'DIGEST_MISMATCH'],
  ] as const) {
    repository.listed.push(lie);
    expect(await flow.run('modelscope', { model: 'o/model', include: 'config.json' }).catch(codeOf)).toBe(code);
    expect(await hashFolder(flow.folder)).toEqual({});
    repository.listed.pop();
  }
});

test('a cancelled run ends with ABORTED, and the next one goes on from what it left', async () => {
  const controller = new AbortController();
  const { stallAfter } = await import('../fakes/faults.ts');
  fakes.faults.add(stallAfter(17 * MIB), { path: 'weights/a.bin', times: 1 });
  const running = flow.run('modelscope', { model: 'o/model', connections: '1' }, controller.signal).catch(codeOf);
  await expect.poll(() => fakes.faults.struck.length).toBe(1);
  controller.abort();
  expect(await running).toBe('ABORTED');
  expect(await hashFolder(flow.folder)).toEqual({});
  fakes.reset();
  const report = await flow.run('modelscope', { model: 'o/model' });
  expect(report.totals.bytesResumed + report.totals.bytesDownloaded).toBeGreaterThan(0);
  expect(await hashFolder(flow.folder)).toEqual(await hashRepository(fakes.modelscope.repository('o/model'), 'master'));
});

test('a server that knows no ranges sends a large file whole, over any number of connections', async () => {
  const { FAULTS } = await import('../fakes/faults.ts');
  const row = FAULTS.find(({ name }) => name === 'whole file under 200 for a range');
  if (row === undefined || !('apply' in row)) throw new Error('the table has no such row');
  fakes.faults.add(row, { path: 'weights/a.bin', times: Number.POSITIVE_INFINITY });
  await flow.run('huggingface', { model: 'o/model', connections: '8' });
  expect(await hashFolder(flow.folder)).toEqual(await hashRepository(fakes.huggingface.repository('o/model'), 'main'));
});

test('one digest with two sizes is a listing that contradicts itself', async () => {
  const repository = fakes.modelscope.repository('o/model');
  repository.listed.push({ path: 'weights/b-copy.bin', sizeBytes: 5 });
  expect(await flow.run('modelscope', { model: 'o/model' }).catch(codeOf)).toBe('SIZE_MISMATCH');
  expect(fileRequests(fakes)).toBe(0);
  repository.listed.pop();
});

test('an empty file with another digest than that of nothing', async () => {
  const repository = fakes.modelscope.repository('o/model');
  repository.listed.push({ path: 'empty.txt', sha256: '2'.repeat(64) });
  expect(await flow.run('modelscope', { model: 'o/model' }).catch(codeOf)).toBe('DIGEST_MISMATCH');
  repository.listed.pop();
});

test('a folder inside the view that is a link is refused before the first byte', async () => {
  await mkdir(path.join(flow.root, 'elsewhere'));
  await mkdir(flow.folder);
  await symlink(path.join(flow.root, 'elsewhere'), path.join(flow.folder, 'weights'), 'dir');
  expect(await flow.run('modelscope', { model: 'o/model' }).catch(codeOf)).toBe('UNSAFE_PATH');
  expect(fileRequests(fakes)).toBe(0);
});

test('a dry run leaves a damaged blob where it is', async () => {
  await flow.run('modelscope', { model: 'o/model' });
  const file = path.join(flow.folder, 'config.json');
  await chmod(file, 0o644);
  await writeFile(file, '{"version":9}');
  const before = await readFile(file, 'utf8');
  const report = await flow.run('modelscope', { model: 'o/model', 'dry-run': 'true' });
  expect(report.models[0]?.files.find((one) => one.path === 'config.json')?.plan).toMatch(/damaged/);
  expect(await readFile(file, 'utf8')).toBe(before);
});
