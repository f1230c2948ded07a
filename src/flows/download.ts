// The order of a download: resolve → scan → plan → cache → transfer → place → report. What each step means is told elsewhere.

import { ModelFetchError } from '../core/errors.ts';
import type { Options } from '../core/options.ts';
import type { Disk, Placed } from '../core/ports.ts';
import { createModelReport, createReport, type ModelReport, type Report, UNMOVED } from '../core/report.ts';
import { totalBytes } from '../core/snapshot.ts';
import { type CacheUse, type CacheUseDependencies, useCache } from './cache/use.ts';
import { refuseSmallDisk } from './scan/disk-need.ts';
import { explainFailure } from './scan/drift.ts';
import { keepListing } from './scan/recall.ts';
import { missingOf, type ScanDependencies, type Work } from './scan/scan.ts';
import { scanAll } from './scan/scan-all.ts';
import { type GatherDependencies, gather, NOTHING_GATHERED } from './transfer/gather.ts';

export interface DownloadDependencies extends ScanDependencies, CacheUseDependencies, GatherDependencies {
  readonly disk: Disk;
}

export type DownloadOptions = Pick<
  Options,
  | 'models'
  | 'include'
  | 'exclude'
  | 'locked'
  | 'offline'
  | 'lastKnown'
  | 'connections'
  | 'dryRun'
  | 'verify'
  | 'cacheLimitBytes'
  | 'cacheSave'
>;

/** Brings every model to its folder, verified. What was verified before a failure is kept.
 * @throws the code of what failed; INCOMPLETE, naming each file, when several files failed in different ways. */
export async function download(
  options: DownloadOptions,
  deps: DownloadDependencies,
  signal: AbortSignal,
): Promise<Report> {
  const startMs = deps.clock.nowMs();
  await refuseUnwritable(options, deps);
  let cacheUse: CacheUse | undefined;
  let gathered = NOTHING_GATHERED;
  const works = await scanAll(options, deps, signal);
  if (!options.dryRun) {
    const needs = works.map((work) => ({
      folder: work.folder,
      missing: missingOf(work),
      sizeBytes: totalBytes(work.snapshot.files),
    }));
    await refuseSmallDisk(needs, deps);
    cacheUse = await useCache(works, options.cacheLimitBytes, deps, signal);
    gathered = await gather(works, { ...options, use: cacheUse }, deps, signal).catch(async (error: unknown) => {
      throw await explainFailure(error, works, { ...deps, filter: options }, signal);
    });
  }
  const models: ModelReport[] = [];
  for (const work of works) models.push(options.dryRun ? preview(work) : await place(work, deps, signal));
  if (!options.dryRun) for (const work of works) await keep(work, deps);
  const seconds = (deps.clock.nowMs() - startMs) / 1000;
  const { times, departures } = gathered;
  const cache = cacheUse === undefined || cacheUse.asked === 0 ? undefined : { ...cacheUse, times };
  return createReport(models, { dryRun: options.dryRun, verify: options.verify, seconds, departures, cache });
}

// Once everything it names is here: then the next run needs no hub.
async function keep({ fresh, hub, snapshot }: Work, deps: DownloadDependencies): Promise<void> {
  if (fresh !== undefined) await keepListing({ ref: snapshot.ref, endpoint: hub.endpoint }, fresh, deps);
}

async function refuseUnwritable(options: DownloadOptions, deps: DownloadDependencies): Promise<void> {
  await deps.disk.probe(deps.store.folder);
  for (const ref of options.models) {
    const folder = deps.folderOf(ref);
    await deps.disk.probe(folder);
    if (!(await deps.disk.areApart(deps.store.folder, folder))) throw nested(deps.store.folder, folder);
  }
}

function nested(store: string, folder: string): ModelFetchError {
  return new ModelFetchError(
    'BAD_OPTION',
    `The store (${store}) and the folder of the files (${folder}) lie one in the other.`,
    {
      hint: 'Give `store` and `path` folders of their own, best on one disk.',
    },
  );
}

async function place(work: Work, deps: DownloadDependencies, signal: AbortSignal): Promise<ModelReport> {
  deps.emit({ type: 'phase', phase: 'place', subject: work.folder });
  const files = work.snapshot.files.map((file) => {
    const blob = work.fates.get(file.path)?.blob;
    if (blob === undefined) throw new Error(`${file.path} has no verified content`);
    return { path: file.path, blob };
  });
  const placed = await deps.view.place(work.folder, work.snapshot, files, signal);
  deps.emit({ type: 'notice', message: describePlaced(placed) });
  return createModelReport({ ...work, removed: placed.removed, foreign: placed.foreign });
}

function describePlaced({ kept, linked, removed, foreign, method }: Placed): string {
  const how = { hardlink: 'as hard links', reflink: 'as copies that share their bytes', copy: 'as copies', none: '' }[
    method
  ];
  const parts = [`${kept.length} files were in place, ${linked.length} placed ${how}`.trim()];
  if (removed.length > 0) parts.push(`${removed.length} removed that the snapshot no longer has`);
  if (foreign.length > 0) parts.push(`${foreign.length} others left alone`);
  return parts.join('; ');
}

function preview(work: Work): ModelReport {
  const fates = new Map(work.fates);
  for (const step of work.plan.steps) {
    if (step.kind === 'delete') continue;
    const fate = fates.get(step.path) ?? { source: '', ...UNMOVED };
    fates.set(step.path, { ...fate, outcome: 'planned', plan: `${step.kind}: ${step.reason}` });
  }
  const removed = work.plan.steps.filter((step) => step.kind === 'delete').map((step) => step.path);
  return createModelReport({ ...work, fates, removed, foreign: work.view.foreign });
}
