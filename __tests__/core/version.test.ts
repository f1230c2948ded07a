// Ranges over tags, and that both choosers of a version choose alike.

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { chooseTag, isRange } from '../../src/core/version.ts';
import { pickSemver } from '../../src/host/semver-picker.ts';
import { pickToolVersion } from '../../src/host/tool-cache.ts';

// The tool cache tells the debug log what it does.
beforeAll(() => void vi.spyOn(process.stdout, 'write').mockImplementation(() => true));
afterAll(() => void vi.restoreAllMocks());

test.each([
  ['latest', true],
  ['^1.2', true],
  ['~2.0', true],
  ['1.x', true],
  ['v1.X', true],
  ['*', true],
  ['>=1.0 <2', true],
  ['1.0 - 2.0', true],
  ['1 || 3', true],
  ['=1.0.0', true],
  ['1.0.0', false],
  ['v1.0', false],
  ['1', false],
  ['main', false],
  ['release-1.x', false],
  ['feature.x', false],
  ['not a range', false],
  ['0123456789abcdef0123456789abcdef01234567', false],
])('whether %j is a range: %s', (text, answer) => {
  expect(isRange(text)).toBe(answer);
});

const TAGS = [
  'v0.9',
  'v1',
  'v1.2',
  'v1.2.3',
  '1.3.0-rc.1',
  'v1.10.0',
  '2.0.0-beta',
  'v2.0.0',
  'nightly',
  'v3.0.0-alpha.1',
  'release-9',
];
const RANGES: readonly (readonly [string, string | undefined])[] = [
  ['latest', 'v2.0.0'],
  ['*', 'v2.0.0'],
  ['^1.2', 'v1.10.0'],
  ['~1.2', 'v1.2.3'],
  ['1.x', 'v1.10.0'],
  ['<1', 'v0.9'],
  ['<1.2', 'v1'],
  ['=1.2', 'v1.2.3'],
  ['>=1.2.0 <1.2.3', 'v1.2'],
  ['1.0.0 - 1.5', 'v1.2.3'],
  ['~1.3.0-rc', '1.3.0-rc.1'],
  ['>=3.0.0-alpha', 'v3.0.0-alpha.1'],
  ['^4', undefined],
  ['9', undefined],
];

describe.each([
  ['by semver', pickSemver],
  ['by the tool cache', pickToolVersion],
])('the best tag %s', (_, pick) => {
  test.each(RANGES)('%s is %s', (range, tag) => {
    expect(chooseTag(range, TAGS, pick)).toBe(tag);
    expect(chooseTag(range, TAGS.toReversed(), pick)).toBe(tag);
  });

  test('no tag is no version', () => {
    expect(chooseTag('*', [], pick)).toBeUndefined();
    expect(chooseTag('latest', ['main', 'stable'], pick)).toBeUndefined();
    expect(chooseTag('latest', ['1.0.0-rc.1'], pick)).toBeUndefined();
  });

  test('of two spellings of a version the longer is chosen, since a short one is often a tag that moves', () => {
    expect(chooseTag('^1', ['1.0.0', 'v1.0.0'], pick)).toBe('v1.0.0');
    expect(chooseTag('^1', ['v1', 'v1.0', 'v1.0.0'], pick)).toBe('v1.0.0');
  });
});

test('both choosers agree over many versions and ranges', () => {
  const numbers = [0, 1, 2, 10];
  const plain = numbers.flatMap((a) => numbers.flatMap((b) => numbers.map((c) => `${a}.${b}.${c}`)));
  const versions = plain.flatMap((version) => [version, `${version}-alpha.2`, `${version}-rc.10`]);
  const shapes = plain.flatMap((v) => [
    `^${v}`,
    `~${v}`,
    `<${v}`,
    `>=${v} <2.0.0`,
    `${v}`,
    `>${v}-alpha`,
    `<=${v}-rc.9`,
  ]);
  for (const range of [...shapes, '*', '', 'x', '1.x', '2.10', 'nonsense']) {
    const known = versions.filter((_, index) => index % (1 + (range.length % 5)) === 0);
    expect([range, pickToolVersion(known, range)]).toEqual([range, pickSemver(known, range)]);
  }
});

test('a chooser leaves the list as it was', () => {
  const list = Object.freeze(['1.0.0', '3.0.0', '2.0.0']);
  expect([pickToolVersion(list, '*'), pickSemver(list, '*')]).toEqual(['3.0.0', '3.0.0']);
});
