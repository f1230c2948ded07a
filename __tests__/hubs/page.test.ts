// Pasted addresses of both hubs' pages, read by the table of hubs as a whole.

import { describe, expect, test } from 'vitest';
import { codeOf } from '../../src/core/errors.ts';
import { formatRef, parseRef } from '../../src/core/ref.ts';
import { findHub, HUBS } from '../../src/hubs/index.ts';

const read = (text: string) => formatRef(parseRef(text, HUBS));

function codeFrom(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

const HF = 'https://huggingface.co';
const MS = 'https://www.modelscope.cn';

describe('pages that name files', () => {
  test.each([
    [`${HF}/Qwen/Qwen3-0.6B`, 'huggingface:Qwen/Qwen3-0.6B'],
    ['http://hf.co/Qwen/Qwen3-0.6B/', 'huggingface:Qwen/Qwen3-0.6B'],
    ['https://www.huggingface.co/a/b?library=transformers#files', 'huggingface:a/b'],
    ['https://HuggingFace.co/a/b', 'huggingface:a/b'],
    [`${HF}/gpt2`, 'huggingface:gpt2'],
    [`${HF}/gpt2/tree/main`, 'huggingface:gpt2@main'],
    [`${HF}/gpt2/blob/main/onnx/config.json`, 'huggingface:gpt2@main:onnx/config.json'],
    [`${HF}/owner/tree`, 'huggingface:owner/tree'],
    [`${HF}/datasets/squad`, 'huggingface:datasets/squad'],
    [`${HF}/datasets/o/n`, 'huggingface:datasets/o/n'],
    [`${HF}/datasets/o/n/viewer/default/train`, 'huggingface:datasets/o/n'],
    [`${HF}/datasets/o/n/tree/main/data`, 'huggingface:datasets/o/n@main:data'],
    [`${HF}/o/n/tree/main`, 'huggingface:o/n@main'],
    [`${HF}/o/n/tree/v1.0/sub/folder`, 'huggingface:o/n@v1.0:sub/folder'],
    [`${HF}/o/n/blob/main/a%20b.txt`, 'huggingface:o/n@main:a b.txt'],
    [`${HF}/o/n/resolve/main/w.bin?download=true`, 'huggingface:o/n@main:w.bin'],
    [`${HF}/o/n/raw/main/README.md`, 'huggingface:o/n@main:README.md'],
    [`${HF}/o/n/tree/refs%2Fpr%2F1`, 'huggingface:o/n@refs/pr/1'],
    [`${HF}/o/n/tree/refs/pr/1/sub`, 'huggingface:o/n@refs/pr/1:sub'],
    [`${HF}/o/n/tree/feature%2Fx/sub`, 'huggingface:o/n@feature/x:sub'],
    [
      `${HF}/o/n/commit/86b5e0934494bd15c9632b12f734a8a67f723594`,
      'huggingface:o/n@86b5e0934494bd15c9632b12f734a8a67f723594',
    ],
    [`${HF}/o/n/commits/main`, 'huggingface:o/n@main'],
    [`${MS}/models/o/n`, 'modelscope:o/n'],
    ['https://modelscope.cn/models/o/n/summary', 'modelscope:o/n'],
    ['http://modelscope.cn/models/o/n/files', 'modelscope:o/n'],
    [`${MS}/models/o/n/tree/master`, 'modelscope:o/n@master'],
    [`${MS}/models/o/n/tree/v1.0/sub/folder`, 'modelscope:o/n@v1.0:sub/folder'],
    [`${MS}/models/o/n/file/view/master/sub/a%2Bb.txt?status=1`, 'modelscope:o/n@master:sub/a+b.txt'],
    [`${MS}/models/o/n/file/view/master?fileName=sub%2Fconfig.json&status=1`, 'modelscope:o/n@master:sub/config.json'],
    [`${MS}/models/o/n/resolve/master/w.bin`, 'modelscope:o/n@master:w.bin'],
    [`${MS}/datasets/o/n/files`, 'modelscope:datasets/o/n'],
    [`${MS}/datasets/o/n/file/view/master/d.csv`, 'modelscope:datasets/o/n@master:d.csv'],
  ])('%s', (address, reference) => {
    expect(read(address)).toBe(reference);
  });
});

describe('pages of the hubs that name no files', () => {
  test.each([
    HF,
    `${HF}/models`,
    `${HF}/datasets`,
    `${HF}/spaces/o/n`,
    `${HF}/docs/hub/index`,
    `${HF}/settings/tokens`,
    `${HF}/api/models/o/n`,
    `${HF}/o/n/discussions/3`,
    `${HF}/o/n/tree/main/..%2F..%2Fetc`,
    `${HF}/o/n/blob/main/%E0%A4%A`,
    MS,
    `${MS}/home`,
    `${MS}/models`,
    `${MS}/models/o`,
    `${MS}/studios/o/n`,
    `${MS}/constructor/o/n`,
    `${MS}/models/o/n/resolve/master/..%2Fx`,
  ])('%s', (address) => {
    expect(codeFrom(() => read(address))).toBe('BAD_REF');
  });
});

test('a page of the international site names that site, and no other page names one', () => {
  expect(parseRef('https://modelscope.ai/models/o/n', HUBS).site).toBe('https://www.modelscope.ai');
  expect(parseRef('https://www.modelscope.ai/models/o/n/tree/master', HUBS).site).toBe('https://www.modelscope.ai');
  expect(parseRef(`${MS}/models/o/n`, HUBS).site).toBeUndefined();
  expect(parseRef(`${HF}/o/n`, HUBS).site).toBeUndefined();
});

test('another site belongs to no hub', () => {
  expect(codeFrom(() => read('https://example.org/o/n'))).toBe('UNKNOWN_HUB');
  expect(codeFrom(() => read('https://huggingface.co.example.org/o/n'))).toBe('UNKNOWN_HUB');
});

test('the first hub of the table is the default, and each is found by its name and prefixes', () => {
  expect(read('o/n')).toBe('modelscope:o/n');
  for (const hub of HUBS) {
    expect(findHub(hub.name)).toBe(hub);
    for (const prefix of hub.prefixes) expect(parseRef(`${prefix}:o/n`, HUBS).hub).toBe(hub.name);
  }
  expect(codeFrom(() => findHub('nowhere'))).toBe('UNKNOWN_HUB');
});
