// The table of options: defaults, every wrong value, and all problems told at once.

import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../src/core/errors.ts';
import { parseOptions } from '../../src/core/options/parse.ts';
import { folderNameOf, OPTION_NAMES, OPTIONS, optionRow, type RawOptions } from '../../src/core/options.ts';
import { formatRef } from '../../src/core/ref.ts';
import { HUBS } from '../../src/hubs/index.ts';
import { GRAMMARS } from './grammars.ts';
import { codeOfThrown, thrown } from './thrown.ts';

const parse = (raw: RawOptions) => parseOptions({ model: 'o/n', ...raw }, GRAMMARS);
const refs = (raw: RawOptions) => parse(raw).models.map(formatRef);

describe('defaults', () => {
  const DEFAULTS = {
    mode: 'download',
    models: [{ hub: 'modelscope', kind: 'model', repo: 'o/n' }],
    path: undefined,
    include: [],
    exclude: [],
    lock: undefined,
    locked: false,
    offline: false,
    lastKnown: false,
    token: undefined,
    endpoint: undefined,
    mirrors: [],
    cache: 'true',
    cacheLimitBytes: 8 * 2 ** 30,
    cacheSave: 'post',
    store: undefined,
    connections: 8,
    retries: 5,
    dryRun: false,
    verify: 'receipt',
  };

  test('absent means the default', () => {
    expect(parse({})).toEqual(DEFAULTS);
  });
  test.each(['', ' ', '\n\t'])('%j means the default', (blank) => {
    const raw = Object.fromEntries(OPTION_NAMES.map((name) => [name, blank]));
    expect(parseOptions({ ...raw, model: 'o/n' }, GRAMMARS)).toEqual(DEFAULTS);
  });
  test('the result cannot be changed', () => {
    expect(Object.isFrozen(parse({}))).toBe(true);
  });
  test('every row can be read with its own default', () => {
    for (const name of OPTION_NAMES) {
      if (name !== 'model') expect(codeOfThrown(() => parse({ [name]: OPTIONS[name].default }))).toBe('fine');
      expect(optionRow(name).description).not.toBe('');
    }
  });
});

describe('values', () => {
  test.each<[string, RawOptions, object]>([
    ['path', { path: ' models \n' }, { path: 'models' }],
    ['store', { store: '/mnt/my store\r\n' }, { store: '/mnt/my store' }],
    ['token', { token: ' secret\n' }, { token: 'secret' }],
    ['cache', { cache: ' Read-Only ' }, { cache: 'read-only' }],
    ['no cache', { cache: 'FALSE' }, { cache: 'false' }],
    ['cache limit', { 'cache-limit': ' 500 MB\n' }, { cacheLimitBytes: 500_000_000 }],
    ['no room in the cache', { 'cache-limit': '0' }, { cacheLimitBytes: 0 }],
    ['cache save', { 'cache-save': 'Immediately' }, { cacheSave: 'immediately' }],
    ['connections', { connections: ' 64 ' }, { connections: 64 }],
    ['retries', { retries: '0' }, { retries: 0 }],
    ['dry run', { 'dry-run': 'True' }, { dryRun: true }],
    ['verify', { verify: 'full' }, { verify: 'full' }],
    ['lock', { lock: ' ci/model.lock ' }, { lock: 'ci/model.lock', locked: false }],
    ['locked', { locked: 'true' }, { lock: 'model.lock', locked: true }],
    ['the mode lock', { mode: 'lock', model: '' }, { mode: 'lock', models: [], lock: 'model.lock' }],
    ['offline', { offline: 'TRUE' }, { offline: true }],
    ['last known', { 'last-known': 'true' }, { lastKnown: true }],
    ['endpoint', { endpoint: 'hub.example.com/' }, { endpoint: 'https://hub.example.com' }],
    ['include', { include: '# all\r\n*.json\r\n\r\n  *.txt  \r\n' }, { include: ['*.json', '*.txt'] }],
    ['exclude', { exclude: '*.bin\n#*.txt\n!keep.bin' }, { exclude: ['*.bin', '!keep.bin'] }],
  ])('%s', (_, raw, expected) => {
    expect(parse(raw)).toMatchObject(expected);
  });

  test('models come one a line, with comments and any line ends', () => {
    expect(refs({ model: '# two of them\r\no/n\r\n\r\n  hf:gpt2@main  \n#hf:x/y\n' })).toEqual([
      'modelscope:o/n',
      'huggingface:gpt2@main',
    ]);
  });
  test('a revision is for references that name none', () => {
    expect(refs({ model: 'o/n\no/m@v2', revision: ' ^1.2\n' })).toEqual(['modelscope:o/n@^1.2', 'modelscope:o/m@v2']);
  });
  test('a folder has the name of the repository', () => {
    expect(parse({ model: 'hf:gpt2\no/n' }).models.map(folderNameOf)).toEqual(['gpt2', 'o/n']);
  });
});

