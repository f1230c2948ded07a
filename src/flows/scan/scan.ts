// What a reference means and what of it is on this machine already: resolve, then look, then plan. Moves nothing.

import pMap from 'p-map';
import type { Digest } from '../../core/digest.ts';
import type { Emit } from '../../core/events.ts';
import type { Options } from '../../core/options.ts';
import { createPlan, type Plan } from '../../core/plan.ts';
import type { Blob, Clock, Found, Hub, Store, View, ViewState } from '../../core/ports.ts';
import { formatRef, type ModelRef } from '../../core/ref.ts';
import { type FileFate, type ResolvedBy, UNMOVED } from '../../core/report.ts';
import {
  describeSnapshot,
  identityOf,
  type Listing,
  promisedSha256,
  type RemoteFile,
  type Snapshot,
  totalBytes,
} from '../../core/snapshot.ts';
import { drawVerify } from '../../core/store/sampling.ts';
import { showBytes } from '../../core/text/show.ts';
import { type ResolveDependencies, type ResolveOptions, resolve } from './resolve.ts';

/** What is known of one model on its way. `fates` fills up until every file of the snapshot has one. */
export interface Work {
  readonly snapshot: Snapshot;
  readonly hub: Hub;
  readonly resolvedBy: ResolvedBy;
  /** What the hub said in this run. */
  readonly fresh?: Listing;
  readonly folder: string;
  readonly view: ViewState;
  readonly fates: Map<string, FileFate>;
  readonly plan: Plan;
  /** Paths whose content was here, and was not what it should be. */
  readonly damaged: ReadonlySet<string>;
}

export type ScanOptions = ResolveOptions & Pick<Options, 'dryRun' | 'verify'>;

export interface ScanDependencies extends ResolveDependencies {
  readonly folderOf: (ref: ModelRef) => string;
  readonly store: Store;
  readonly view: View;
  readonly clock: Clock;
}

/** Looking waits for the disk most of the time. */
const LOOKS_AT_ONCE = 16;

/** @throws the codes of `resolve`, and DISK_IO. */
export async function scan(
  ref: ModelRef,
  options: ScanOptions,
  deps: ScanDependencies,
  signal: AbortSignal,
): Promise<Work> {
  deps.emit({ type: 'phase', phase: 'resolve', subject: formatRef(ref) });
  const resolved = await resolve(ref, options, deps, signal);
  const { snapshot } = resolved;
  const folder = deps.folderOf(ref);
  await deps.store.hold(describeSnapshot(snapshot), snapshot.files);
  deps.emit({ type: 'phase', phase: 'scan', subject: describeSnapshot(snapshot) });
  await deps.view.check(
    folder,
    snapshot.files.map((file) => file.path),
  );
  const view = await deps.view.inspect(folder);
  const fates = new Map<string, FileFate>();
  const damaged = new Set<string>();
  // Several files may share a content, which is looked at once.
  const looks = new Map<Digest, Promise<Found>>();
  const look = async (file: RemoteFile) => {
    const looking =
      looks.get(identityOf(file)) ?? deps.store.find(file, drawVerify(options.verify, deps.clock.random()), signal);
    looks.set(identityOf(file), looking);
    const found = await looking;
    if (found.damaged) damaged.add(file.path);
    if (found.blob !== undefined) fates.set(file.path, fateHere(found.blob, file, view));
    // A dry run only looks; taking a file over would write to the store.
    else if (!options.dryRun && mayBeThere(file, view)) await adopt(file, folder, fates, deps, signal);
  };
  await pMap(snapshot.files, look, { concurrency: LOOKS_AT_ONCE });
  warnOfDamage(damaged, options, deps.emit);
  const sizes = `${snapshot.files.length} files, ${showBytes(totalBytes(snapshot.files))}`;
  deps.emit({ type: 'notice', message: `${sizes}; ${fates.size} are here and proved` });
  const plan = createPlan({ snapshot, blobs: blobsOf(fates), damaged, view });
  return { ...resolved, folder, view, fates, plan, damaged };
}

function fateHere(blob: Blob, file: RemoteFile, view: ViewState): FileFate {
  const isPlaced = view.placed.get(file.path) === blob.sha256;
  return {
    blob,
    outcome: isPlaced ? 'kept' : 'linked',
    source: isPlaced ? 'folder' : 'store',
    ...UNMOVED,
  };
}

// What an earlier run put there and nobody has touched is known to be another content, and need not be read to be told so.
function mayBeThere(file: RemoteFile, view: ViewState): boolean {
  const placed = view.placed.get(file.path);
  const sha256 = promisedSha256(file);
  return placed === undefined || placed === '' || sha256 === undefined || placed === sha256;
}

// A file that someone copied in by hand, or that outlived the store, is not fetched again.
async function adopt(
  file: RemoteFile,
  folder: string,
  fates: Map<string, FileFate>,
  { store, view }: ScanDependencies,
  signal: AbortSignal,
): Promise<void> {
  const blob = await store.adopt(view.pathIn(folder, file.path), file, signal);
  if (blob !== undefined) fates.set(file.path, { blob, outcome: 'adopted', source: 'folder', ...UNMOVED });
}

function blobsOf(fates: ReadonlyMap<string, FileFate>): Map<string, Blob> {
  return new Map([...fates].flatMap(([path, { blob }]) => (blob === undefined ? [] : [[path, blob]])));
}

function warnOfDamage(damaged: ReadonlySet<string>, { dryRun, offline }: ScanOptions, emit: Emit): void {
  const then = offline ? 'it counts as missing' : dryRun ? 'a run would fetch it again' : 'it is fetched again';
  for (const path of damaged) {
    emit({
      type: 'warning',
      code: 'DIGEST_MISMATCH',
      message: `The stored content of ${path} is damaged; ${then}.`,
    });
  }
}

/** Files whose content is not yet proved to be on this machine. */
export function missingOf({ snapshot, fates }: Work): RemoteFile[] {
  return snapshot.files.filter((file) => !fates.has(file.path));
}
