// Snapshots and reports that the tests of core bend to their needs.

import { digestOf } from '../../src/core/digest.ts';
import {
  createModelReport,
  createReport,
  type FileFate,
  type ModelReport,
  type Outcome,
  type Report,
} from '../../src/core/report.ts';
import { createSnapshot, type Snapshot } from '../../src/core/snapshot.ts';

/** Content is the path, so that the same path is the same content. */
export function snapshotOf(paths: readonly string[], sizeBytes?: number, revision = 'c0ffee'): Snapshot {
  return createSnapshot(
    { ref: { hub: 'modelscope', kind: 'model', repo: 'o/n' }, revision, immutable: true },
    paths.map((path) => ({
      path,
      sizeBytes: sizeBytes ?? path.length,
      digests: [digestOf('sha256', path)],
      kind: 'file',
    })),
  );
}

/** A fate in which `bytes` were sent by a hub. */
export function fate(outcome: Outcome, bytes = 0, changes: Partial<FileFate> = {}): FileFate {
  const source = { kept: 'folder', adopted: 'folder', linked: 'store', restored: 'cache', planned: '' };
  return {
    outcome,
    source: outcome === 'downloaded' ? 'modelscope' : source[outcome],
    sent: bytes > 0 ? { modelscope: bytes } : {},
    resumedBytes: 0,
    lostBytes: 0,
    blob: { sha256: 'ab'.repeat(32), sizeBytes: 1 },
    ...changes,
  };
}

/** A report of one model with these files and what became of them. */
export function modelReportOf(fates: Readonly<Record<string, FileFate>>, sizeBytes?: number): ModelReport {
  return createModelReport({
    snapshot: snapshotOf(Object.keys(fates), sizeBytes),
    resolvedBy: 'hub',
    folder: '/models/o/n',
    fates: new Map(Object.entries(fates)),
    removed: [],
    foreign: [],
  });
}

export function reportOf(models: readonly ModelReport[], dryRun = false): Report {
  return createReport(models, { dryRun, verify: 'receipt', seconds: 12.3, departures: [] });
}
