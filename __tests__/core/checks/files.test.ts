// The checks before publishing, each with what it must find and what it must not.

import { describe, expect, test } from 'vitest';
import { checkFile, firstBytes, headBytes, refuseFindings } from '../../../src/core/checks/files.ts';
import type { ShardTree } from '../../../src/core/checks/shards.ts';
import { CHECK_NAMES } from '../../../src/core/options/upload.ts';
import { thrown } from '../thrown.ts';

const NO_TREE: ShardTree = { all: new Set(), published: [] };
const bytes = (content: string | Buffer) => Buffer.from(content as string);

function find(path: string, content: string | Buffer, tree = NO_TREE): string[] {
  const file = bytes(content);
  const head = file.subarray(0, headBytes(path, file.length, file.subarray(0, firstBytes(path, file.length))));
  return checkFile({ path, sizeBytes: file.length, head }, tree, new Set(CHECK_NAMES)).map(({ check }) => check);
}

function safetensors(header: unknown, dataBytes: number, length?: number): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(length ?? json.length));
  return Buffer.concat([prefix, json, Buffer.alloc(dataBytes)]);
}

const F32 = (start: number, end: number) => ({ dtype: 'F32', shape: [(end - start) / 4], data_offsets: [start, end] });

describe('safetensors', () => {
  test.each<[string, Buffer]>([
    ['one tensor', safetensors({ a: F32(0, 8) }, 8)],
    [
      'two tensors and words about them',
      safetensors({ __metadata__: { format: 'pt' }, b: F32(8, 12), a: F32(0, 8) }, 12),
    ],
    ['none', safetensors({}, 0)],
    ['an empty one', safetensors({ a: { dtype: 'F32', shape: [0], data_offsets: [0, 0] } }, 0)],
    ['a type of tomorrow', safetensors({ a: { dtype: 'F3', shape: [9], data_offsets: [0, 4] } }, 4)],
  ])('sound: %s', (_, file) => {
    expect(find('model.safetensors', file)).toEqual([]);
  });

  test.each<[string, Buffer | string]>([
    ['nothing', ''],
    ['seven bytes', Buffer.alloc(7)],
    ['a header that reaches past the end', safetensors({ a: F32(0, 8) }, 0, 500)],
    ['a header of terabytes', safetensors({}, 100, 2 ** 45)],
    ['a header that is no JSON', safetensors('{"a":', 8)],
    ['a list', safetensors([], 0)],
    ['cut off', safetensors({ a: F32(0, 8) }, 7)],
    ['something behind it', safetensors({ a: F32(0, 8) }, 9)],
    ['a hole', safetensors({ a: F32(0, 4), b: F32(8, 12) }, 12)],
    ['an overlap', safetensors({ a: F32(0, 8), b: F32(4, 12) }, 12)],
    ['a shape of another size', safetensors({ a: { dtype: 'F32', shape: [3], data_offsets: [0, 8] } }, 8)],
    ['an end before the start', safetensors({ a: { dtype: 'F32', shape: [1], data_offsets: [8, 4] } }, 8)],
    ['no offsets', safetensors({ a: { dtype: 'F32', shape: [1] } }, 4)],
    ['a page', '<!doctype html><title>Sign in</title>'],
  ])('broken: %s', (_, file) => {
    expect(find('model.safetensors', file)).toEqual(['safetensors']);
  });

  test('only the header is wanted', () => {
    const file = safetensors({ a: F32(0, 4_000_000) }, 4_000_000);
    expect(
      headBytes('m.safetensors', file.length, file.subarray(0, firstBytes('m.safetensors', file.length))),
    ).toBeLessThanOrEqual(1024);
  });
});

