// What later steps read.

import { expect, test } from 'vitest';
import { createOutputs, OUTPUTS } from '../../src/core/outputs.ts';
import { fate, modelReportOf, reportOf } from './sample.ts';

const hit = modelReportOf({ a: fate('kept') });
const miss = { ...modelReportOf({ b: fate('downloaded', 3) }), ref: 'huggingface:o/m', path: '/models/o/m' };
const outputs = (...models: (typeof hit)[]) =>
  createOutputs({ report: reportOf(models), folder: '/models', reportPath: '/state/report.json' });

test('every row has a value and a description', () => {
  const values = outputs(hit, miss);
  expect(Object.keys(values)).toEqual(Object.keys(OUTPUTS));
  for (const value of Object.values(values)) expect(value).toEqual(expect.any(String));
  for (const row of Object.values(OUTPUTS)) expect(row.description).toMatch(/\.$/);
});

test('several models: one a line, in the order that was asked for', () => {
  const values = outputs(hit, miss);
  expect(values.path).toBe('/models');
  expect(values.report).toBe('/state/report.json');
  expect(values.revision).toBe('c0ffee\nc0ffee');
  expect(values['snapshot-id']).toBe(`${hit.snapshotId}\n${miss.snapshotId}`);
  expect(JSON.parse(values.paths)).toEqual({ 'modelscope:o/n': '/models/o/n', 'huggingface:o/m': '/models/o/m' });
  expect(JSON.parse(values.sources)).toEqual({ modelscope: 3 });
  expect([
    values['files-total'],
    values['files-downloaded'],
    values['bytes-total'],
    values['bytes-downloaded'],
  ]).toEqual(['2', '1', '2', '3']);
});

test.each([
  [[hit], 'true'],
  [[miss], 'false'],
  [[hit, hit], 'true'],
  [[miss, miss], 'false'],
  [[hit, miss], 'partial'],
  [[{ ...hit, cacheHit: 'partial' as const }, hit], 'partial'],
])('cache-hit over several models (%#)', (models, value) => {
  expect(outputs(...models)['cache-hit']).toBe(value);
});
