// What locking says: lines for a terminal, Markdown for a summary, and values for later steps.

import { expect, test } from 'vitest';
import { createLockOutputs, LOCK_OUTPUTS } from '../../../src/core/outputs/lock.ts';
import { hasMoved, type LockedReport, type LockReport, lockSummary, lockText } from '../../../src/core/report/lock.ts';

const SAME = { added: [], changed: [], removed: [] };
const model: LockedReport = {
  ref: 'modelscope:o/n',
  revision: 'b'.repeat(40),
  before: 'a'.repeat(40),
  snapshotId: 'c'.repeat(64),
  files: 3,
  bytes: 2048,
  added: ['new.txt'],
  changed: ['evil\n::error::x|`'],
  removed: ['old.txt'],
};
const report = (changes: Partial<LockReport> = {}): LockReport => ({
  lock: '/repository/model.lock',
  changed: true,
  dryRun: false,
  models: [model],
  ...changes,
});

test.each<[Partial<LockReport>, string]>([
  [{}, '/repository/model.lock is written'],
  [{ dryRun: true }, '/repository/model.lock would change'],
  [{ changed: false }, '/repository/model.lock is unchanged'],
])('the last line says what became of the file (%j)', (changes, line) => {
  expect(lockText(report(changes)).trimEnd().split('\n').at(-1)).toBe(line);
});

test('every change has a line, harmlessly', () => {
  const text = lockText(report());
  expect(text).toContain('  + new.txt\n');
  expect(text).toContain('  - old.txt\n');
  expect(text).not.toMatch(/^::/m);
});

test('of a model that is new, and of one that is as before, no file is named', () => {
  const fresh = { ...model, before: null };
  const same = { ...model, before: model.revision, ...SAME };
  for (const one of [fresh, same]) expect(lockText(report({ models: [one] }))).not.toMatch(/^ {2}[+~-]/m);
});

test('a model has moved when its revision or a file is another', () => {
  expect(hasMoved({ ...model, before: model.revision, ...SAME })).toBe(false);
  expect(hasMoved({ ...model, ...SAME })).toBe(true);
  expect(hasMoved({ ...model, before: model.revision })).toBe(true);
  expect(hasMoved({ ...model, before: null, ...SAME })).toBe(true);
});

test('the summary has a row a model and names what changed, escaped', () => {
  const text = lockSummary(report());
  expect(text).toContain('1 added, 1 changed, 1 removed');
  expect(text).not.toContain('|`');
  expect(text).not.toMatch(/^::/m);
});

test('later steps read the revision, and whether the file changed', () => {
  const outputs = createLockOutputs({ report: report(), reportPath: '/state/report.json' });
  expect(outputs).toMatchObject({ revision: model.revision, 'lock-changed': 'true', 'files-total': '3' });
  expect(Object.keys(outputs)).toEqual(Object.keys(LOCK_OUTPUTS));
});
