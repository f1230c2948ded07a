// The lock file as text: a stable form that reads well in a diff, and every way in which one can be wrong.

import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import { exitCodeOf } from '../../src/core/errors.ts';
import { compareFiles, findLocked, mismatch, refuseUnlocked, withKnownDigests } from '../../src/core/lock/match.ts';
import { parseLock } from '../../src/core/lock/parse.ts';
import { EMPTY_LOCK, formatLock, type LockedModel } from '../../src/core/lock.ts';
import { type ModelRef, parseRef } from '../../src/core/ref.ts';
import { createSnapshot, type RemoteFile } from '../../src/core/snapshot.ts';
import { HUBS } from '../../src/hubs/index.ts';
import { codeOfThrown, thrown } from './thrown.ts';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const NONE = { include: [], exclude: [] };

function locked(ref: string | ModelRef, paths: readonly string[], changes: Partial<LockedModel> = {}): LockedModel {
  const parsed = typeof ref === 'string' ? parseRef(ref, HUBS) : ref;
  const listed = paths.map((path) => ({
    path,
    sizeBytes: path.length,
    kind: 'file' as const,
    digests: [digestOf('sha256', path)],
  }));
  const { files, id } = createSnapshot({ ref: parsed, revision: COMMIT, immutable: true }, listed);
  return { ref: parsed, ...NONE, revision: COMMIT, snapshotId: id, files, ...changes };
}

const parse = (text: string) => parseLock(text, 'model.lock', HUBS);

describe('the text', () => {
  const one = locked('o/n@v1', ['b.txt', 'a é.txt']);
  const two = locked('hf:gpt2:onnx', ['onnx/model.onnx'], { include: ['*.onnx'], exclude: ['!keep'] });

  test('has a line for each file, sorted, and ends with a line end', () => {
    const lines = formatLock({ models: [one] }).split('\n');
    expect(lines.slice(0, 6)).toEqual([
      '{',
      '  "version": 1,',
      '  "models": [',
      '    {',
      '      "ref": "modelscope:o/n@v1",',
      `      "revision": "${COMMIT}",`,
    ]);
    const sum = (text: string) => digestOf('sha256', text).slice('sha256:'.length);
    expect(lines.slice(8, 10)).toEqual([
      `        { "path": "a é.txt", "size": 7, "sha256": "${sum('a é.txt')}" },`,
      `        { "path": "b.txt", "size": 5, "sha256": "${sum('b.txt')}" }`,
    ]);
    expect(lines.at(-1)).toBe('');
  });

  test('is the same for the same models in any order, and reads back to them', () => {
    const text = formatLock({ models: [one, two] });
    expect(formatLock({ models: [two, one] })).toBe(text);
    expect(formatLock(parse(text))).toBe(text);
    expect(parse(text).models).toEqual([two, one]);
    expect(parse(formatLock(EMPTY_LOCK))).toEqual(EMPTY_LOCK);
  });

  test('a site of the hub is kept', () => {
    const model = locked(parseRef('https://www.modelscope.ai/models/o/n', HUBS), ['a']);
    expect(model.ref.site).toBeDefined();
    expect(parse(formatLock({ models: [model] })).models).toEqual([model]);
  });

  test('what looks like a member inside a text is none', () => {
    const model = locked('o/n', ['a'], { exclude: ['"b": {"c" :1', 'x\\" :'] });
    expect(parse(formatLock({ models: [model] })).models).toEqual([model]);
  });

  test('of git’s SHA-1 and the sha256 both are kept', () => {
    const file: RemoteFile = {
      ...(one.files[0] as RemoteFile),
      digests: [digestOf('sha256', 'x'), digestOf('git-sha1', 'x')],
    };
    const { id } = createSnapshot({ ref: one.ref, revision: COMMIT, immutable: true }, [{ ...file, kind: 'file' }]);
    const text = formatLock({ models: [{ ...one, files: [file], snapshotId: id }] });
    expect(text).toContain('"git-sha1": "');
    expect(parse(text).models[0]?.files).toEqual([file]);
  });
});

