// The model behind the fakes: content that is the same from any offset, and commits that do not change.

import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytesOf, createBody, pointerOf } from './content.ts';
import { below, listFiles } from './listing.ts';
import { createRepository } from './repository.ts';

describe('content', () => {
  test('seeded bytes are the same whole and in parts', async () => {
    const body = createBody({ seed: 1, sizeBytes: 700_001 });
    const whole = await bytesOf(body);
    expect(whole.length).toBe(700_001);
    for (const [start, end] of [
      [0, 1],
      [15, 17],
      [16, 48],
      [262_143, 600_003],
      [700_000, 700_001],
    ] as const) {
      expect((await bytesOf(body, start, end)).equals(whole.subarray(start, end))).toBe(true);
    }
    expect((await bytesOf(createBody({ seed: 2, sizeBytes: 700_001 }))).equals(whole)).toBe(false);
  });

  test('a range far inside a huge file costs no more than its length', async () => {
    const body = createBody({ seed: 'huge', sizeBytes: 2 ** 50 });
    const start = 2 ** 49 + 5;
    expect(
      (await bytesOf(body, start, start + 100)).equals((await bytesOf(body, start - 5, start + 100)).subarray(5)),
    ).toBe(true);
  });

  // The values are those of huggingface.md 3.6.
  test('digests are the documented ones', async () => {
    expect(await createBody('hello\n').digests()).toEqual({
      sha256: '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03',
      gitSha1: 'ce013625030ba8dba906f756967f9e9ca394464a',
    });
    expect((await createBody('').digests()).gitSha1).toBe('e69de29bb2d1d6434b8b29ae775ad8c2e48c5391');
    const pointer = pointerOf('5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03', 6);
    expect((await createBody(pointer).digests()).gitSha1).toBe('fa61e1ef71c9908c0926776a4aa3504b3a27f159');
  });

  test('a file on disk is read by ranges', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fakes-'));
    try {
      await writeFile(join(folder, 'file'), 'abcdef');
      const body = createBody({ file: join(folder, 'file') });
      expect((await bytesOf(body, 2, 4)).toString()).toBe('cd');
      expect((await body.digests()).sha256).toBe(createHash('sha256').update('abcdef').digest('hex'));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('repository', () => {
  const describeIt = () =>
    createRepository(
      { id: 'o/n', commits: [{ files: { a: '1', b: '1' } }, { files: { a: '2', b: '1' } }], tags: { v1: 0 } },
      'main',
    );

  test('commits have the same ids each time, and know which of them changed a file', () => {
    const [first, second] = [describeIt().resolve('v1'), describeIt().resolve('main')];
    expect(first?.id).toMatch(/^[0-9a-f]{40}$/);
    expect(describeIt().resolve('v1')?.id).toBe(first?.id);
    expect(second?.entries.get('a')?.commitId).toBe(second?.id);
    expect(second?.entries.get('b')?.commitId).toBe(first?.id);
  });

  test('a new commit moves the branch and leaves the old one as it was', async () => {
    const repository = describeIt();
    const before = repository.resolve('main');
    const id = repository.commit('main', { a: null, c: '3' });
    expect([...(repository.resolve('main')?.entries.keys() ?? [])]).toEqual(['b', 'c']);
    expect(repository.resolve('main')?.id).toBe(id);
    expect(repository.resolve(before?.id ?? '')?.entries.has('a')).toBe(true);
    expect(repository.history(repository.resolve('main') ?? expect.fail()).length).toBe(3);
  });

  test('a listing tells folders, lies as it is told to, and hides', async () => {
    const repository = createRepository(
      {
        id: 'o/n',
        commits: [{ files: { 'x/y/z': '1', top: '22', secret: '' }, symlinks: { link: 'top' } }],
        listed: [{ path: 'top', sizeBytes: 2 ** 50 }, { path: '../x' }, { path: 'secret', hidden: true }],
      },
      'main',
    );
    const files = await listFiles(repository, repository.resolve('main') ?? expect.fail(), 1);
    expect(files.map(({ path, type, sizeBytes, isLarge }) => [path, type, sizeBytes, isLarge])).toEqual([
      ['../x', 'file', 1, false],
      ['link', 'symlink', 3, false],
      ['top', 'file', 2 ** 50, true],
      ['x/y/z', 'file', 1, false],
    ]);
    expect(below(files, '', false).map(({ path }) => path)).toEqual(['..', 'link', 'top', 'x']);
    expect(below(files, 'x', true).map(({ path }) => path)).toEqual(['x/y', 'x/y/z']);
  });
});
