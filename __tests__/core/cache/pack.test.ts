// The form of a pack: what is written is read back, and nothing else is taken for one.

import { describe, expect, test } from 'vitest';
import { packHead, packOrder, parsePackHead } from '../../../src/core/cache/pack.ts';
import { digestOf } from '../../../src/core/digest.ts';

const member = (name: string, algorithm: 'sha256' | 'git-sha1' = 'sha256') => ({
  identity: digestOf(algorithm, name),
  sizeBytes: name.length,
});
const MEMBERS = packOrder([member('one'), member('three', 'git-sha1'), member('five5')]);

test('a head comes back, whatever follows it', () => {
  const head = packHead(MEMBERS);
  for (const rest of ['', 'bytes\nmore\n']) {
    const parsed = parsePackHead(Buffer.concat([head, Buffer.from(rest)]));
    expect(parsed).toEqual({ kind: 'head', members: MEMBERS, sizeBytes: head.length });
  }
  expect(parsePackHead(packHead([]))).toMatchObject({ kind: 'head', members: [] });
});

test('any beginning of one is incomplete', () => {
  const head = packHead(MEMBERS);
  for (let length = 0; length < head.length; length += 1) {
    expect(parsePackHead(head.subarray(0, length)).kind).toBe('more');
  }
});

test('the order follows from the content alone', () => {
  expect(packOrder(MEMBERS.toReversed())).toEqual(MEMBERS);
});

describe('what is no head', () => {
  const good = packHead([member('one')]).toString();
  test.each([
    ['another form', good.replace('pack-1', 'pack-2')],
    ['a negative number', good.replace('-1 1\n', '-1 -1\n')],
    ['too large a number', good.replace('-1 1\n', '-1 10000000\n')],
    ['another algorithm', good.replace('sha256:', 'sha512:')],
    ['a digest that is too short', good.replace(/:[0-9a-f]{4}/, ':')],
    ['a digest of the other length', good.replace('sha256:', 'git-sha1:')],
    ['capitals', good.replace(/:[0-9a-f]{64}/, (hex) => hex.toUpperCase())],
    ['a size that is none', good.replace(/ 3\n/, ' x\n')],
    ['a member of nothing', good.replace(/ 3\n/, ' 0\n')],
    ['a negative size', good.replace(/ 3\n/, ' -3\n')],
    ['a size beyond numbers', good.replace(/ 3\n/, ' 99999999999999999999\n')],
    ['a line too much in between', good.replace('\n', '\n\n')],
    ['bytes without lines', 'x'.repeat(100)],
  ])('%s', (_, text) => {
    expect(parsePackHead(Buffer.from(text)).kind).toBe('wrong');
  });
  test('a head without end', () => {
    const text = `model-fetch-pack-1 999999\n${'x'.repeat(17 * 1024 * 1024)}`;
    expect(parsePackHead(Buffer.from(text)).kind).toBe('wrong');
  });
});