describe('a lock file that cannot be used', () => {
  const text = formatLock({ models: [locked('o/n', ['a.txt', 'dir/b.txt'])] });

  test.each<[string, string, RegExp]>([
    ['no JSON', 'version: 1', /JSON/],
    ['an unfinished merge', text.replace('{\n', '{\n<<<<<<< HEAD\n'), /merge/],
    ['empty', '', /JSON/],
    ['a list', '[]', /version/],
    ['a text', '"x"', /the file/],
    ['of a newer version', text.replace('"version": 1', '"version": 2'), /newer/],
    ['without a version', text.replace('"version": 1,', ''), /version/],
    ['with more than is known', text.replace('"ref"', '"ex\\u001btra": 1, "ref"'), /ex\\u001btra/],
    ['a digest that is none', text.replace(/"sha256": "./, '"sha256": "'), /files\.0\.sha256/],
    ['a digest in capitals', text.replace(/("sha256": ")(.*?)"/, (_, a, b) => `${a}${b.toUpperCase()}"`), /sha256/],
    ['no digest', text.replace(/, "sha256": "[^"]*"/, ''), /digest/],
    ['a negative size', text.replace('"size": 5', '"size": -5'), /size/],
    ['half a byte', text.replace('"size": 5', '"size": 5.5'), /size/],
    ['a path that leaves the folder', text.replace('dir/b.txt', '../b.txt'), /leaves/],
    ['a path in .git', text.replace('dir/b.txt', '.git/config'), /\.git/],
    ['one path twice', text.replace('dir/b.txt', 'A.txt'), /one file/],
    ['a bad reference', text.replace('modelscope:o/n', 'o/n/x'), /owner/],
    ['a reference that is an address', text.replace('modelscope:o/n', 'https://modelscope.cn/models/o/n'), /address/],
    ['a hub that is not known', text.replace('modelscope:o/n', 'gh:o/n'), /gh/],
    ['a site that is not the hub’s', text.replace('"revision"', '"site": "https://evil.example", "revision"'), /site/],
    ['a site that is no place', text.replace('"revision"', '"site": "javascript:x", "revision"'), /site/],
    ['a site with a password', text.replace('"revision"', '"site": "https://u:p@modelscope.ai", "revision"'), /site/],
    ['a revision that is none', text.replace(COMMIT, 'a..b'), /revision/],
    ['a file changed by hand', text.replace('"size": 5', '"size": 6'), /snapshot/],
    ['a file taken out by hand', text.replace(/.*a\.txt.*\n/, ''), /snapshot/],
    ['no file', text.replace(/"files": \[.*?\]/s, '"files": []'), /no file/],
    ['a commit with another revision', text.replace('o/n"', `o/n@${'b'.repeat(40)}"`), /another one/],
    ['a file outside the folder that is meant', text.replace('o/n"', 'o/n:dir"'), /a\.txt/],
    ['no file that is meant', text.replace('o/n"', 'o/n:other"'), /a\.txt/],
    ['a file that is filtered out', text.replace('"revision"', '"exclude": ["dir"], "revision"'), /dir\/b\.txt/],
    ['a glob without an end', text.replace('"revision"', `"include": ["${'a'.repeat(100_000)}"], "revision"`), /glob/],
    ['a glob that takes long', text.replace('"revision"', '"include": ["**/a/**/a/**"], "revision"'), /glob/],
    ['a member twice', text.replace('"revision"', '"revision": "main", "revision"'), /twice/],
    ['a member twice, in another spelling', text.replace('"size"', '"\\u0073ize" : 1, "size"'), /twice/],
    ['one model twice', formatLock({ models: [locked('o/n', ['a']), locked('o/n', ['b'])] }), /twice/],
  ])('%s', (_, wrong, message) => {
    expect(wrong).not.toBe(text);
    const error = thrown(() => parse(wrong));
    expect(error.code).toBe('BAD_LOCK');
    expect(exitCodeOf(error)).toBe(2);
    expect(error.message).toMatch(message);
    expect(error.hint).toEqual(expect.any(String));
  });

  test('of a very long file the first problem is told, and the others are not looked for', () => {
    const flood = `{"version":1,"models":[${Array(100_000).fill('{}').join(',')}]}`;
    expect(thrown(() => parse(flood)).message).toMatch(/^[^\n]*models\.0\.[^\n]*$/);
  });

  test('all problems are told at once, harmlessly', () => {
    const wrong = text.replace('"size": 5', '"size": "\\u001b"').replace(COMMIT, 'a..b').replace('"ref"', '"rev"');
    const { message } = thrown(() => parse(wrong));
    for (const part of ['size', 'revision', 'rev']) expect(message).toContain(part);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    expect(message.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f]/);
  });
});

describe('the entry for a reference', () => {
  const all = locked('o/n@v1', ['a', 'dir/b']);
  const some = locked('o/m', ['a'], { include: ['a'] });
  const below = locked('o/k:dir', ['dir/b']);
  const odd = locked('o/u:undefined', ['undefined/a']);
  const lock = { models: [all, some, below, odd] };
  const find = (text: string, filter = NONE as { include: string[]; exclude: string[] }) =>
    findLocked(lock, parseRef(text, HUBS), filter);

  test.each<[string, object | undefined, LockedModel | undefined]>([
    ['o/n@v1', undefined, all],
    ['o/n@v1', { include: ['a'], exclude: [] }, all],
    ['o/n@v1:dir', undefined, all],
    ['o/n', undefined, undefined],
    ['o/n@v2', undefined, undefined],
    ['hf:o/n@v1', undefined, undefined],
    ['ms:datasets/o/n@v1', undefined, undefined],
    ['o/m', { include: ['a'], exclude: [] }, some],
    ['o/m', undefined, undefined],
    ['o/m', { include: ['a', 'b'], exclude: [] }, undefined],
    ['o/k:dir', undefined, below],
    ['o/k:dir/b', undefined, below],
    ['o/k:directory', undefined, undefined],
    ['o/k', undefined, undefined],
    ['o/u', undefined, undefined],
  ])('%s %j', (text, filter, entry) => {
    expect(find(text, filter as never)).toBe(entry);
  });

  test('another site is another model', () => {
    expect(findLocked(lock, { ...all.ref, site: 'https://www.modelscope.ai' }, NONE)).toBeUndefined();
  });

  test('every reference that is missing is named, with what is locked instead', () => {
    const refs = ['o/n@v1', 'o/n@v2', 'o/m', 'o/x'].map((text) => parseRef(text, HUBS));
    const error = thrown(() => refuseUnlocked(lock, refs, NONE));
    expect(error.code).toBe('LOCK_MISMATCH');
    expect(exitCodeOf(error)).toBe(2);
    expect(error.message.split('\n- ')).toHaveLength(4);
    for (const part of [/o\/n@v2: .*v1/, /o\/m: .*filters/, /o\/x: .*not in/]) expect(error.message).toMatch(part);
    expect(codeOfThrown(() => refuseUnlocked(lock, [all.ref], NONE))).toBe('fine');
  });
});

describe('two states of a model', () => {
  const file = (path: string, text: string, algorithms: readonly ('sha256' | 'git-sha1')[] = ['sha256']) =>
    ({ path, sizeBytes: text.length, digests: algorithms.map((one) => digestOf(one, text)) }) as unknown as RemoteFile;

  test('differ in what was added, changed and removed', () => {
    const before = [file('a', '1'), file('b', '1'), file('c', '1')];
    expect(compareFiles(before, [file('a', '1'), file('b', '2'), file('d', '1')])).toEqual({
      added: ['d'],
      changed: ['b'],
      removed: ['c'],
    });
  });

  test('do not differ by a digest that only one of them knows', () => {
    const both = file('a', '1', ['sha256', 'git-sha1']);
    const git = file('a', '1', ['git-sha1']);
    expect(compareFiles([both], [git])).toEqual({ added: [], changed: [], removed: [] });
    expect(compareFiles([file('a', '2', ['sha256', 'git-sha1'])], [git]).changed).toEqual(['a']);
  });

  test('a sha256 that was known stays known while the content is the same', () => {
    const both = file('a', '1', ['sha256', 'git-sha1']);
    const git = file('a', '1', ['git-sha1']);
    expect([...withKnownDigests(git, both).digests].sort()).toEqual([...both.digests].sort());
    expect(withKnownDigests(file('a', '2', ['git-sha1']), both).digests).toHaveLength(1);
    expect(withKnownDigests(git, undefined)).toBe(git);
    // Nothing ties the two together.
    expect(withKnownDigests(git, file('a', '1')).digests).toEqual(git.digests);
  });
});

test('many differences are cut short', () => {
  const { message } = mismatch(Array.from({ length: 1000 }, (_, index) => `difference ${index}`));
  expect(message).toContain('980 more');
  expect(message.split('\n').length).toBeLessThan(30);
});
