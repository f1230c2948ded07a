// The summary of a step: strangers' names cannot break out of it, and it stays below the limit.

import { describe, expect, test } from 'vitest';
import { createSummary } from '../../../src/core/report/summary.ts';
import { createReport, type FileReport, type ModelReport } from '../../../src/core/report.ts';
import { fate, modelReportOf, reportOf } from '../sample.ts';

const LIMIT_BYTES = 1024 * 1024;
const BASE = modelReportOf({ a: fate('downloaded', 1) });
const [FILE] = BASE.files as [FileReport];
const withPath = (path: string): ModelReport => ({ ...BASE, files: [{ ...FILE, path }] });
const summaryOf = (...models: ModelReport[]) => createSummary(reportOf(models));

describe('names', () => {
  const HOSTILE = [
    'a|b|c',
    'a\\|b',
    'a`b``c',
    '</code></details><script>alert(1)</script>',
    '<!-- x',
    '&lt;b&gt;',
    'a\nb\r\n| x | y |',
    '\u001b[31mred\u0007',
    'a\u202egnp.exe',
    '![x](https://evil.test/pixel.png)',
    '[click](https://evil.test)',
    '**bold** __init__.py ~~x~~',
    'https://evil.test/x',
    '$x^2$',
    '\\',
  ];

  test.each(HOSTILE)('%j stays inside its cell', (path) => {
    const calm = summaryOf(withPath('calm.bin'));
    const text = summaryOf(withPath(path));
    expect(text.split('\n')).toHaveLength(calm.split('\n').length);
    const row = text.split('\n').find((line) => line.startsWith('| <code>')) ?? '';
    expect(row.match(/\|/g)).toHaveLength(6);
    const name = /^\| <code>(.*?)<\/code> \| /.exec(row)?.[1] ?? '<';
    // What is left can only be letters, digits and entities: nothing that Markdown or HTML acts on.
    expect(name.replace(/&#\d+;/g, '')).toMatch(/^[\p{L}\p{N} ./,-]*$/u);
  });

  test.each(HOSTILE)('%j stays inside every other place', (hostile) => {
    const calm = { ...BASE, ref: 'r', path: 'p', removed: ['x'], foreign: ['x'] };
    const evil = { ...BASE, ref: hostile, path: hostile, removed: [hostile], foreign: [hostile] };
    const text = summaryOf(evil);
    expect(text.split('\n')).toHaveLength(summaryOf(calm).split('\n').length);
    for (const active of ['<script', '<!--', '](', '**', '__', '~~', '`b', '\\|', '://', '\u001b', '\u202e']) {
      expect(text).not.toContain(active);
    }
  });

  test('a name is readable after all', () => {
    expect(summaryOf(withPath('onnx/model-01.bin'))).toContain('<code>onnx/model-01.bin</code>');
    expect(summaryOf(withPath('__init__.py'))).toContain('<code>&#95;&#95;init&#95;&#95;.py</code>');
  });
});

describe('size', () => {
  const many = (count: number, path: (index: number) => string): ModelReport => ({
    ...BASE,
    files: Array.from({ length: count }, (_, index) => ({ ...FILE, path: path(index) })),
  });

  test('10,000 files', () => {
    const text = summaryOf(many(10_000, (index) => `folder/model-${index}.safetensors`));
    expect(Buffer.byteLength(text)).toBeLessThan(LIMIT_BYTES / 10);
    expect(text).toContain('9900 more files');
    expect(text).toContain('All 10000 files');
  });

  test('10,000 files with the longest and worst names', () => {
    const text = summaryOf(many(10_000, (index) => `${`${'|'.repeat(250)}/`.repeat(15)}${index}`));
    expect(Buffer.byteLength(text)).toBeLessThan(LIMIT_BYTES);
  });

  test('100 models of 1,000 files', () => {
    const models = Array.from({ length: 100 }, () => many(1000, (index) => `folder/model-${index}.safetensors`));
    expect(Buffer.byteLength(summaryOf(...models))).toBeLessThan(LIMIT_BYTES);
  });
});

describe('what it tells', () => {
  test('ways, sources and totals', () => {
    const model = modelReportOf(
      {
        a: fate('downloaded', 1024, { resumedBytes: 512 }),
        b: fate('restored'),
        c: fate('linked'),
      },
      1024,
    );
    const text = summaryOf(model);
    for (const part of ['| fetched | 1 | 1 KiB |', '| from the runner cache | 1 |', '| from the store | 1 |']) {
      expect(text).toContain(part);
    }
    expect(text).toContain('"modelscope" : 1024');
    expect(text).toContain('512 B resumed');
    expect(text).toContain('digests matched');
  });
  test('bytes are shown by who sent them, also of one file', () => {
    const text = summaryOf(modelReportOf({ a: fate('restored', 0, { sent: { cache: 700, modelscope: 324 } }) }, 1024));
    expect(text).toContain('"cache" : 700');
    expect(text).toContain('"modelscope" : 324');
    expect(text).toContain('324 B from hubs, 700 B from the runner cache');
  });
  test('what the cache brought and was worth, if it was asked', () => {
    const times = { cache: { bytes: 2 ** 30, seconds: 4 }, modelscope: { bytes: 2 ** 26, seconds: 2 } };
    const whole = { bytes: 0, seconds: 0 };
    const cache = { asked: 3, found: 2, lookupSeconds: 0.5, packSeconds: 0.1, whole, times };
    const model = modelReportOf({ a: fate('restored', 0, { sent: { cache: 2 ** 30 } }) }, 2 ** 30);
    const text = createSummary(
      createReport([model], { dryRun: false, verify: 'receipt', seconds: 9, departures: [], cache }),
    );
    expect(text).toContain('2 of 3 entries, 1 GiB in 4.6 s; of that, looking up took 0.5 s, small files took 0.1 s');
    expect(text).toContain('cache 256 MiB/s, modelscope 32 MiB/s');
    expect(text).toContain('It saved about 27 s');
    expect(summaryOf(model)).not.toContain('looking up');
  });
  test('a dry run proves nothing', () => {
    const model = modelReportOf({ a: fate('planned', 0, { plan: 'move: missing' }) });
    const text = createSummary(reportOf([model], true));
    expect(text).toContain('Dry run');
    expect(text).toContain('| move: missing |');
    expect(text).not.toContain('digests matched');
  });
  test('a revision that may move is told', () => {
    expect(summaryOf({ ...BASE, immutable: false })).toContain('no commit');
  });
  test('an empty model has no picture', () => {
    expect(summaryOf({ ...BASE, files: [] })).not.toContain('mermaid');
  });
});

test('a source that was left is named with its reason, which is a stranger’s text', () => {
  const left = { source: 'mirror.test', code: 'NETWORK', reason: 'broke off | <b>early</b>', times: 2 } as const;
  const text = createSummary({ ...reportOf([BASE]), departures: [left] });
  expect(text).toContain('(2 times)');
  expect(text).not.toContain('<b>early');
});
