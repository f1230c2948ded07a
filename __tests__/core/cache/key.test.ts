// Names of cache entries: from content alone.

import { expect, test } from 'vitest';
import { cacheParts, entryName, OWN_ENTRY_BYTES } from '../../../src/core/cache/key.ts';
import { type Digest, digestOf, hexOf } from '../../../src/core/digest.ts';
import type { ModelRef } from '../../../src/core/ref.ts';
import { identityOf, type RemoteFile } from '../../../src/core/snapshot.ts';
import { snapshotOf } from '../sample.ts';

const REF: ModelRef = { hub: 'modelscope', kind: 'model', repo: 'o/n' };
const small = (...paths: string[]) => snapshotOf(paths).files;
const large = (...paths: string[]) => snapshotOf(paths, OWN_ENTRY_BYTES).files;
const keys = (files: readonly RemoteFile[], ref = REF) => cacheParts(ref, files).map((part) => part.entry.key);

test('one entry for each large file, one for all small ones', () => {
  const parts = cacheParts(REF, [...small('a', 'b'), ...large('x', 'y')]);
  expect(parts.map((part) => part.files.map((file) => file.path))).toEqual([['x'], ['y'], ['a', 'b']]);
  expect(keys(large('x'))).toEqual([`model-fetch-v1-blob-sha256-${hexOf(digestOf('sha256', 'x'))}`]);
  expect(keys([])).toEqual([]);
  expect(keys(small('a'))).toHaveLength(1);
});

test('the border: one byte less travels with the small ones', () => {
  expect(keys(snapshotOf(['x'], OWN_ENTRY_BYTES - 1).files)[0]).toContain('-pack-');
  expect(keys(snapshotOf(['x'], OWN_ENTRY_BYTES).files)[0]).toContain('-blob-');
});

test('the same content is carried once, and an empty file never', () => {
  const [file] = large('x');
  const [again] = small('a');
  const [empty] = snapshotOf(['e'], 0).files;
  if (file === undefined || again === undefined || empty === undefined) throw new Error('no files');
  expect(keys([file, { ...file, path: again.path }])).toHaveLength(1);
  expect(cacheParts(REF, [again, { ...again, path: file.path }]).map((part) => part.files.length)).toEqual([1]);
  expect(keys([empty])).toEqual([]);
});

test('keys are stable', () => {
  const [key] = keys(small('a', 'b'));
  expect(keys(small('b', 'a'))).toEqual([key]);
  expect(keys(small('a', 'b').toReversed())).toEqual([key]);
  expect(key).toMatch(/^model-fetch-v1-pack-[0-9a-f]{16}-[0-9a-f]{64}$/);
});

test('revisions share what did not change; packs of one repository share a prefix', () => {
  const later = { ...REF, revision: 'v2', subpath: 'sub', site: 'https://elsewhere.test' };
  expect(keys([...large('x'), ...small('a')], later)).toEqual(keys([...large('x'), ...small('a')]));
  const [one, two] = [small('a'), small('a', 'b')].map((files) => cacheParts(REF, files)[0]?.entry);
  expect(one?.restoreKeys).toEqual(two?.restoreKeys);
  expect(one?.folder).toBe(two?.folder);
  expect(one?.key).not.toBe(two?.key);
  expect(two?.key.startsWith(one?.restoreKeys[0] ?? 'none')).toBe(true);
});

test.each<[string, ModelRef]>([
  ['another repository', { ...REF, repo: 'o/m' }],
  ['another hub', { ...REF, hub: 'huggingface' }],
  ['a dataset', { ...REF, kind: 'dataset' }],
])('%s has packs of its own, and the same large files', (_, ref) => {
  expect(keys(small('a'), ref)).not.toEqual(keys(small('a')));
  expect(keys(large('x'), ref)).toEqual(keys(large('x')));
});

test('nothing in a key or a folder names an operating system, a path or a repository', () => {
  const hostile = { ...REF, repo: '--checkpoint-action/exec' };
  for (const { entry } of cacheParts(hostile, [...large('-x'), ...small('--files-from', 'a,b')])) {
    for (const name of [entry.key, entry.folder, ...entry.restoreKeys]) expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(entry.key.length).toBeLessThan(512);
    expect(`${entry.key}${entry.folder}`).not.toMatch(/checkpoint|files-from|linux|win32|darwin|x64/);
  }
});

test('what a lock file knows besides changes no name', () => {
  const [file] = small('a');
  const git: Digest = `git-sha1:${'a'.repeat(40)}`;
  if (file === undefined) throw new Error('no file');
  for (const sizeBytes of [10, OWN_ENTRY_BYTES]) {
    const listed: RemoteFile = { ...file, sizeBytes, digests: [git] };
    const locked: RemoteFile = { ...file, sizeBytes, digests: [file.digests[0], git] };
    expect(keys([locked])).toEqual(keys([listed]));
    expect(entryName(locked)).toBe(entryName(listed));
  }
});

test('a file inside an entry has its digest for a name', () => {
  const [file] = small('--files-from');
  expect(file && entryName(file)).toBe(file && hexOf(identityOf(file)));
});
