// The outputs of publishing; part of the one table of outputs, which action.yml and README are made from.

import { OUTPUTS } from '../outputs.ts';
import type { TargetReport, UploadReport } from '../report/upload.ts';

export interface UploadOutputContext {
  readonly report: UploadReport;
  readonly reportPath: string;
}

export interface UploadOutputRow {
  readonly description: string;
  value(context: UploadOutputContext): string;
}

const eachTarget =
  (pick: (target: TargetReport) => string) =>
  ({ report }: UploadOutputContext): string =>
    report.targets.map(pick).join('\n');

export const UPLOAD_OUTPUTS = {
  commit: {
    description: 'Commit that was made; empty when nothing had changed. One a line, as in `model`.',
    value: eachTarget(({ commit }) => commit ?? ''),
  },
  url: {
    description: 'Page of the commit, of the pull request or of the repository. One a line.',
    value: eachTarget(({ url }) => url),
  },
  revision: { description: OUTPUTS.revision.description, value: eachTarget(({ revision }) => revision ?? '') },
  tag: {
    description: 'Tag that is on the release; empty for none. One a line.',
    value: eachTarget(({ tag }) => tag ?? ''),
  },
  changed: {
    description:
      '`true` when a commit is known to be made somewhere, else `false`. In a dry run: whether one would be made.',
    value: ({ report }) => String(report.targets.some(({ changed }) => changed)),
  },
  'files-uploaded': {
    description: 'Files that were added or changed, over all targets.',
    value: ({ report }) => String(report.totals.filesUploaded),
  },
  'files-unchanged': {
    description: 'Files that the targets had already.',
    value: ({ report }) => String(report.totals.filesUnchanged),
  },
  'files-deleted': {
    description: 'Files that were deleted.',
    value: ({ report }) => String(report.totals.filesDeleted),
  },
  'bytes-uploaded': {
    description: 'Bytes of files that went over the network, bytes that had to be sent twice included.',
    value: ({ report }) => String(report.totals.bytesUploaded),
  },
  'bytes-reused': {
    description: 'Bytes of files that need not travel, because the hub had them.',
    value: ({ report }) => String(report.totals.bytesReused),
  },
  report: { description: OUTPUTS.report.description, value: ({ reportPath }) => reportPath },
} as const satisfies Record<string, UploadOutputRow>;

/** All outputs of a run that publishes, as the text that later steps read. */
export function createUploadOutputs(context: UploadOutputContext): Record<string, string> {
  return Object.fromEntries(Object.entries(UPLOAD_OUTPUTS).map(([name, row]) => [name, row.value(context)]));
}
