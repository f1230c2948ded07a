// Globs as in .gitignore, case-sensitive, together with the subpath of a reference.

import { expect, test } from 'vitest';
import { selectFiles } from '../../src/core/filter.ts';
import type { ModelRef } from '../../src/core/ref.ts';
import { codeOfThrown, thrown } from './thrown.ts';

const REF: ModelRef = { hub: 'modelscope', kind: 'model', repo: 'o/n' };
const PATHS = [
  'README.md',
  'config.json',
  'model.safetensors',
  'onnx/config.json',
  'onnx/model.onnx',
  'onnx/model.onnx_data',
  'onnx/int8/model.onnx',
  'onnxruntime/x',
  'tokenizer/Vocab.TXT',
];
const FILES = PATHS.map((path) => ({ path }));

function select({ include = [], exclude = [], subpath }: { include?: string[]; exclude?: string[]; subpath?: string }) {
  const ref = subpath === undefined ? REF : { ...REF, subpath };
  return selectFiles(ref, FILES, { include, exclude }).map((file) => file.path);
}

test.each<[string, Parameters<typeof select>[0], string[]]>([
  ['nothing asked for is everything', {}, PATHS],
  ['a bare name matches at any depth', { include: ['config.json'] }, ['config.json', 'onnx/config.json']],
  ['a leading slash anchors', { include: ['/config.json'] }, ['config.json']],
  ['a slash in the middle anchors', { include: ['onnx/*.onnx'] }, ['onnx/model.onnx']],
  ['two stars cross folders', { include: ['onnx/**/*.onnx'] }, ['onnx/model.onnx', 'onnx/int8/model.onnx']],
  ['an ending matches at any depth', { include: ['*.onnx'] }, ['onnx/model.onnx', 'onnx/int8/model.onnx']],
  ['a folder means all below it', { include: ['int8/'] }, ['onnx/int8/model.onnx']],
  ['a folder is no prefix of a name', { include: ['onnx/'] }, PATHS.filter((path) => path.startsWith('onnx/'))],
  ['case counts', { include: ['*.txt', 'CONFIG.json', '*.md'] }, ['README.md']],
  ['a class of characters', { include: ['[Rr]eadme.md', '[R]EADME.md'] }, ['README.md']],
  ['a question mark is one character', { include: ['?onfig.json'] }, ['config.json', 'onnx/config.json']],
  ['a later line takes back', { include: ['*.onnx', '!onnx/int8/model.onnx'] }, ['onnx/model.onnx']],
  ['the last line wins', { include: ['!config.json', 'config.json'] }, ['config.json', 'onnx/config.json']],
  ['exclude wins over include', { include: ['*.json'], exclude: ['onnx/'] }, ['config.json']],
  ['an exception to an exclusion', { exclude: ['*', '!README.md', '!config.json'] }, ['README.md', 'config.json']],
  [
    'nothing below an excluded folder comes back, as in git',
    { exclude: ['onnx/', '!onnx/model.onnx', '/*.*', 'tokenizer'] },
    ['onnxruntime/x'],
  ],
  ['a subpath is a folder', { subpath: 'onnx' }, PATHS.filter((path) => path.startsWith('onnx/'))],
  ['a subpath is a file', { subpath: 'onnx/model.onnx' }, ['onnx/model.onnx']],
  [
    'globs still begin at the root below a subpath',
    { subpath: 'onnx', include: ['onnx/*.json'] },
    ['onnx/config.json'],
  ],
])('%s', (_, filter, kept) => {
  expect(select(filter)).toEqual(kept);
});

test.each<[string, Parameters<typeof select>[0]]>([
  ['an include that matches nothing', { include: ['*.gguf'] }],
  ['another case', { include: ['readme.md'] }],
  ['an exclude that matches all', { exclude: ['*'] }],
  ['only exceptions', { include: ['!*.md'] }],
  ['a subpath that is not there', { subpath: 'onn' }],
  ['a subpath in another case', { subpath: 'ONNX' }],
])('%s leaves nothing', (_, filter) => {
  expect(codeOfThrown(() => select(filter))).toBe('NO_MATCH');
});

test('an empty repository leaves nothing', () => {
  expect(codeOfThrown(() => selectFiles(REF, [], { include: [], exclude: [] }))).toBe('NO_MATCH');
});

test('the message names the globs', () => {
  const { message } = thrown(() => select({ include: ['*.gguf'], exclude: ['*.bin'], subpath: 'onnx' }));
  for (const part of ['*.gguf', '*.bin', 'onnx', 'modelscope:o/n']) expect(message).toContain(part);
});

test('names that will be refused later do not stop the filter', () => {
  const strange = ['../up', '/root', 'a\\b', '', 'a//b', './x'].map((path) => ({ path }));
  expect(selectFiles(REF, [...strange, { path: 'ok' }], { include: ['ok'], exclude: [] })).toEqual([{ path: 'ok' }]);
  expect(selectFiles(REF, strange, { include: [], exclude: [] })).toEqual(strange);
});
