// `model-fetch store …` as a process: what it lists, what it removes, what it finds damaged, and how it ends.

import { mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createLayout } from '../../src/disk/store/layout.ts';
import { flipByte } from '../disk/flip-byte.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { runCommand } from './command.ts';

const KIB = 1024;
const PROGRAM = path.join(import.meta.dirname, '..', '..', 'src', 'entry', 'cli.ts');
const model = (id: string, kib: number) => ({
  id,
  commits: [{ files: { 'a.bin': { seed: id, sizeBytes: kib * KIB } } }],
});

let fakes: Fakes;
let cwd: string;
beforeAll(async () => {
  fakes = await startFakes([model('o/old', 300), model('o/new', 200), model('o/locked', 100)]);
});
afterAll(() => fakes.close());
beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'store-command-'));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

const run = (...args: string[]) =>
  runCommand(args, { cwd, env: { MODELSCOPE_ENDPOINT: fakes.modelscope.url }, program: PROGRAM });
const store = (...args: string[]) => run('store', ...args, '--store', 's');

/** Downloads in this order; the folders go again, and with them the links. */
async function fill(): Promise<void> {
  expect((await run('lock', 'o/locked')).exitCode).toBe(0);
  for (const id of ['o/locked', 'o/old', 'o/new']) {
    const result = await run(
      'download',
      id,
      '--store',
      's',
      '--path',
      'p',
      ...(id === 'o/locked' ? ['--lock', 'model.lock'] : []),
    );
    expect(result.exitCode, result.stderr).toBe(0);
    await rm(path.join(cwd, 'p'), { recursive: true });
  }
}

test('a life of a store: listed, collected with a pin in force, checked, mended', async () => {
  const empty = await store('ls');
  expect([empty.exitCode, empty.stdout]).toEqual([0, expect.stringMatching(/: 0 contents, 0 B\n$/)]);
  expect(await readdir(cwd)).toEqual([]);
  await fill();

  const listed = await store('ls');
  expect(listed.stdout.match(/o\/\w+/g)).toEqual(['o/new', 'o/old', 'o/locked']);
  expect(JSON.parse((await store('ls', '--json')).stdout)).toMatchObject({ action: 'ls', partialBytes: 0 });

  const planned = await store('gc', '--store-limit', '350KiB', '--dry-run', '--json');
  const collected = await store('gc', '--store-limit', '350KiB', '--json');
  expect(JSON.parse(collected.stdout)).toEqual({ ...JSON.parse(planned.stdout), dryRun: false });
  expect(JSON.parse(collected.stdout)).toMatchObject({ beforeBytes: 600 * KIB, afterBytes: 300 * KIB });
  expect((await store('ls')).stdout).toMatch(/kept by a lock file: 100 KiB/);

  // What the lock file pins stays, whatever the limit.
  const tight = await store('gc', '--store-limit', '0');
  expect(tight.stdout).toMatch(/100 KiB stay, the limit is 0 B/);
  expect((await store('verify')).stdout).toMatch(/1 contents hashed, 100 KiB; 0 damaged\n/);

  const [blob] = JSON.parse((await store('ls', '--json')).stdout).blobs;
  const file = createLayout(path.join(cwd, 's')).blob(blob.sha256);
  const { atime, mtime } = await stat(file);
  await flipByte(file);
  await utimes(file, atime, mtime);
  const looked = await store('verify', '--dry-run');
  expect([looked.exitCode, looked.stdout]).toEqual([5, expect.stringMatching(/1 damaged; nothing was changed\n$/)]);
  expect((await store('verify')).exitCode).toBe(5);
  const after = await store('verify');
  expect([after.exitCode, after.stdout]).toEqual([0, expect.stringMatching(/^0 contents/)]);
});

test('a limit in a download keeps the store to it', async () => {
  for (const id of ['o/old', 'o/new'])
    expect((await run('download', id, '--store', 's', '--path', id, '--store-limit', '1GiB')).exitCode).toBe(0);
  await rm(path.join(cwd, 'o', 'old'), { recursive: true });
  const result = await run('download', 'o/new', '--store', 's', '--path', 'o/new', '--store-limit', '250KiB');
  expect(result.stderr).toMatch(/Removed 1 contents \(300 KiB\) from the store/);
  const { blobs } = JSON.parse((await store('ls', '--json')).stdout);
  expect(blobs).toMatchObject([{ sizeBytes: 200 * KIB, keeper: 'link' }]);
});
