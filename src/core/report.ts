// What a run did, as data. Outputs, summary and exit code derive from it and from nothing else.

import type { ErrorCode } from './errors.ts';
import type { Options } from './options.ts';
import type { Blob } from './ports.ts';
import { formatRef } from './ref.ts';
import { type CacheReport, type CacheReportInput, createCacheReport } from './report/cache.ts';
import type { RemoteFile, Snapshot } from './snapshot.ts';
import { hashedShare } from './store/sampling.ts';

/** The runner cache among the sources. */
export const CACHE_SOURCE = 'cache';

/** How a file came to be where it is: untouched; linked from the store; taken over from the folder; mostly from the runner cache;
 * mostly from a hub or a mirror; or, in a dry run, only planned. */
export type Outcome = 'kept' | 'linked' | 'adopted' | 'restored' | 'downloaded' | 'planned';

export interface FileReport {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Hex, computed here from the bytes; null only in a dry run, for a file whose bytes are not here. */
  readonly sha256: string | null;
  readonly outcome: Outcome;
  /** `folder`, `store`, `cache`, or the source that sent most of it. */
  readonly source: string;
  /** Bytes that came from hubs and mirrors in this run, bytes sent twice included. */
  readonly downloaded: number;
  /** Bytes that the runner cache sent, bytes sent twice included. */
  readonly restored: number;
  /** Bytes that an interrupted run had left. */
  readonly resumed: number;
  /** Bytes that were sent before, in this run or in the interrupted one, and had to be sent again. */
  readonly refetched: number;
  /** In a dry run: the step and its reason. */
  readonly plan?: string;
}

export type CacheHit = 'true' | 'partial' | 'false';

export interface Totals {
  readonly files: number;
  readonly filesDownloaded: number;
  readonly bytes: number;
  readonly bytesDownloaded: number;
  readonly bytesResumed: number;
  readonly bytesRefetched: number;
  readonly bytesRestored: number;
  /** Bytes that came over the network, by source; the runner cache is one. */
  readonly sources: Readonly<Record<string, number>>;
}

/** Who said what a reference means: the lock file, the store's own memory of a commit, or the hub, asked in this run. */
export type ResolvedBy = 'lock' | 'store' | 'hub';

/** Why the hub was not asked what a reference means, as people read it; empty where it was. */
export const RESOLVED_BY: Readonly<Record<ResolvedBy, string>> = {
  lock: 'by the lock file',
  store: 'as kept in the store',
  hub: '',
};

export interface ModelReport {
  readonly ref: string;
  readonly hub: string;
  readonly repo: string;
  readonly revision: string;
  /** False when the hub tells no commit, so that `revision` may move. */
  readonly immutable: boolean;
  readonly resolvedBy: ResolvedBy;
  readonly snapshotId: string;
  readonly path: string;
  readonly cacheHit: CacheHit;
  readonly files: readonly FileReport[];
  /** Removed from the folder because the snapshot no longer has them. */
  readonly removed: readonly string[];
  /** In the folder, and not put there by us. */
  readonly foreign: readonly string[];
  readonly totals: Totals;
}

/** A source that was left, for some files or for good, while others carried on. */
export interface Departure {
  readonly source: string;
  /** `SLOW`: it worked, and another one was much quicker. */
  readonly code: ErrorCode | 'SLOW';
  /** As it was when it happened first. */
  readonly reason: string;
  /** How many times it was left for this reason. */
  readonly times: number;
}

export interface Report {
  readonly dryRun: boolean;
  readonly models: readonly ModelReport[];
  readonly departures: readonly Departure[];
  readonly totals: Totals & { readonly seconds: number };
  /** How what was here already was checked; `hashedShare`: the chance of each file, untouched by all signs, to be hashed. */
  readonly verify: { readonly how: Options['verify']; readonly hashedShare: number };
  /** Absent when the runner cache was not asked. */
  readonly cache?: CacheReport;
}

/** What one file's way gave, before it is a report. */
export interface FileFate {
  readonly blob?: Blob;
  readonly outcome: Outcome;
  readonly source: string;
  /** Bytes over the network by source. */
  readonly sent: Readonly<Record<string, number>>;
  readonly resumedBytes: number;
  /** Bytes that an interrupted run had written and that could not be used. */
  readonly lostBytes: number;
  readonly plan?: string;
}

/** What a file cost whose bytes did not move in this run. */
export const UNMOVED: Pick<FileFate, 'sent' | 'resumedBytes' | 'lostBytes'> = {
  sent: {},
  resumedBytes: 0,
  lostBytes: 0,
};

export interface ModelReportInput {
  readonly snapshot: Snapshot;
  readonly resolvedBy: ResolvedBy;
  readonly folder: string;
  readonly fates: ReadonlyMap<string, FileFate>;
  readonly removed: readonly string[];
  readonly foreign: readonly string[];
}

