// The order of a download: resolve → scan → plan → cache → transfer → place → report. What each step means is told elsewhere.

import type { CachePart } from '../core/cache-key.ts';
import type { SourceTime } from '../core/cache-report.ts';
import type { Digest } from '../core/digest.ts';
import { codeOf, ModelFetchError } from '../core/errors.ts';
import type { Options } from '../core/options.ts';
import type { Blob, Disk, Placed, Source } from '../core/ports.ts';
import {
  CACHE_SOURCE,
  createModelReport,
  createReport,
  type ModelReport,
  type Report,
  UNMOVED,
} from '../core/report.ts';
import type { RetryPolicy } from '../core/retry.ts';
import { describeSnapshot, identityOf, type RemoteFile, totalBytes } from '../core/snapshot.ts';
import { type CacheUse, type CacheUseDependencies, useCache } from './cache-use.ts';
import { createCacheWarnings } from './cache-warnings.ts';
import { refuseSmallDisk } from './disk-need.ts';
import { explainFailure } from './drift.ts';
import type { FileResult, TransferItem } from './file-job.ts';
import { keepListing } from './recall.ts';
import { saveToCache } from './save.ts';
import { missingOf, type ScanDependencies, type Work } from './scan.ts';
import { scanAll } from './scan-all.ts';
import { createSourceTimes } from './source-times.ts';
import { transfer } from './transfer.ts';
import type { Pace } from './watchdog.ts';

export interface DownloadDependencies extends ScanDependencies, CacheUseDependencies {
  readonly disk: Disk;
  readonly policy: RetryPolicy;
  readonly pace?: Pace;
  /** Told before the first byte moves which entries the cache lacks and should get, once what they hold is here. */
  readonly onFetch?: (parts: readonly CachePart[]) => Promise<void>;
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
  let times: Record<string, SourceTime> = {};
  const works = await scanAll(options, deps, signal);
  if (!options.dryRun) {
    const needs = works.map((work) => ({
      folder: work.folder,
      missing: missingOf(work),
      sizeBytes: totalBytes(work.snapshot.files),
    }));
    await refuseSmallDisk(needs, deps);
    cacheUse = await useCache(works, options.cacheLimitBytes, deps, signal);
    times = await move(works, { ...options, use: cacheUse }, deps, signal).catch(async (error: unknown) => {
      throw await explainFailure(error, works, { ...deps, filter: options }, signal);
    });
  }
  const models: ModelReport[] = [];
  for (const work of works) models.push(options.dryRun ? preview(work) : await place(work, deps, signal));
  if (!options.dryRun) for (const work of works) await keep(work, deps);
  const seconds = (deps.clock.nowMs() - startMs) / 1000;
  const cache = cacheUse === undefined || cacheUse.asked === 0 ? undefined : { ...cacheUse, times };
  return createReport(models, { dryRun: options.dryRun, verify: options.verify, seconds, cache });
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

async function move(
  works: readonly Work[],
  { connections, cacheSave, use }: Pick<DownloadOptions, 'connections' | 'cacheSave'> & { use: CacheUse },
  deps: DownloadDependencies,
  signal: AbortSignal,
): Promise<Record<string, SourceTime>> {
  // The same content under two names, or in two models, is moved once.
  const wanted = new Map<Digest, Place[]>();
  for (const work of works) {
    for (const file of missingOf(work)) {
      const places = wanted.get(identityOf(file));
      if (places === undefined) wanted.set(identityOf(file), [{ work, file }]);
      else places.push({ work, file });
    }
  }
  if (wanted.size === 0) return {};
  deps.emit({
    type: 'phase',
    phase: 'transfer',
    subject: works.map((work) => describeSnapshot(work.snapshot)).join(', '),
  });
  const all = [...wanted.values()];
  const items = all.flatMap(([first]) => (first === undefined ? [] : [toItem(first, use.source)]));
  const { emit, times } = createSourceTimes(createCacheWarnings(deps.emit), deps.clock);
  if (cacheSave === 'post' && use.toSave.length > 0) await deps.onFetch?.(use.toSave);
  const results = await transfer(items, { ...deps, connections, emit }, signal);
  // Also what came before a failure.
  if (cacheSave === 'immediately' && deps.cache !== undefined) {
    await saveToCache(use.toSave, { ...deps, cache: deps.cache }, signal);
  }
  const failures: Failure[] = [];
  for (const [index, result] of results.entries()) {
    const places = all[index] ?? [];
    const path = places[0]?.file.path ?? '';
    if (result.blob !== undefined) share(places, result.blob, result);
    else failures.push({ path, error: result.error ?? new Error(`nothing became of ${path}`) });
  }
  if (failures.length > 0) throw joinFailures(failures);
  return times();
}

/** Where a content is wanted. */
interface Place {
  readonly work: Work;
  readonly file: RemoteFile;
}

function toItem({ work, file }: Place, cache: Source | undefined): TransferItem {
  const sources = cache === undefined ? [work.hub.source] : [cache, work.hub.source];
  return { snapshot: work.snapshot, file, sources };
}

// Content that several files share came once: its bytes are counted with the first of them.
function share(places: readonly Place[], blob: Blob, { sent, resumedBytes, lostBytes }: FileResult): void {
  const [source = 'store'] = Object.entries(sent)
    .sort(([, a], [, b]) => b - a)
    .map(([name]) => name);
  // Else it is a file of no bytes, or one that an interrupted run had brought whole.
  const outcome = source === 'store' ? 'linked' : source === CACHE_SOURCE ? 'restored' : 'downloaded';
  for (const [index, { work, file }] of places.entries()) {
    const cost = index === 0 ? { sent, resumedBytes, lostBytes } : UNMOVED;
    work.fates.set(file.path, { blob, outcome, source, ...cost });
  }
}

interface Failure {
  readonly path: string;
  readonly error: Error;
}

const NAMED_FAILURES = 20;

function joinFailures(failures: readonly Failure[]): Error {
  const [first] = failures;
  const bug = failures.find(({ error }) => codeOf(error) === undefined);
  if (bug !== undefined) return bug.error;
  // One file, or one disk that is full for all of them.
  if (first !== undefined && failures.every(({ error }) => error === first.error)) return first.error;
  const code = failures.every(({ error }) => codeOf(error) === codeOf(first?.error)) ? codeOf(first?.error) : undefined;
  const lines = failures
    .slice(0, NAMED_FAILURES)
    .map(({ path, error }) => `- ${path}: ${codeOf(error)}: ${error.message}`);
  if (failures.length > NAMED_FAILURES) lines.push(`- and ${failures.length - NAMED_FAILURES} more`);
  return new ModelFetchError(code ?? 'INCOMPLETE', `${failures.length} files could not be had:\n${lines.join('\n')}`, {
    hint: 'Run the same command again: every file that was verified is kept.',
    cause: first?.error,
  });
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
