// Digests as text, against values that git and sha256sum give.

import { expect, test } from 'vitest';
import { algorithmOf, createDigester, digestOf, hexOf, toDigest } from '../../src/core/digest.ts';

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const HELLO_BLOB = 'ce013625030ba8dba906f756967f9e9ca394464a';

test('known values', () => {
  expect(digestOf('sha256', '')).toBe(`sha256:${EMPTY}`);
  expect(digestOf('git-sha1', 'hello\n')).toBe(`git-sha1:${HELLO_BLOB}`);
  expect(digestOf('git-sha1', new Uint8Array())).toBe('git-sha1:e69de29bb2d1d6434b8b29ae775ad8c2e48c5391');
});

test('pieces give the same as the whole', () => {
  const digester = createDigester('git-sha1', 6);
  digester.update('hel');
  digester.update('lo\n');
  expect(digester.digest('hex')).toBe(HELLO_BLOB);
});

test('parts of a digest', () => {
  const digest = digestOf('git-sha1', 'hello\n');
  expect([algorithmOf(digest), hexOf(digest)]).toEqual(['git-sha1', HELLO_BLOB]);
});

test.each<[unknown, string | undefined]>([
  [EMPTY, `sha256:${EMPTY}`],
  [EMPTY.toUpperCase(), `sha256:${EMPTY}`],
  [EMPTY.slice(1), undefined],
  [`${EMPTY}0`, undefined],
  [EMPTY.replace('e', 'g'), undefined],
  [`"${EMPTY.slice(2)}"`, undefined],
  [HELLO_BLOB, undefined],
  ['', undefined],
  [null, undefined],
  [undefined, undefined],
  [42, undefined],
])('%j as sha256', (hex, digest) => {
  expect(toDigest('sha256', hex)).toBe(digest);
});
