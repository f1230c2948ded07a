// The outputs of locking; part of the one table of outputs, which action.yml and README are made from.

import { OUTPUTS } from '../outputs.ts';
import type { LockedReport, LockReport } from '../report/lock.ts';

export interface LockOutputContext {
  readonly report: LockReport;
  readonly reportPath: string;
}

export interface LockOutputRow {
  readonly description: string;
  value(context: LockOutputContext): string;
}

const eachModel =
  (pick: (model: LockedReport) => string) =>
  ({ report }: LockOutputContext): string =>
    report.models.map(pick).join('\n');

const total =
  (pick: (model: LockedReport) => number) =>
  ({ report }: LockOutputContext): string =>
    String(report.models.reduce((sum, model) => sum + pick(model), 0));

export const LOCK_OUTPUTS = {
  revision: { description: OUTPUTS.revision.description, value: eachModel(({ revision }) => revision) },
  'snapshot-id': { description: OUTPUTS['snapshot-id'].description, value: eachModel(({ snapshotId }) => snapshotId) },
  'files-total': { description: OUTPUTS['files-total'].description, value: total(({ files }) => files) },
  'bytes-total': { description: OUTPUTS['bytes-total'].description, value: total(({ bytes }) => bytes) },
  'lock-changed': {
    description: '`true` when the lock file has another text than before.',
    value: ({ report }) => String(report.changed),
  },
  report: { description: OUTPUTS.report.description, value: ({ reportPath }) => reportPath },
} as const satisfies Record<string, LockOutputRow>;

export type LockOutputName = keyof typeof LOCK_OUTPUTS;

/** All outputs of a run that locks, as the text that later steps read. */
export function createLockOutputs(context: LockOutputContext): Record<LockOutputName, string> {
  const entries = Object.entries(LOCK_OUTPUTS).map(([name, row]) => [name, row.value(context)]);
  return Object.fromEntries(entries) as Record<LockOutputName, string>;
}
