// Options of publishing: defaults, every wrong value, and options that meet in the wrong mode.

import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../../src/core/options/parse.ts';
import { CHECK_NAMES } from '../../../src/core/options/upload.ts';
import type { RawOptions } from '../../../src/core/options.ts';
import { GRAMMARS } from '../grammars.ts';
import { codeOfThrown, thrown } from '../thrown.ts';

const parse = (raw: RawOptions) => parseOptions({ mode: 'upload', model: 'o/n', path: 'out', ...raw }, GRAMMARS);
const upload = (raw: RawOptions = {}) => parse(raw).upload;

test('defaults', () => {
  expect(upload()).toEqual({
    paths: ['out'],
    pathInRepo: '',
    tag: undefined,
    moveTag: false,
    message: undefined,
    create: true,
    visibility: 'private',
    license: undefined,
    deletes: [],
    maxDeletes: 10,
    createPr: false,
    checks: new Set(CHECK_NAMES),
  });
  expect(parseOptions({ model: 'o/n' }, GRAMMARS).upload).toBeUndefined();
});

test('values', () => {
  expect(
    upload({ path: 'a\n# not this\nb.bin', 'path-in-repo': './onnx/', tag: 'false', license: 'MIT' }),
  ).toMatchObject({
    paths: ['a', 'b.bin'],
    pathInRepo: 'onnx',
    tag: false,
    license: 'mit',
  });
  expect(upload({ tag: ' v1.0 ', delete: '*.bin\nlogs/', create: 'false' })).toMatchObject({
    tag: 'v1.0',
    deletes: ['*.bin', 'logs/'],
    create: false,
  });
  expect(upload({ checks: 'no-json\nno-secrets' })?.checks).toEqual(
    new Set(CHECK_NAMES.filter((name) => name !== 'json' && name !== 'secrets')),
  );
  expect(upload({ checks: 'none' })?.checks).toEqual(new Set());
});

test('the same repository on two hubs, and two branches of one, are targets of their own', () => {
  expect(parse({ model: 'o/n\nhf:o/n\no/n@dev' }).models).toHaveLength(3);
});

describe('wrong', () => {
  test.each<[string, RawOptions]>([
    ['no path', { path: '' }],
    ['a path that leaves the repository', { 'path-in-repo': '../x' }],
    ['a tag with a blank', { tag: 'v 1' }],
    ['a tag that is a range', { tag: '^1' }],
    ['a licence in words', { license: 'Apache License 2.0' }],
    ['yes for create', { create: 'yes' }],
    ['an unknown visibility', { visibility: 'secret' }],
    ['too many deletes', { 'max-deletes': '-1' }],
    ['a glob that costs too much', { delete: '**/**/**' }],
    ['an unknown check', { checks: 'no-such' }],
    ['a commit as branch', { model: `o/n@${'a'.repeat(40)}` }],
    ['a range as branch', { model: 'o/n', revision: '^1.2' }],
    ['the head as branch', { model: 'hf:o/n', revision: 'HEAD' }],
    ['a ref as tag', { model: 'hf:o/n', tag: 'refs/heads/main' }],
    ['the head as tag', { model: 'hf:o/n', tag: 'HEAD' }],
    ['a commit as tag', { model: 'hf:o/n', tag: 'a'.repeat(40) }],
    ['a pull request as branch', { model: 'hf:o/n', revision: 'refs/pr/1' }],
    ['latest as branch', { model: 'o/n@latest' }],
    ['a target twice', { model: 'o/n\nO/N' }],
    ['two folders', { model: 'o/n:sub', 'path-in-repo': 'other' }],
    ['an option of downloads', { cache: 'read-only' }],
    ['a token for two hubs', { model: 'o/n\nhf:o/n', token: 't' }],
  ])('%s', (_, raw) => {
    const error = thrown(() => parse(raw));
    expect(error.code).toBe('BAD_OPTION');
    expect(error.hint).toEqual(expect.any(String));
  });

  test.each([
    'tag',
    'license',
    'revision',
    'checks',
    'visibility',
    'max-deletes',
    'retries',
    'dry-run',
    'store-limit',
    'model',
    'include',
    'delete',
  ] as const)('what `%s` holds is shown on one line, short, and without secrets', (name) => {
    const token = 'hf_abcdefghijklmnopqrstuvwxyz01234567';
    const text = `** ** ** ^ ${token}\u001b[31m\u202e${name === 'tag' || name === 'license' ? '\n' : ''}${'x'.repeat(5000)}`;
    const { code, message } = thrown(() => parse({ [name]: text }));
    expect(['BAD_OPTION', 'BAD_REF']).toContain(code);
    for (const line of message.split('\n')) expect(line.length).toBeLessThan(400);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(message).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(message).not.toContain(token);
  });

  test('everything at once', () => {
    const error = thrown(() => parse({ path: '', tag: 'v 1', license: '?', checks: 'x', cache: 'false' }));
    for (const name of ['`path`', '`tag`', '`license`', '`checks`', '`cache`']) expect(error.message).toContain(name);
  });

  test('a default that an action’s inputs always bring is no option of another mode', () => {
    expect(codeOfThrown(() => parse({ cache: 'true' }))).toBe('fine');
    expect(codeOfThrown(() => parseOptions({ model: 'o/n', visibility: 'private', create: 'true' }, GRAMMARS))).toBe(
      'fine',
    );
  });
});
