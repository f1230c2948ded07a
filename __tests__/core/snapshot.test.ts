// Listings become snapshots, or are refused by name.

import { describe, expect, test } from 'vitest';
import { type Digest, digestOf } from '../../src/core/digest.ts';
import {
  createSnapshot,
  describeSnapshot,
  identityOf,
  type ListedFile,
  promisedSha256,
  totalBytes,
} from '../../src/core/snapshot.ts';
import { codeOfThrown, thrown } from './thrown.ts';

const SOURCE = {
  ref: { hub: 'modelscope', kind: 'model', repo: 'o/n' },
  revision: '0123456789abcdef0123456789abcdef01234567',
  immutable: true,
} as const;

function listed(path: string, changes: Partial<ListedFile> = {}): ListedFile {
  return { path, sizeBytes: path.length, digests: [digestOf('sha256', path)], kind: 'file', ...changes };
}

const make = (...files: ListedFile[]) => createSnapshot(SOURCE, files);

describe('a snapshot', () => {
  const files = ['b', 'a/c', 'a/b', 'Z', '模'].map((path) => listed(path));

  test('is sorted by path and keeps what the hub said', () => {
    const snapshot = make(...files);
    expect(snapshot.files.map((file) => file.path)).toEqual(['Z', 'a/b', 'a/c', 'b', '模']);
    expect(snapshot).toMatchObject(SOURCE);
    expect(describeSnapshot(snapshot)).toBe('modelscope:o/n@0123456789ab');
    expect(totalBytes(snapshot.files)).toBe(9);
  });

  test('has the same id in any order, and under any name of the repository', () => {
    const { id } = make(...files);
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(make(...files.toReversed()).id).toBe(id);
    const elsewhere = { ref: { ...SOURCE.ref, hub: 'huggingface', repo: 'x/y' }, revision: 'other', immutable: false };
    expect(createSnapshot(elsewhere, files).id).toBe(id);
  });

  test.each<[string, ListedFile[]]>([
    ['a name', [listed('a', { digests: [digestOf('sha256', 'b')] })]],
    ['a size', [listed('b', { sizeBytes: 2 })]],
    ['a digest', [listed('b', { digests: [digestOf('sha256', 'c')] })]],
    ['one more file', [listed('b'), listed('c')]],
    ['no file', []],
  ])('has another id after a change of %s', (_, changed) => {
    expect(make(...changed).id).not.toBe(make(listed('b')).id);
  });

  test('goes by the strongest digest, in whatever order the hub lists them', () => {
    const weak = digestOf('git-sha1', 'x');
    const strong = digestOf('sha256', 'x');
    const [one] = make(listed('x', { digests: [weak, strong] })).files;
    const [two] = make(listed('x', { digests: [strong] })).files;
    expect(one?.digests).toEqual([strong, weak]);
    expect(one && identityOf(one)).toBe(strong);
    expect(one && promisedSha256(one)).toBe(strong.slice('sha256:'.length));
    expect(make(listed('x', { digests: [weak, strong] })).id).toBe(make(listed('x', { digests: [strong] })).id);
    expect(two?.digests).toHaveLength(1);
  });

  test('promises no sha256 where the hub gave only a blob id', () => {
    const [file] = make(listed('x', { digests: [digestOf('git-sha1', 'x')] })).files;
    expect(file && promisedSha256(file)).toBeUndefined();
  });
});

describe('a hostile listing', () => {
  const none: Digest[] = [];
  test.each<[string, ListedFile[], string]>([
    ['a path that leads out', [listed('../../etc/passwd')], 'UNSAFE_PATH'],
    ['an absolute path', [listed('/etc/passwd')], 'UNSAFE_PATH'],
    ['an empty path', [listed('')], 'UNSAFE_PATH'],
    ['a symbolic link', [listed('a', { kind: 'symlink' })], 'UNSAFE_PATH'],
    ['a submodule', [listed('a', { kind: 'submodule' })], 'UNSAFE_PATH'],
    ['something unknown', [listed('a', { kind: 'unknown' })], 'UNSAFE_PATH'],
    ['a file twice', [listed('a'), listed('a')], 'UNSAFE_PATH'],
    ['names that differ in case', [listed('a'), listed('A')], 'UNSAFE_PATH'],
    ['a file as a folder', [listed('a'), listed('a/b')], 'UNSAFE_PATH'],
    ['no digest', [listed('a', { digests: none })], 'UNVERIFIABLE'],
    ['a negative size', [listed('a', { sizeBytes: -1 })], 'SIZE_MISMATCH'],
    ['half a byte', [listed('a', { sizeBytes: 0.5 })], 'SIZE_MISMATCH'],
    ['no number', [listed('a', { sizeBytes: Number.NaN })], 'SIZE_MISMATCH'],
    ['an endless size', [listed('a', { sizeBytes: Number.POSITIVE_INFINITY })], 'SIZE_MISMATCH'],
    ['a size past exact numbers', [listed('a', { sizeBytes: 2 ** 53 })], 'SIZE_MISMATCH'],
  ])('%s', (_, files, code) => {
    expect(codeOfThrown(() => make(listed('fine'), ...files))).toBe(code);
  });

  test('is refused by the name of the file', () => {
    expect(thrown(() => make(listed('fine'), listed('bad/link', { kind: 'symlink' }))).message).toContain('bad/link');
    expect(thrown(() => make(listed('fine'), listed('bare.bin', { digests: none }))).message).toContain('bare.bin');
  });
});
