// Mirrors as people write them.

import { describe, expect, test } from 'vitest';
import { fillPattern, mirrorName, readMirror } from '../../src/core/mirror.ts';
import { codeOfThrown } from './thrown.ts';

describe('a mirror', () => {
  test.each([
    ['mirror.test', 'https://mirror.test', 'mirror.test'],
    ['http://mirror.test:8080/hub/', 'http://mirror.test:8080/hub', 'mirror.test:8080/hub'],
  ])('%j is a site', (text, address, name) => {
    expect(readMirror(text)).toEqual({ address, isPattern: false });
    expect(mirrorName(readMirror(text))).toBe(name);
  });

  test.each([
    ['https://files.test/{repo}/{revision}/{path}', 'files.test'],
    ['https://files.test/blobs/{sha256}', 'files.test/blobs'],
    ['https://files.test/{owner}/{name}/{path}', 'files.test'],
  ])('%j is a pattern', (text, name) => {
    expect(readMirror(text)).toEqual({ address: text, isPattern: true });
    expect(readMirror(text.replace('https://', ''))).toEqual({ address: text, isPattern: true });
    expect(mirrorName(readMirror(text))).toBe(name);
  });

  test.each([
    'ftp://mirror.test',
    'https://user:secret@mirror.test',
    'https://files.test/{file}',
    'https://files.test/{repo}',
    'https://files.test/{path}?token=1',
    'https://{path}',
    'https://{owner}.test/{path}',
    'https://files.test:{path}/x',
    'not an address',
  ])('%j is refused', (text) => {
    expect(codeOfThrown(() => readMirror(text))).toBe('BAD_OPTION');
  });
});

test('a pattern is filled as often as it asks', () => {
  expect(fillPattern('{path}/{sha256}/{path}', (name) => name.toUpperCase())).toBe('PATH/SHA256/PATH');
});
