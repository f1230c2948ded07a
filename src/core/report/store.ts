// What came of looking after a store: as data, as lines for a terminal, and as an exit code. Pure.

import { exitCodeOf, ModelFetchError } from '../errors.ts';
import type { Checked, Collected, Keeper, StoreContent } from '../ports/store-care.ts';
import { printable } from '../repo-path.ts';
import { totalBytes } from '../snapshot.ts';
import { showBytes } from '../text/show.ts';

export type StoreReport =
  | ({ readonly action: 'ls'; readonly dryRun: false } & StoreContent)
  | ({ readonly action: 'gc'; readonly dryRun: boolean } & Collected)
  | ({ readonly action: 'verify'; readonly dryRun: boolean } & Checked);

const KEPT: Readonly<Record<Keeper, string>> = {
  run: 'a run that goes on',
  lock: 'a lock file',
  link: 'links in folders',
};

export function storeText(report: StoreReport): string {
  const lines = { ls: listLines, gc: collectLines, verify: checkLines }[report.action] as (of: StoreReport) => string[];
  return lines(report)
    .map((line) => `${line}\n`)
    .join('');
}

/** Damage is an error of integrity, whether it was taken out or only found. */
export function storeExitCode(report: StoreReport): number {
  if (report.action !== 'verify' || report.damaged.length === 0) return 0;
  return exitCodeOf(new ModelFetchError('DIGEST_MISMATCH', 'Content of the store is damaged.'));
}

function listLines({ folder, uses, blobs, partialBytes }: StoreReport & { action: 'ls' }): string[] {
  const rows = uses.map(({ about, usedMs, files, filesHere, bytesHere }) => {
    const part = filesHere === files ? `${files} files` : `${filesHere} of ${files} files`;
    return `${when(usedMs)}  ${showBytes(bytesHere).padStart(10)}  ${part.padEnd(18)}  ${printable(about)}`;
  });
  const keepers = (Object.keys(KEPT) as Keeper[]).flatMap((keeper) => {
    const kept = blobs.filter((blob) => blob.keeper === keeper);
    return kept.length === 0 ? [] : [`  kept by ${KEPT[keeper]}: ${showBytes(totalBytes(kept))}`];
  });
  const partials = partialBytes === 0 ? '' : `, and ${showBytes(partialBytes)} of unfinished downloads`;
  return [...rows, `${folder}: ${blobs.length} contents, ${showBytes(totalBytes(blobs))}${partials}`, ...keepers];
}

function collectLines(report: StoreReport & { action: 'gc' }): string[] {
  const { dryRun, limitBytes, beforeBytes, afterBytes, removed } = report;
  const did = dryRun ? 'would be removed' : 'removed';
  const rows = removed.map(
    ({ sha256, sizeBytes, usedMs }) =>
      `${when(usedMs)}  ${showBytes(sizeBytes).padStart(10)}  ${sha256 ?? 'an unfinished download'}`,
  );
  const limit = limitBytes === undefined ? 'no limit' : `the limit is ${showBytes(limitBytes)}`;
  const sum = `${removed.length} ${did}, ${showBytes(beforeBytes - afterBytes)}; ${showBytes(afterBytes)} stay, ${limit}`;
  const above = limitBytes !== undefined && afterBytes > limitBytes;
  return [...rows, sum, ...(above ? ['What stays above the limit is needed by a run, a lock file or a folder.'] : [])];
}

function checkLines({ dryRun, blobs, bytes, damaged }: StoreReport & { action: 'verify' }): string[] {
  const rows = damaged.map(({ sha256, sizeBytes }) => `damaged  ${showBytes(sizeBytes).padStart(10)}  ${sha256}`);
  const then = damaged.length === 0 ? '' : dryRun ? '; nothing was changed' : '; they are fetched again when needed';
  return [...rows, `${blobs} contents hashed, ${showBytes(bytes)}; ${damaged.length} damaged${then}`];
}

function when(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
}
