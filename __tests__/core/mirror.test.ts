// Mirrors as people write them.

import { describe, expect, test } from 'vitest';
import { fillPattern, mirrorName, readMirror } from '../../src/core/mirror.ts';
import { codeOfThrown } from './thrown.ts';

describe('a mirror', () => {
  test.each([
    ['mirror.test', 'https://mirror.test'],
    ['http://mirror.test:8080/hub/', 'http://mirror.test:8080/hub'],
    ['http://cache', 'http://cache'],
  ])('%j is a site', (text, address) => {
    expect(readMirror(text)).toEqual({ address, isPattern: false });
    expect(mirrorName(readMirror(text))).toBe(address);
  });

  test.each([
    'https://files.test/{repo}/{revision}/{path}',
    'https://files.test/blobs/{sha256}',
    'https://files.test/{owner}/{name}/{path}',
    'https://files.test/100%/{path}',
  ])('%j is a pattern', (text) => {
    expect(readMirror(text)).toEqual({ address: text, isPattern: true });
    expect(readMirror(text.replace('https://', ''))).toEqual({ address: text, isPattern: true });
    expect(mirrorName(readMirror(text))).toBe(text);
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
    'https://files.test/a|b/{path}',
    'https://files.test/<img>/{path}',
    'https://files.test/"{path}',
  ])('%j is refused', (text) => {
    expect(codeOfThrown(() => readMirror(text))).toBe('BAD_OPTION');
  });
});

test('a pattern is filled as often as it asks', () => {
  expect(fillPattern('{path}/{sha256}/{path}', (name) => name.toUpperCase())).toBe('PATH/SHA256/PATH');
});
