// A report as a few lines for a terminal. Pure.

import { printable } from '../repo-path.ts';
import { type ModelReport, RESOLVED_BY, type Report } from '../report.ts';
import { describeSampling } from '../store/sampling.ts';
import { showBytes, showSeconds } from '../text/show.ts';

/** In a dry run every step with its reason; else one line a model. */
export function reportText(report: Report): string {
  const models = report.models.map((model) => (report.dryRun ? planLines(model) : doneLines(model, report)).join('\n'));
  const departures = report.departures.map(
    ({ source, reason }) => `${printable(source)} was left: ${printable(reason)}`,
  );
  const sampling = describeSampling(report.verify);
  return [...models, ...departures, ...(sampling === '' ? [] : [sampling])].map((text) => `${text}\n`).join('');
}

function headOf({ ref, revision, resolvedBy, path }: ModelReport): string {
  const why = RESOLVED_BY[resolvedBy];
  return `${ref} at ${revision}${why === '' ? '' : ` (${why})`} → ${path}`;
}

function planLines(model: ModelReport): string[] {
  const files = model.files.map((file) => `  ${printable(file.path)} (${showBytes(file.size)}): ${file.plan ?? ''}`);
  const removed = model.removed.map((path) => `  ${printable(path)}: delete: no longer in the snapshot`);
  return [headOf(model), ...files, ...removed];
}

function doneLines(model: ModelReport, { totals }: Report): string[] {
  const { files, bytes, bytesDownloaded, bytesResumed, bytesRefetched } = model.totals;
  const kept = bytesResumed > 0 ? `, ${showBytes(bytesResumed)} kept from an interrupted run` : '';
  const resumed = `${kept}${bytesRefetched > 0 ? `, ${showBytes(bytesRefetched)} of it a second time` : ''}`;
  const lines = [
    headOf(model),
    `  ${files} files, ${showBytes(bytes)}, all verified; ${showBytes(bytesDownloaded)} fetched${resumed}; ${showSeconds(totals.seconds)}`,
  ];
  if (model.foreign.length > 0) lines.push(`  ${model.foreign.length} other files in the folder were left alone`);
  return lines;
}