describe('wrong values', () => {
  test.each<[string, RawOptions, string]>([
    ['no model', { model: '' }, 'BAD_OPTION'],
    ['only comments', { model: '# o/n' }, 'BAD_OPTION'],
    ['a bad reference', { model: 'o/n/x' }, 'BAD_REF'],
    ['an unknown hub', { model: 'gh:o/n' }, 'UNKNOWN_HUB'],
    ['an unknown mode', { mode: 'fetch' }, 'BAD_OPTION'],
    ['an option of the other mode', { tag: 'v1' }, 'BAD_OPTION'],
    ['an option of the other mode, for upload', { mode: 'upload', path: 'x', cache: 'false' }, 'BAD_OPTION'],
    ['mirror', { mode: 'Mirror' }, 'NOT_BUILT'],
    ['a bad revision', { revision: 'a..b' }, 'BAD_OPTION'],
    ['yes for cache', { cache: 'yes' }, 'BAD_OPTION'],
    ['yes for dry-run', { 'dry-run': 'yes' }, 'BAD_OPTION'],
    ['1 for dry-run', { 'dry-run': '1' }, 'BAD_OPTION'],
    ['an unknown verify', { verify: 'none' }, 'BAD_OPTION'],
    ['yes for locked', { locked: 'yes' }, 'BAD_OPTION'],
    ['yes for offline', { offline: 'yes' }, 'BAD_OPTION'],
    ['locking offline', { mode: 'lock', offline: 'true' }, 'BAD_OPTION'],
    ['a glob of too many steps', { include: '**/a/**/b/**' }, 'BAD_OPTION'],
    ['filters without models to lock', { mode: 'lock', model: '', include: '*.json' }, 'BAD_OPTION'],
    ['a revision without models to lock', { mode: 'lock', model: '', revision: 'v1' }, 'BAD_OPTION'],
    ...['0', '65', '-1', '1.5', '1e1', '0x8', 'many', '8 8', '99999999'].map(
      (connections) => [`connections ${connections}`, { connections }, 'BAD_OPTION'] as [string, RawOptions, string],
    ),
    ...['-1', '101', '5s', 'Infinity'].map(
      (retries) => [`retries ${retries}`, { retries }, 'BAD_OPTION'] as [string, RawOptions, string],
    ),
    ['a cache limit without a number', { 'cache-limit': 'much' }, 'BAD_OPTION'],
    ['an unknown time to save', { 'cache-save': 'later' }, 'BAD_OPTION'],
    ['a bad endpoint', { endpoint: 'ftp://hub' }, 'BAD_OPTION'],
    ['a token for two hubs', { model: 'o/n\nhf:o/m', token: 't' }, 'BAD_OPTION'],
    ['an endpoint for two hubs', { model: 'o/n\nhf:o/m', endpoint: 'hub.test' }, 'BAD_OPTION'],
    ['the same model twice', { model: 'o/n\no/n' }, 'BAD_OPTION'],
    ['two revisions in one folder', { model: 'o/n@a\no/n@b' }, 'BAD_OPTION'],
    ['folders that differ in case', { model: 'o/n\nO/N' }, 'BAD_OPTION'],
    ['two hubs in one folder', { model: 'o/n\nhf:o/n' }, 'BAD_OPTION'],
  ])('%s', (_, raw, code) => {
    const error = thrown(() => parse(raw));
    expect(error.code).toBe(code);
    expect(error.hint).toEqual(expect.any(String));
    expect(exitCodeOf(error)).toBe(2);
  });

  test('a token or an endpoint for one hub is fine', () => {
    expect(codeOfThrown(() => parse({ model: 'o/n\no/m', token: 't', endpoint: 'hub.test' }))).toBe('fine');
    expect(codeOfThrown(() => parse({ model: 'o/n\nhf:o/m' }))).toBe('fine');
  });

  test('all problems are told at once', () => {
    const error = thrown(() =>
      parse({ model: 'o/n/x\ngh:o/n', mode: 'fetch', connections: '0', retries: 'x', cache: 'y', 'dry-run': 'z' }),
    );
    expect(error.code).toBe('BAD_OPTION');
    for (const part of ['o/n/x', 'gh', '`mode`', '`connections`', '`retries`', '`cache`', '`dry-run`']) {
      expect(error.message).toContain(part);
    }
    expect(error.message.split('\n- ')).toHaveLength(8);
  });

  test('several problems of one code keep it', () => {
    expect(codeOfThrown(() => parse({ model: 'a/b/c\nd/e/f' }))).toBe('BAD_REF');
    expect(codeOfThrown(() => parse({ model: 'x:a/b\ny:a/b' }))).toBe('UNKNOWN_HUB');
    expect(codeOfThrown(() => parse({ model: 'a/b/c\ny:a/b' }))).toBe('BAD_OPTION');
  });
});

test.each(['to ken', 'to\nken', 'schlüssel'])(
  'a token that no header can carry is refused and not shown: %j',
  (token) => {
    expect(() => parseOptions({ model: 'o/n', token }, HUBS)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    expect(() => parseOptions({ model: 'o/n', token }, HUBS)).not.toThrow(token);
  },
);

test.each([
  ['hf:gpt2\nhf:gpt2/x', 'a folder inside another'],
  ['o/n@v1\no/n@v2', 'the same folder'],
])('%j would share %s', (model) => {
  expect(() => parseOptions({ model }, HUBS)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
});

test('a token is for one site of a hub', () => {
  const model = 'https://www.modelscope.ai/models/o/a\nms:o/b';
  expect(() => parseOptions({ model, token: 't' }, HUBS)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
});

test('an address is shown without its secrets', () => {
  const model = 'https://bob:secret@example.com/a/b?Signature=alsosecret';
  expect(() => parseOptions({ model }, HUBS)).toThrow('https://example.com/a/b');
  expect(() => parseOptions({ model }, HUBS)).not.toThrow('secret');
});
