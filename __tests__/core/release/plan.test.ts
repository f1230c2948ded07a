// A folder against a listing: what counts as the same, what is deleted, and whose changes meet ours.

import { describe, expect, test } from 'vitest';
import type { Digest } from '../../../src/core/digest.ts';
import { changeOf, chooseDeletes, differenceOf, listingOf, overlapOf } from '../../../src/core/release/plan.ts';
import { repoPath } from '../../../src/core/repo-path.ts';
import type { ListedFile } from '../../../src/core/snapshot.ts';
import { codeOfThrown } from '../thrown.ts';

const sha = (digit: string): Digest => `sha256:${digit.repeat(64)}`;
const git = (digit: string): Digest => `git-sha1:${digit.repeat(40)}`;
const listed = (path: string, ...digests: Digest[]): ListedFile => ({ path, sizeBytes: 5, digests, kind: 'file' });
const local = (path: string, digit: string) => ({
  path: repoPath(path),
  sizeBytes: 5,
  digests: { sha256: sha(digit), 'git-sha1': git(digit) },
  sample: new Uint8Array(),
  open: (): AsyncIterable<Uint8Array> => {
    throw new Error('nobody reads it');
  },
});

test.each<[string, ListedFile | undefined, string]>([
  ['not there', undefined, 'added'],
  ['the same by sha256', listed('a', sha('1')), 'unchanged'],
  ['the same by git’s id', listed('a', git('1')), 'unchanged'],
  ['another content', listed('a', sha('2')), 'changed'],
  ['one digest right and one wrong', listed('a', sha('1'), git('2')), 'changed'],
  ['another size', { ...listed('a', sha('1')), sizeBytes: 6 }, 'changed'],
  ['no digest', listed('a'), 'changed'],
  ['a link', { ...listed('a', sha('1')), kind: 'symlink' }, 'changed'],
])('%s', (_, entry, change) => {
  expect(changeOf(local('a', '1'), listingOf(entry === undefined ? [] : [entry]))).toBe(change);
});

describe('deletions', () => {
  const files = ['a.bin', 'b.bin', 'c.txt', 'sub/d.bin'].map((path) => listed(path, sha('1')));
  const choose = (globs: string[], most = 10, folder = '') =>
    chooseDeletes(files, new Set(['b.bin']), { globs, most, folder }).map(({ path }) => path);

  test('none unless asked for', () => expect(choose([])).toEqual([]));
  test('what is published stays', () => expect(choose(['*'])).toEqual(['a.bin', 'c.txt', 'sub/d.bin']));
  test('globs', () => expect(choose(['/*.bin'])).toEqual(['a.bin']));
  test('below a folder', () => expect(choose(['*'], 10, 'sub')).toEqual(['sub/d.bin']));
  test('the cap', () => expect(codeOfThrown(() => choose(['*'], 2))).toBe('TOO_MANY_DELETES'));
});

test('changes of others that meet ours, and that do not', () => {
  const before = listingOf([listed('a', sha('0')), listed('b', sha('0')), listed('c', sha('0'))]);
  const ours = { files: [local('a', '1')], deletes: ['b'] };
  const after = (...entries: ListedFile[]) => overlapOf(before, listingOf(entries), ours);
  expect(after(listed('a', sha('0')), listed('b', sha('0')), listed('c', sha('9')))).toEqual([]);
  expect(after(listed('a', sha('9')), listed('b', sha('0')))).toEqual(['a']);
  expect(after(listed('a', sha('1')), listed('b', sha('0')))).toEqual([]);
  expect(after(listed('a', sha('0')), listed('b', sha('9')))).toEqual(['b']);
  expect(after(listed('a', sha('0')))).toEqual([]);
  expect(after(listed('b', sha('0')))).toEqual(['a']);
});

test('what keeps a listing from being the release', () => {
  const release = { files: [local('a', '1')], deletes: ['b'] };
  const of = (...entries: ListedFile[]) => differenceOf(listingOf(entries), release);
  expect(of(listed('a', sha('1')))).toBeUndefined();
  expect(of()).toContain('"a" is missing');
  expect(of(listed('a', sha('2')))).toContain('"a"');
  expect(of(listed('a', sha('1')), listed('b', sha('2')))).toContain('"b" is still there');
});
