// A report as lines for a terminal.

import { expect, test } from 'vitest';
import { reportText } from '../../../src/core/report/text.ts';
import { fate, modelReportOf, reportOf } from '../sample.ts';

test('a run tells what it did, in two lines a model', () => {
  const model = modelReportOf({ a: fate('downloaded', 1024, { resumedBytes: 1024 }), b: fate('kept') }, 2048);
  const lines = reportText(reportOf([model])).split('\n');
  expect(lines[0]).toBe('modelscope:o/n at c0ffee → /models/o/n');
  for (const part of ['2 files', '4 KiB', '1 KiB fetched', '1 KiB kept', '12 s']) expect(lines[1]).toContain(part);
  expect(lines).toHaveLength(3);
});

test('what was left alone is told', () => {
  const model = { ...modelReportOf({ a: fate('kept') }), foreign: ['x', 'y'] };
  expect(reportText(reportOf([model]))).toContain('2 other files');
});

test('a dry run names every step, harmlessly', () => {
  const model = modelReportOf({ a: fate('planned', 0, { plan: 'move: missing' }) });
  const file = { ...model.files[0], path: 'evil\n::error::x\u001b[2J' } as (typeof model.files)[number];
  const text = reportText(reportOf([{ ...model, files: [file], removed: ['old\u0007'] }], true));
  expect(text).toContain('move: missing');
  expect(text).toContain('delete');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f]/);
  expect(text).not.toMatch(/^::/m);
});

test.each([
  ['lock', /^modelscope:o\/n at c0ffee \(by the lock file\) → /],
  ['store', /^modelscope:o\/n at c0ffee \(as kept in the store\) → /],
  ['hub', /^modelscope:o\/n at c0ffee → /],
] as const)('a model that was resolved by the %s says so', (resolvedBy, line) => {
  const model = { ...modelReportOf({ a: fate('kept') }), resolvedBy };
  expect(reportText(reportOf([model]))).toMatch(line);
  expect(reportText(reportOf([model], true))).toMatch(line);
});