export function createModelReport(input: ModelReportInput): ModelReport {
  const { snapshot, resolvedBy, folder, fates, removed, foreign } = input;
  const files = snapshot.files.map((file) => reportFile(file, fates.get(file.path)));
  const sources = addUp([...fates.values()].map((fate) => fate.sent));
  return {
    ref: formatRef(snapshot.ref),
    hub: snapshot.ref.hub,
    repo: snapshot.ref.repo,
    revision: snapshot.revision,
    immutable: snapshot.immutable,
    resolvedBy,
    snapshotId: snapshot.id,
    path: folder,
    cacheHit: cacheHitOf(files),
    files,
    removed,
    foreign,
    totals: totalsOf(files, sources),
  };
}

function reportFile(file: RemoteFile, fate: FileFate | undefined): FileReport {
  if (fate === undefined) throw new Error(`no fate for ${file.path}`);
  const sent = Object.values(fate.sent).reduce((sum, bytes) => sum + bytes, 0);
  const restored = fate.sent[CACHE_SOURCE] ?? 0;
  const sentTwice = Math.max(0, sent + fate.resumedBytes - file.sizeBytes);
  return {
    path: file.path,
    size: file.sizeBytes,
    sha256: fate.blob?.sha256 ?? null,
    outcome: fate.outcome,
    source: fate.source,
    downloaded: sent - restored,
    restored,
    resumed: fate.resumedBytes,
    refetched: sent === 0 ? 0 : sentTwice + fate.lostBytes,
    ...(fate.plan === undefined ? {} : { plan: fate.plan }),
  };
}

function totalsOf(files: readonly FileReport[], sources: Readonly<Record<string, number>>): Totals {
  const sum = (pick: (file: FileReport) => number) => files.reduce((total, file) => total + pick(file), 0);
  return {
    files: files.length,
    filesDownloaded: files.filter((file) => file.outcome === 'downloaded').length,
    bytes: sum((file) => file.size),
    bytesDownloaded: sum((file) => file.downloaded),
    bytesResumed: sum((file) => file.resumed),
    bytesRefetched: sum((file) => file.refetched),
    bytesRestored: sum((file) => file.restored),
    sources,
  };
}

// `true`: no byte came from a hub. `false`: every byte did. Files of no bytes say nothing.
function cacheHitOf(all: readonly FileReport[]): CacheHit {
  const files = all.filter((file) => file.size > 0);
  const isFromHub = ({ outcome, downloaded, plan }: FileReport) =>
    outcome === 'downloaded' || downloaded > 0 || plan?.startsWith('move') === true;
  const fromHub = files.filter(isFromHub);
  if (fromHub.length === 0) return 'true';
  const isWhole = (file: FileReport) => file.resumed === 0 && file.restored === 0;
  return fromHub.length === files.length && fromHub.every(isWhole) ? 'false' : 'partial';
}

export interface RunFacts {
  readonly dryRun: boolean;
  readonly verify: Options['verify'];
  readonly seconds: number;
  readonly departures: readonly Departure[];
  /** What the runner cache did, if it was asked; its bytes are those of the models. */
  readonly cache?: Omit<CacheReportInput, 'bytes' | 'source'> | undefined;
}

export function createReport(models: readonly ModelReport[], run: RunFacts): Report {
  const sum = (pick: (totals: Totals) => number) => models.reduce((total, model) => total + pick(model.totals), 0);
  return {
    dryRun: run.dryRun,
    verify: { how: run.verify, hashedShare: hashedShare(run.verify) },
    models,
    departures: run.departures,
    totals: {
      files: sum((totals) => totals.files),
      filesDownloaded: sum((totals) => totals.filesDownloaded),
      bytes: sum((totals) => totals.bytes),
      bytesDownloaded: sum((totals) => totals.bytesDownloaded),
      bytesResumed: sum((totals) => totals.bytesResumed),
      bytesRefetched: sum((totals) => totals.bytesRefetched),
      bytesRestored: sum((totals) => totals.bytesRestored),
      sources: addUp(models.map((model) => model.totals.sources)),
      seconds: run.seconds,
    },
    ...(run.cache === undefined
      ? {}
      : {
          cache: cacheReport(
            run.cache,
            sum((totals) => totals.bytesRestored),
          ),
        }),
  };
}

function cacheReport(cache: NonNullable<RunFacts['cache']>, bytes: number): CacheReport {
  const { asked, found, lookupSeconds, packSeconds, whole, times } = cache;
  return createCacheReport({ asked, found, lookupSeconds, packSeconds, whole, times, bytes, source: CACHE_SOURCE });
}

/** Adds numbers under the same name. */
export function addUp(parts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const part of parts) {
    for (const [name, value] of Object.entries(part)) sums[name] = (sums[name] ?? 0) + value;
  }
  return sums;
}
