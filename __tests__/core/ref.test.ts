// References: what each form means, that it formats back to itself, and what is refused.

import { describe, expect, test } from 'vitest';
import { formatRef, isRevision, type ModelRef, parseRef, repositoryOf } from '../../src/core/ref.ts';
import { GRAMMARS } from './grammars.ts';
import { codeOfThrown, thrown } from './thrown.ts';

const read = (text: string) => parseRef(text, GRAMMARS);
const MS = { hub: 'modelscope', kind: 'model' } as const;
const HF = { hub: 'huggingface', kind: 'model' } as const;

const FORMS: readonly (readonly [string, ModelRef])[] = [
  ['owner/name', { ...MS, repo: 'owner/name' }],
  ['  owner/name  ', { ...MS, repo: 'owner/name' }],
  ['ms:owner/name', { ...MS, repo: 'owner/name' }],
  ['MS:Owner/Name', { ...MS, repo: 'Owner/Name' }],
  ['modelscope:owner/name', { ...MS, repo: 'owner/name' }],
  ['hf:owner/name', { ...HF, repo: 'owner/name' }],
  ['hf:gpt2', { ...HF, repo: 'gpt2' }],
  ['hf:gpt2@main', { ...HF, repo: 'gpt2', revision: 'main' }],
  ['hf:gpt2:onnx', { ...HF, repo: 'gpt2', subpath: 'onnx' }],
  ['owner/name@v1.0', { ...MS, repo: 'owner/name', revision: 'v1.0' }],
  ['owner/name@refs/pr/1', { ...MS, repo: 'owner/name', revision: 'refs/pr/1' }],
  ['owner/name@feature/x:sub/dir', { ...MS, repo: 'owner/name', revision: 'feature/x', subpath: 'sub/dir' }],
  ['owner/name:sub/dir/', { ...MS, repo: 'owner/name', subpath: 'sub/dir' }],
  ['owner/name:a@b.txt', { ...MS, repo: 'owner/name', subpath: 'a@b.txt' }],
  ['owner/name@^1.2', { ...MS, repo: 'owner/name', revision: '^1.2' }],
  ['owner/name@>=1.0 <2 || 3.x', { ...MS, repo: 'owner/name', revision: '>=1.0 <2 || 3.x' }],
  ['owner/name@a@b', { ...MS, repo: 'owner/name', revision: 'a@b' }],
  ['models/owner/name', { ...MS, repo: 'owner/name' }],
  ['datasets/owner/name', { ...MS, kind: 'dataset', repo: 'owner/name' }],
  [
    'hf:datasets/owner/name@main:data',
    { ...HF, kind: 'dataset', repo: 'owner/name', revision: 'main', subpath: 'data' },
  ],
  ['hf:datasets/squad', { ...HF, kind: 'dataset', repo: 'squad' }],
  ['datasets/name', { ...MS, repo: 'datasets/name' }],
  ['owner/name.v1_2-x', { ...MS, repo: 'owner/name.v1_2-x' }],
  ['0/1', { ...MS, repo: '0/1' }],
  ['https://hub.test/owner/name', { ...HF, repo: 'owner/name' }],
];

describe('every form', () => {
  test.each(FORMS)('%s', (text, ref) => {
    expect(read(text)).toEqual(ref);
  });
  test.each(FORMS)('%s parses, formats and parses to the same', (text) => {
    const once = read(text);
    expect(read(formatRef(once))).toEqual(once);
    expect(formatRef(read(formatRef(once)))).toBe(formatRef(once));
  });
  test('a repository is named with its hub and its kind', () => {
    expect(repositoryOf(read('hf:datasets/o/n@main:x'))).toBe('huggingface:datasets/o/n');
    expect(repositoryOf(read('o/n'))).toBe('modelscope:o/n');
  });
});

describe('what is refused', () => {
  test.each([
    '',
    '   ',
    'name',
    'ms:name',
    '/name',
    'owner/',
    'owner//name',
    'a/b/c',
    'datasets/a/b/c',
    '../name',
    'owner/..',
    'owner/.',
    'owner/.hidden',
    'owner/name.',
    'owner/a..b',
    'owner/name.git',
    '-owner/name',
    'owner/na me',
    'owner/name\u0000',
    'owner/na\nme',
    'owner/名',
    'owner/<script>',
    `owner/${'n'.repeat(97)}`,
    'owner/name@',
    'owner/name@:sub',
    'owner/name@a..b',
    'owner/name@a\\b',
    'owner/name@/a',
    'owner/name@a/',
    'owner/name@a//b',
    'owner/name@a.lock',
    'owner/name@a@{1}',
    'owner/name@a?b',
    'owner/name@a[b',
    'owner/name@a\u0007b',
    `owner/name@${'r'.repeat(256)}`,
    'owner/name:',
    'owner/name:/',
    'owner/name:../x',
    'owner/name:a/../../x',
    'owner/name:/etc/passwd',
    'owner/name:a\\b',
    'owner/name:C:/x',
    'owner/name:.git/config',
    'https://',
    'https://[',
  ])('%j is no reference', (text) => {
    expect(codeOfThrown(() => read(text))).toBe('BAD_REF');
  });

  test.each([
    'gh:owner/name',
    'gpt2:onnx',
    'x:owner/name@main:sub',
    'https://elsewhere.test/owner/name',
    'http://user@hub.test.evil/owner/name',
  ])('%j names no known hub', (text) => {
    expect(codeOfThrown(() => read(text))).toBe('UNKNOWN_HUB');
  });

  test('a message never shows control characters of a reference', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    expect(thrown(() => read('a/b\u001b[2J\n::error::x')).message).not.toMatch(/[\u0000-\u001f]/);
  });
});

test.each([
  ['main', true],
  ['v1.0', true],
  ['~2.0', true],
  ['*', true],
  ['', false],
  [' ', false],
  ['a:b', false],
])('whether %j can be a revision: %s', (text, answer) => {
  expect(isRevision(text)).toBe(answer);
});
