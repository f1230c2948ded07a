// A report of publishing as the Markdown of a step summary: the diff of each target, and where it can be seen. Pure.

import { showBytes, showSeconds } from '../text/show.ts';
import { code } from './summary.ts';
import type { PublishedFile, TargetReport, UploadReport, Way } from './upload.ts';

/** These rows are shared by all targets, and the rest is in the report. */
const MAX_ROWS = 200;
const ORDER = ['added', 'changed', 'deleted', 'unchanged'] as const;

const WAYS: Readonly<Record<Way, string>> = {
  sent: 'sent',
  reused: 'the hub had the content',
  inline: 'in the commit',
  none: '',
  ignored: 'left out by the hub',
};

export function createUploadSummary(report: UploadReport): string {
  const rows = Math.ceil(MAX_ROWS / Math.max(1, report.targets.length));
  const parts = report.targets.map((target) => targetSummary(target, { dryRun: report.dryRun, rows }));
  const { bytesUploaded, bytesReused, seconds } = report.totals;
  const footer = `${showBytes(bytesUploaded)} sent, ${showBytes(bytesReused)} were there, in ${showSeconds(seconds)}.`;
  return `${parts.join('\n\n')}\n\n${footer}\n`;
}

interface Shape {
  readonly dryRun: boolean;
  /** Files that are named. */
  readonly rows: number;
}

function targetSummary(target: TargetReport, shape: Shape): string {
  const heading = `### ${code(target.ref)} → ${code(target.branch)}`;
  const parts = [heading, stateLine(target), diffTable(target), fileTable(target, shape)];
  return parts.filter((part) => part !== '').join('\n\n');
}

function stateLine(target: TargetReport): string {
  const commit = target.revision === null ? 'the head of the branch' : code(target.revision.slice(0, 12));
  const shown = target.url === '' ? commit : `<a href="${escapeUrl(target.url)}">${commit}</a>`;
  const tag = target.tag === null ? '' : `, tag ${code(target.tag)}`;
  const said = {
    published: `Published as ${shown}${tag}. Every digest was read back and compared.`,
    unchanged: `Nothing had changed: ${shown}${tag} holds the release.`,
    committed: `Committed as ${shown}, but something after it failed.`,
    partial: 'Published in part: run again to complete it. Until then readers of the branch see it half-made.',
    untouched: 'Not published: the repository is as it was.',
    unknown: `Not known whether it was published: the answer to the commit was lost. Look at ${shown}, or run again: a release that is there is found.`,
    planned: 'Dry run: nothing was moved.',
  };
  return said[target.state];
}

// Written anew, so that nothing in it ends the attribute.
function escapeUrl(url: string): string {
  return URL.canParse(url) ? new URL(url).href.replaceAll('"', '%22').replaceAll("'", '%27') : '';
}

function diffTable({ files }: TargetReport): string {
  const rows = ORDER.flatMap((change) => {
    const those = files.filter((file) => file.change === change);
    const sizeBytes = those.reduce((sum, { size }) => sum + size, 0);
    return those.length === 0 ? [] : [`| ${change} | ${those.length} | ${showBytes(sizeBytes)} |`];
  });
  return ['| Files | Count | Bytes |', '| --- | ---: | ---: |', ...rows].join('\n');
}

function fileTable({ files }: TargetReport, { dryRun, rows }: Shape): string {
  const sorted = ORDER.flatMap((change) => files.filter((file) => file.change === change));
  const shown = sorted.slice(0, rows).map((file) => fileRow(file, dryRun));
  const more = files.length > rows ? `\n\n${files.length - rows} more files are in the report.` : '';
  const head = '| File | Size | Diff | How | sha256 |\n| --- | ---: | --- | --- | --- |';
  return `<details><summary>Files</summary>\n\n${[head, ...shown].join('\n')}${more}\n\n</details>`;
}

function fileRow({ path, size, change, way, sha256 }: PublishedFile, dryRun: boolean): string {
  const digest = sha256 === null ? '' : code(sha256.slice(0, 12));
  return `| ${code(path)} | ${showBytes(size)} | ${change} | ${dryRun ? '' : WAYS[way]} | ${digest} |`;
}
