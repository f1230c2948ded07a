// What locking did, as data, as lines for a terminal, and as the Markdown of a step summary. Pure.

import type { FileChanges } from '../lock/match.ts';
import { printable } from '../repo-path.ts';
import { showBytes } from '../text/show.ts';
import { code } from './summary.ts';

export interface LockedReport extends FileChanges {
  readonly ref: string;
  readonly revision: string;
  /** Null for a model that was not in the lock file. */
  readonly before: string | null;
  readonly snapshotId: string;
  readonly files: number;
  readonly bytes: number;
}

export interface LockReport {
  /** Path of the lock file. */
  readonly lock: string;
  /** Whether its text is or, in a dry run, would be another one. */
  readonly changed: boolean;
  readonly dryRun: boolean;
  readonly models: readonly LockedReport[];
}

const MAX_NAMED = 50;
const MAX_ROWS = 200;

/** Whether the model is not what the lock file had. */
export function hasMoved({ before, revision, added, changed, removed }: LockedReport): boolean {
  return before !== revision || added.length + changed.length + removed.length > 0;
}

export function lockText(report: LockReport): string {
  const what = !report.changed ? 'is unchanged' : report.dryRun ? 'would change' : 'is written';
  return `${[...report.models.flatMap(modelLines), `${report.lock} ${what}`].join('\n')}\n`;
}

function modelLines(model: LockedReport): string[] {
  const was = model.before === null ? 'new' : model.before === model.revision ? 'as before' : `was ${model.before}`;
  const changes = changesOf(model).map(({ sign, path }) => `  ${sign} ${printable(path)}`);
  const more = changes.length > MAX_NAMED ? [`  and ${changes.length - MAX_NAMED} more`] : [];
  const head = `${model.ref} at ${model.revision} (${was}): ${model.files} files, ${showBytes(model.bytes)}`;
  return [head, ...changes.slice(0, MAX_NAMED), ...more];
}

// Of a model that is new, every file is.
function changesOf({ before, added, changed, removed }: LockedReport): { sign: string; path: string }[] {
  if (before === null) return [];
  return [
    ...added.map((path) => ({ sign: '+', path })),
    ...changed.map((path) => ({ sign: '~', path })),
    ...removed.map((path) => ({ sign: '-', path })),
  ];
}

export function lockSummary(report: LockReport): string {
  const rows = report.models.map((model) => {
    const changes = model.before === null ? 'new' : countsOf(model);
    return `| ${code(model.ref)} | ${code(model.revision)} | ${model.files} | ${showBytes(model.bytes)} | ${changes} |`;
  });
  const files = report.models.flatMap(changesOf).slice(0, MAX_ROWS);
  const list = files.map(({ sign, path }) => `- ${SIGNS[sign]} ${code(path)}`).join('\n');
  const head = '| Model | Revision | Files | Bytes | Changes |\n| --- | --- | ---: | ---: | --- |';
  const what = report.changed ? 'changed' : 'is unchanged';
  return `### Lock file\n\n${code(report.lock)} ${what}.\n\n${head}\n${rows.join('\n')}\n${list === '' ? '' : `\n${list}\n`}`;
}

const SIGNS: Readonly<Record<string, string>> = { '+': 'added', '~': 'changed', '-': 'removed' };

function countsOf(model: LockedReport): string {
  const counts = [
    [model.added.length, 'added'],
    [model.changed.length, 'changed'],
    [model.removed.length, 'removed'],
  ] as const;
  const said = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return said.length === 0 ? 'none' : said.join(', ');
}
