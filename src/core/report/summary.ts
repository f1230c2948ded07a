// A report as the Markdown of a step summary: what was fetched, from where, what was proved, what the cache did. Pure.

import { printable } from '../repo-path.ts';
import { type FileReport, type ModelReport, type Outcome, RESOLVED_BY, type Report } from '../report.ts';
import { describeSampling } from '../store/sampling.ts';
import { showBytes, showSeconds } from '../text/show.ts';
import { describeCache } from './cache.ts';

/** The summary of a step is limited to 1 MiB: these rows are shared by all models, and the rest is in the report. */
const MAX_ROWS = 100;
const MAX_NAME_LENGTH = 200;
const MAX_DEPARTURES = 20;

const SAID: Readonly<Record<Outcome, string>> = {
  kept: 'already in place',
  linked: 'from the store',
  adopted: 'taken over from the folder',
  restored: 'from the runner cache',
  downloaded: 'fetched',
  planned: 'planned',
};

export function createSummary(report: Report): string {
  const rows = Math.ceil(MAX_ROWS / Math.max(1, report.models.length));
  const parts = report.models.map((model) => modelSummary(model, { dryRun: report.dryRun, rows }));
  const cache = report.cache === undefined ? '' : describeCache(report.cache);
  const all = [...parts, departures(report), cache, describeSampling(report.verify), footer(report)];
  return `${all.filter((part) => part !== '').join('\n\n')}\n`;
}

interface Shape {
  readonly dryRun: boolean;
  /** Files that are named. */
  readonly rows: number;
}

function modelSummary(model: ModelReport, shape: Shape): string {
  const notes = [RESOLVED_BY[model.resolvedBy], model.immutable ? '' : 'the hub told no commit'].filter(
    (note) => note !== '',
  );
  const note = notes.length === 0 ? '' : ` (${notes.join('; ')})`;
  const heading = `### ${code(model.ref)}\n\nRevision ${code(model.revision)}${note}, snapshot ${code(model.snapshotId.slice(0, 16))}, in ${code(model.path)}.`;
  const proved = shape.dryRun
    ? 'Dry run: nothing was moved.'
    : `All ${model.files.length} files (${showBytes(model.totals.bytes)}) are there and their digests matched.`;
  return [heading, proved, wayTable(model), sourcePicture(model), fileTable(model, shape), leftovers(model)]
    .filter((part) => part !== '')
    .join('\n\n');
}

function wayTable({ files }: ModelReport): string {
  const outcomes = [...new Set(files.map((file) => file.outcome))];
  const rows = outcomes.map((outcome) => {
    const those = files.filter((file) => file.outcome === outcome);
    return `| ${SAID[outcome]} | ${those.length} | ${showBytes(those.reduce((sum, file) => sum + file.size, 0))} |`;
  });
  return ['| How | Files | Bytes |', '| --- | ---: | ---: |', ...rows].join('\n');
}

function sourcePicture({ files, totals }: ModelReport): string {
  // What moved is shown by who sent it, the rest by where it lay.
  const bytes = new Map<string, number>(Object.entries(totals.sources));
  for (const file of files) {
    const lay = file.size - file.downloaded - file.restored - file.resumed;
    const source = file.downloaded + file.restored > 0 ? '' : file.source;
    if (source !== '' && lay > 0) bytes.set(source, (bytes.get(source) ?? 0) + lay);
  }
  const slices = [...bytes]
    .filter(([, size]) => size > 0)
    .map(([source, size]) => `  "${source.replaceAll('"', "'")}" : ${size}`);
  if (files.length === 0 || slices.length === 0) return '';
  return ['```mermaid', 'pie showData title Bytes by source', ...slices, '```'].join('\n');
}

function fileTable({ files }: ModelReport, { dryRun, rows }: Shape): string {
  const shown = files.slice(0, rows).map((file) => fileRow(file, dryRun));
  const more = files.length > rows ? `\n\n${files.length - rows} more files are in the report.` : '';
  const head = dryRun
    ? '| File | Size | Plan |\n| --- | ---: | --- |'
    : '| File | Size | How | Source | sha256 |\n| --- | ---: | --- | --- | --- |';
  return `<details><summary>Files</summary>\n\n${[head, ...shown].join('\n')}${more}\n\n</details>`;
}

function fileRow(file: FileReport, dryRun: boolean): string {
  if (dryRun) return `| ${code(file.path)} | ${showBytes(file.size)} | ${file.plan ?? ''} |`;
  const resumed = file.resumed > 0 ? `, ${showBytes(file.resumed)} resumed` : '';
  return `| ${code(file.path)} | ${showBytes(file.size)} | ${SAID[file.outcome]}${resumed} | ${code(file.source)} | ${code((file.sha256 ?? '').slice(0, 12))} |`;
}

function leftovers({ removed, foreign }: ModelReport): string {
  const lines: string[] = [];
  if (removed.length > 0) lines.push(`Removed, no longer in the snapshot: ${some(removed)}.`);
  if (foreign.length > 0) lines.push(`In the folder and not ours, left alone: ${some(foreign)}.`);
  return lines.join('\n\n');
}

function some(paths: readonly string[]): string {
  const shown = paths.slice(0, 10).map(code).join(', ');
  return paths.length > 10 ? `${shown} and ${paths.length - 10} more` : shown;
}

function departures({ departures: all }: Report): string {
  return all
    .slice(0, MAX_DEPARTURES)
    .map(({ source, code: why, reason, times }) => {
      const often = times > 1 ? ` (${times} times)` : '';
      return `- ${code(source)} was left${often}, ${why === 'SLOW' ? 'slow' : code(why)}: ${code(reason)}`;
    })
    .join('\n');
}

function footer({ totals }: Report): string {
  const restored = totals.bytesRestored > 0 ? `, ${showBytes(totals.bytesRestored)} from the runner cache` : '';
  const resumed = totals.bytesResumed > 0 ? `, ${showBytes(totals.bytesResumed)} kept from an interrupted run` : '';
  return `${showBytes(totals.bytesDownloaded)} from hubs${restored}${resumed}, in ${showSeconds(totals.seconds)}.`;
}

/** Strangers' text as Markdown: nothing in it may end the cell or begin markup, and Markdown is read inside <code> too. */
export function code(text: string): string {
  const short = text.length > MAX_NAME_LENGTH ? `${text.slice(0, MAX_NAME_LENGTH)}…` : text;
  return `<code>${printable(short).replace(/[!-+:-@[-`{-~]/g, (char) => `&#${char.charCodeAt(0)};`)}</code>`;
}
