// What a run that publishes did, as data. Outputs, summary and text derive from it and from nothing else.

import type { FileChange } from '../release/plan.ts';

/** How a content came to the hub: over the network in this run; not at all, because the hub had it; inside the commit; nothing was
 * to be done; left out by the hub's own rules. */
export type Way = 'sent' | 'reused' | 'inline' | 'none' | 'ignored';

export interface PublishedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Hex; null for a file that is deleted, or whose run failed before it was hashed. */
  readonly sha256: string | null;
  readonly change: FileChange | 'deleted';
  readonly way: Way;
  /** Bytes of content over the network, bytes sent twice included. */
  readonly uploaded: number;
}

/** `published`: the release is there, compared digest by digest. `unchanged`: it was there before. `committed`: the commit was made, and
 * something after it failed. `partial`: of the several commits of a large release some were made. `untouched`: no commit was made.
 * `unknown`: a commit was sent, its answer was lost, and nobody could say since whether it was made. `planned`: a dry run. */
export type TargetState = 'published' | 'unchanged' | 'committed' | 'partial' | 'untouched' | 'unknown' | 'planned';

export interface TargetReport {
  readonly ref: string;
  readonly hub: string;
  readonly repo: string;
  readonly branch: string;
  readonly state: TargetState;
  /** The commit that this run made; null when it made none, or when the hub does not tell. */
  readonly commit: string | null;
  /** The commit that holds the release: the one that was made, or the one that was there; null where the hub tells none, and
   * where it is not known. */
  readonly revision: string | null;
  /** The page of the commit or of the repository; empty when there is none. */
  readonly url: string;
  /** The tag that is on the release now; null for none. */
  readonly tag: string | null;
  /** Whether a commit was made for all that is known, or would be in a dry run. */
  readonly changed: boolean;
  readonly files: readonly PublishedFile[];
  readonly totals: UploadTotals;
}

export interface UploadTotals {
  readonly files: number;
  readonly filesUploaded: number;
  readonly filesUnchanged: number;
  readonly filesDeleted: number;
  readonly bytes: number;
  readonly bytesUploaded: number;
  /** Bytes of files that need not travel: the hub had them. */
  readonly bytesReused: number;
}

export interface UploadReport {
  readonly mode: 'upload';
  readonly dryRun: boolean;
  readonly targets: readonly TargetReport[];
  readonly totals: UploadTotals & { readonly seconds: number };
}

export function createTargetReport(input: Omit<TargetReport, 'totals'>): TargetReport {
  return { ...input, totals: totalsOf(input.files) };
}

function totalsOf(all: readonly PublishedFile[]): UploadTotals {
  const files = all.filter(({ change }) => change !== 'deleted');
  const sum = (some: readonly PublishedFile[], pick: (file: PublishedFile) => number) =>
    some.reduce((total, file) => total + pick(file), 0);
  const reused = files.filter(({ change, way }) => change === 'unchanged' || way === 'reused');
  return {
    files: files.length,
    filesUploaded: files.filter(({ change, way }) => change !== 'unchanged' && way !== 'ignored').length,
    filesUnchanged: files.filter(({ change }) => change === 'unchanged').length,
    filesDeleted: all.length - files.length,
    bytes: sum(files, ({ size }) => size),
    bytesUploaded: sum(files, ({ uploaded }) => uploaded),
    bytesReused: sum(reused, ({ size }) => size),
  };
}

export function createUploadReport(
  targets: readonly TargetReport[],
  run: { readonly dryRun: boolean; readonly seconds: number },
): UploadReport {
  const sum = (pick: (totals: UploadTotals) => number) =>
    targets.reduce((total, { totals }) => total + pick(totals), 0);
  return {
    mode: 'upload',
    dryRun: run.dryRun,
    targets,
    totals: {
      files: sum(({ files }) => files),
      filesUploaded: sum(({ filesUploaded }) => filesUploaded),
      filesUnchanged: sum(({ filesUnchanged }) => filesUnchanged),
      filesDeleted: sum(({ filesDeleted }) => filesDeleted),
      bytes: sum(({ bytes }) => bytes),
      bytesUploaded: sum(({ bytesUploaded }) => bytesUploaded),
      bytesReused: sum(({ bytesReused }) => bytesReused),
      seconds: run.seconds,
    },
  };
}
