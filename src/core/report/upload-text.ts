// A report of publishing as a few lines for a terminal. Pure.

import { printable } from '../repo-path.ts';
import { showBytes, showSeconds } from '../text/show.ts';
import type { PublishedFile, TargetReport, UploadReport } from './upload.ts';

const SAID: Readonly<Record<PublishedFile['change'], string>> = {
  added: 'add: not in the repository',
  changed: 'change: its content differs',
  unchanged: 'keep: unchanged',
  deleted: 'delete: meant by `delete`, and not in the folder',
};

/** In a dry run every file with its step and its reason; else one line a target. */
export function uploadText(report: UploadReport): string {
  return report.targets
    .map((target) => `${(report.dryRun ? planLines(target) : doneLines(target, report)).join('\n')}\n`)
    .join('');
}

function planLines(target: TargetReport): string[] {
  const files = target.files.map(
    ({ path, size, change }) => `  ${printable(path)} (${showBytes(size)}): ${SAID[change]}`,
  );
  return [`${target.ref} → ${printable(target.branch)}`, ...files];
}

function doneLines(target: TargetReport, { totals }: UploadReport): string[] {
  const { filesUploaded, filesUnchanged, filesDeleted, bytesUploaded, bytesReused } = target.totals;
  const state = { published: 'published', unchanged: 'nothing had changed', planned: 'planned' };
  const failed = {
    committed: 'committed, not proved or not tagged',
    partial: 'committed in part',
    untouched: 'untouched',
    unknown: 'not known whether it was committed',
  };
  const said = { ...state, ...failed }[target.state];
  const tag = target.tag === null ? '' : `, tag ${printable(target.tag)}`;
  return [
    `${target.ref} → ${printable(target.branch)} at ${target.revision ?? 'no commit'}${tag}: ${said}`,
    `  ${filesUploaded} added or changed, ${filesUnchanged} unchanged, ${filesDeleted} deleted; ${showBytes(bytesUploaded)} sent, ${showBytes(bytesReused)} were there; ${showSeconds(totals.seconds)}`,
    ...(target.url === '' ? [] : [`  ${target.url}`]),
  ];
}
