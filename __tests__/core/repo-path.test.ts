// Names of strangers' files: every reason for a refusal, and names that are one file on some system.

import { describe, expect, test } from 'vitest';
import { printable, refuseCollisions, repoPath, unsafeReason } from '../../src/core/repo-path.ts';
import { codeOfThrown, thrown } from './thrown.ts';

describe('refused', () => {
  test.each([
    ['empty', ''],
    ['NUL', 'a\u0000b'],
    ['line break', 'a\nb'],
    ['escape', 'a\u001b[31m'],
    ['DEL', 'a\u007f'],
    ['C1 control', 'a\u009bb'],
    ['right-to-left override', 'a\u202egnp.exe'],
    ['isolate', 'a\u2066b'],
    ['line separator', 'a\u2028b'],
    ['lone surrogate', 'a\ud800b'],
    ['absolute', '/etc/passwd'],
    ['network share', '//host/share'],
    ['drive', 'C:/x'],
    ['drive, relative', 'c:x'],
    ['backslash', 'a\\..\\b'],
    ['empty folder name', 'a//b'],
    ['ends in a slash', 'a/'],
    ['dot', './a'],
    ['dot in the middle', 'a/./b'],
    ['up', '../a'],
    ['up in the middle', 'a/../../b'],
    ['up at the end', 'a/..'],
    ['git folder', '.git/config'],
    ['git folder in another case', 'a/.GIT/hooks/x'],
    ['git folder by its short name', 'git~1/config'],
    ['less than', 'a<b'],
    ['greater than', 'a>b'],
    ['stream', 'a:b'],
    ['quote', 'a"b'],
    ['pipe', 'a|b'],
    ['question mark', 'a?b'],
    ['star', 'a*b'],
    ['dot at the end', 'a.'],
    ['dot at the end of a folder', 'a./b'],
    ['space at the end', 'a '],
    ['device', 'con'],
    ['device with an ending', 'a/NUL.txt'],
    ['device with two endings', 'Aux.tar.gz'],
    ['device and a space', 'prn .txt'],
    ['port', 'com1'],
    ['port with a superscript', 'LPT²'],
    ['console', 'conin$'],
    ['a name of 256 bytes', 'n'.repeat(256)],
    ['a name of 86 wide characters', '模'.repeat(86)],
  ])('%s: %j', (_, path) => {
    expect(unsafeReason(path)).toEqual(expect.any(String));
    expect(codeOfThrown(() => repoPath(path))).toBe('UNSAFE_PATH');
  });
});

test.each(
  [
    'config.json',
    'a/b/c.bin',
    '.gitattributes',
    '.github/x.yml',
    'model-00001-of-00002.safetensors',
    'a b.txt',
    '模型/权重.bin',
    'n'.repeat(255),
    'com',
    'com10',
    'console.log',
    'null.json',
    '...a',
    '-rf',
    '--checkpoint-action=exec',
    "it's & $HOME `x`",
    '::error::x',
  ].filter((path) => !path.includes(':')),
)('%j is written as it is', (path) => {
  expect(unsafeReason(path)).toBeUndefined();
  expect(repoPath(path)).toBe(path);
});

test('the refusal names the file, harmlessly', () => {
  const { message } = thrown(() => repoPath('evil\u001b]0;x\u0007\n::error::y'));
  expect(message).toContain('evil\\u001b');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  expect(message).not.toMatch(/[\u0000-\u001f]/);
});

describe('collisions', () => {
  test.each([
    ['the same twice', ['a', 'a']],
    ['case', ['README.md', 'readme.MD']],
    ['case of a folder', ['A/x', 'a/y']],
    ['case of a folder further down', ['p/A/x', 'p/a/y']],
    ['Unicode form', ['caf\u00e9', 'cafe\u0301']],
    ['Unicode form of a folder', ['caf\u00e9/x', 'cafe\u0301/y']],
    ['Unicode form and case', ['CAF\u00c9', 'cafe\u0301']],
    ['a sigma at the end', ['ΟΔΟΣ', 'οδοσ']],
    ['the Kelvin sign', ['\u212a', 'k']],
    ['a sharp s', ['straße', 'STRASSE']],
    ['a file that is a folder', ['a', 'a/b']],
    ['a folder that is a file', ['a/b/c', 'a/b']],
    ['a file that is a folder in another case', ['A', 'a/b']],
  ])('%s', (_, paths) => {
    const safe = paths.map(repoPath);
    expect(codeOfThrown(() => refuseCollisions(safe))).toBe('UNSAFE_PATH');
    expect(codeOfThrown(() => refuseCollisions(safe.toReversed()))).toBe('UNSAFE_PATH');
  });

  test('none', () => {
    const paths = ['a/b', 'a/c', 'a.b', 'ab', 'a-b/c', 'b/a', 'b/b'].map(repoPath);
    expect(() => refuseCollisions(paths)).not.toThrow();
  });
});

test('printable shows what would act, and leaves the rest', () => {
  expect(printable('a\tb\u0085\u202e模')).toBe('a\\u0009b\\u0085\\u202e模');
});