describe('shard index', () => {
  const INDEX = JSON.stringify({
    weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' },
  });
  const tree = (...published: string[]): ShardTree => ({ all: new Set(published), published });
  const PATH = 'model.safetensors.index.json';
  const BOTH = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];

  test('names exactly what is there', () => {
    expect(find(PATH, INDEX, tree(...BOTH, 'config.json'))).toEqual([]);
    expect(find(`sub/${PATH}`, INDEX, tree(...BOTH.map((name) => `sub/${name}`)))).toEqual([]);
  });
  test('a shard that the repository keeps is there', () => {
    expect(find(PATH, INDEX, { all: new Set(BOTH), published: [BOTH[0] ?? ''] })).toEqual([]);
  });
  test('one is missing', () => {
    expect(find(PATH, INDEX, tree(BOTH[0] ?? ''))).toEqual(['shard-index']);
  });
  test.each(['{}', '[]', '{"weight_map":{}}', '{"weight_map":{"a":1}}'])('one that names nothing: %s', (index) => {
    expect(find(PATH, index, tree(...BOTH))).toEqual(['shard-index']);
  });
  test('shards that it does not know at all', () => {
    const index = '{"weight_map":{"a":"model.safetensors"}}';
    expect(find(PATH, index, tree('model.safetensors', 'other-00001-of-00002.safetensors'))).toEqual([]);
    expect(find(PATH, index, tree('model.safetensors', BOTH[0] ?? ''))).toEqual(['shard-index']);
  });
  test('one too many', () => {
    expect(find(PATH, INDEX, tree(...BOTH, 'model-00003-of-00003.safetensors'))).toEqual(['shard-index']);
  });
});

// Each line names the one before ten times.
const BOMB = ['a: &a 1', 'b: &b', 'c: &c', 'd: &d']
  .map((line, row, lines) =>
    row === 0
      ? line
      : `${line} [${Array(10)
          .fill(`*${lines[row - 1]?.[0]}`)
          .join()}]`,
  )
  .join('\n');

describe('texts', () => {
  test.each<[string, string, string[]]>([
    ['config.json', '{"a":1}', []],
    ['config.json', '{"a":1', ['json']],
    ['config.json', '', ['json']],
    ['config.json', '\ufeff{}', ['json']],
    ['a/b.json', '[1,]', ['json']],
    ['data.jsonl', '{}\n{}', []],
    ['README.md', '# Model', []],
    ['README.md', '---\nlicense: mit\ntags: [a, b]\n---\n# Model', []],
    ['README.md', '---\r\nlicense: mit\r\n---\r\n', []],
    ['README.md', '---\nlicense: [mit\n---\n', ['front-matter']],
    ['README.md', '---\nlicense: mit\n', ['front-matter']],
    ['README.md', '---\n- a\n---\n', ['front-matter']],
    ['README.md', '---\na: 1\na: 2\n---\n', ['front-matter']],
    ['README.md', '---\na: *x\n---\n', ['front-matter']],
    ['README.md', `---\n${BOMB}\n---\n`, ['front-matter']],
    ['model.bin', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n', ['lfs-pointer']],
    ['model.safetensors', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n', ['lfs-pointer']],
    ['notes.txt', 'see version https://git-lfs.github.com/spec/v1', []],
  ])('%s %j', (path, content, found) => {
    expect(find(path, content)).toEqual(found);
  });
});

test.each([
  ['.env', true],
  ['sub/.env.local', true],
  ['.env.example', false],
  ['server.pem', true],
  ['a/id_rsa', true],
  ['id_ed25519_sk', true],
  ['id_rsa.pub', false],
  ['.netrc', true],
  ['environment.json', false],
  ['tokenizer.model', false],
])('a secret by name: %s', (path, isSecret) => {
  expect(find(path, '{}').includes('secrets')).toBe(isSecret);
});

test('what is wrong with a JSON is told by its place, and none of its text is', () => {
  const problem = (text: string) =>
    checkFile({ path: 'config.json', sizeBytes: text.length, head: bytes(text) }, NO_TREE, new Set(['json'])).map(
      (finding) => finding.problem,
    );
  expect(problem('{\n  "a": hf_secret\n}')).toEqual(['it is not JSON: a wrong character at line 2, column 8']);
  expect(problem('{"a":1')).toEqual(['it is not JSON: it ends too early, at line 1, column 7']);
});

test('each can be turned off', () => {
  const file = { path: 'x/.env', sizeBytes: 1, head: bytes('x') };
  expect(checkFile(file, NO_TREE, new Set())).toEqual([]);
});

test('one error names every finding', () => {
  const finding = (path: string) => ({ check: 'json' as const, path, problem: 'it is not JSON' });
  expect(() => refuseFindings([])).not.toThrow();
  const error = thrown(() => refuseFindings(['a.json', 'b\u001b.json'].map(finding)));
  expect(error.code).toBe('CHECK_FAILED');
  expect(error.message).toContain('a.json');
  expect(error.message).not.toContain('\u001b');
  expect(error.hint).toContain('no-json');
});
