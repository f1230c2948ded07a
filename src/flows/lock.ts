// Locking: what each model is now becomes an entry of the lock file. Fetches nothing; entries of other models stay as they are.

import { algorithmOf, type Digest } from '../core/digest.ts';
import { ModelFetchError } from '../core/errors.ts';
import { type Filter, selectFiles } from '../core/filter.ts';
import { compareFiles, describeChanges, mismatch, withKnownDigests } from '../core/lock/match.ts';
import { badLock, parseLock } from '../core/lock/parse.ts';
import { EMPTY_LOCK, formatLock, type Lock, type LockedModel, lockIdentity } from '../core/lock.ts';
import { siteProblems } from '../core/options/parse.ts';
import type { Options } from '../core/options.ts';
import type { LockFile, Store } from '../core/ports.ts';
import { formatRef, type HubGrammar, type ModelRef, repositoryOf } from '../core/ref.ts';
import { hasMoved, type LockedReport, type LockReport } from '../core/report/lock.ts';
import { createSnapshot, type ListedFile, narrowListing, type RemoteFile, totalBytes } from '../core/snapshot.ts';
import { listingOf, type ResolveDependencies } from './scan/resolve.ts';

export interface LockDependencies extends Pick<ResolveDependencies, 'hubOf' | 'emit'> {
  readonly store: Pick<Store, 'find' | 'shelf'>;
  readonly lockFile: LockFile;
  readonly hubs: readonly HubGrammar[];
}

export type LockOptions = Filter & Pick<Options, 'models' | 'locked' | 'dryRun' | 'token' | 'endpoint'>;

/** What the lock file says. @throws BAD_LOCK, also when there is none; DISK_IO */
export async function readLock(lockFile: LockFile, hubs: readonly HubGrammar[]): Promise<Lock> {
  const text = await lockFile.read();
  if (text !== undefined) return parseLock(text, lockFile.path, hubs);
  throw badLock(lockFile.path, ['it is not there'], 'Write it with the mode `lock`, and commit it.');
}

/** Brings the lock file up to date: the models that are named, or all that it has.
 * @throws BAD_LOCK; LOCK_MISMATCH when nothing may change and something would; the codes of Hub.list */
export async function lock(options: LockOptions, deps: LockDependencies, signal: AbortSignal): Promise<LockReport> {
  const text = await deps.lockFile.read();
  const before = text === undefined ? EMPTY_LOCK : parseLock(text, deps.lockFile.path, deps.hubs);
  const targets = targetsOf(options, before, deps.lockFile.path);
  const after: LockedModel[] = [];
  const models: LockedReport[] = [];
  for (const target of targets) {
    const old = before.models.find((model) => lockIdentity(model) === lockIdentity(target));
    const model = await lockModel(target, old, deps, signal);
    after.push(model);
    models.push(reportOf(model, old));
  }
  const renewed = new Set(after.map(lockIdentity));
  const next = formatLock({
    models: [...before.models.filter((model) => !renewed.has(lockIdentity(model))), ...after],
  });
  if (options.locked) refuseMoved(models);
  const changed = !options.locked && next !== text;
  if (changed && !options.dryRun) await deps.lockFile.write(next);
  return { lock: deps.lockFile.path, changed, dryRun: options.dryRun, models };
}

type Target = Filter & { readonly ref: ModelRef };

function targetsOf(options: LockOptions, before: Lock, name: string): readonly Target[] {
  const { models, include, exclude } = options;
  const targets = models.length === 0 ? before.models : models.map((ref) => ({ ref, include, exclude }));
  if (targets.length === 0) throw badLock(name, ['it has no model, and none is named'], 'Name the models to lock.');
  const [problem] = siteProblems({ ...options, mirrors: [], models: targets.map(({ ref }) => ref) });
  if (problem !== undefined) throw problem;
  return targets;
}

async function lockModel(
  { ref, include, exclude }: Target,
  before: LockedModel | undefined,
  deps: LockDependencies,
  signal: AbortSignal,
): Promise<LockedModel> {
  deps.emit({ type: 'phase', phase: 'resolve', subject: formatRef(ref) });
  const hub = deps.hubOf(ref);
  const subject = { ref, endpoint: hub.endpoint };
  const { listing } = await listingOf(subject, hub, { offline: false, lastKnown: false }, deps, signal);
  const snapshot = narrowListing(listing, (files) => selectFiles(ref, files, { include, exclude }));
  if (!snapshot.immutable) {
    const message = `${repositoryOf(ref)} is locked by digests only, since the hub gives no commit for ${snapshot.revision}.`;
    deps.emit({ type: 'warning', message });
  }
  const known = new Map(before?.files.map((file) => [file.path, file]));
  const listed: ListedFile[] = [];
  for (const file of snapshot.files) {
    const all = withKnownDigests(file, known.get(file.path));
    listed.push({ ...all, digests: [...all.digests, ...(await sha256Here(all, deps, signal))], kind: 'file' });
  }
  const { files, id } = createSnapshot(snapshot, listed);
  return { ref, include, exclude, revision: snapshot.revision, snapshotId: id, files };
}

// Some hubs give only git's SHA-1 for small files. Where the bytes are here, the sha256 is known, too.
async function sha256Here(file: RemoteFile, { store }: LockDependencies, signal: AbortSignal): Promise<Digest[]> {
  if (file.digests.some((digest) => algorithmOf(digest) === 'sha256')) return [];
  const { blob } = await store.find(file, 'receipt', signal);
  return blob === undefined ? [] : [`sha256:${blob.sha256}`];
}

function reportOf(model: LockedModel, before: LockedModel | undefined): LockedReport {
  return {
    ref: formatRef(model.ref),
    revision: model.revision,
    before: before?.revision ?? null,
    snapshotId: model.snapshotId,
    files: model.files.length,
    bytes: totalBytes(model.files),
    ...compareFiles(before?.files ?? [], model.files),
  };
}

function refuseMoved(models: readonly LockedReport[]): void {
  const moved = models.filter(hasMoved);
  if (moved.length === 0) return;
  const lines = moved.flatMap(({ ref, before, revision, ...changes }) => {
    if (before === null) return [`${ref}: it is not in the lock file with these filters`];
    if (before !== revision) return [`${ref}: it is ${revision} by now, and ${before} in the lock file`];
    return describeChanges(ref, changes);
  });
  const error = mismatch(lines);
  throw new ModelFetchError(error.code, error.message, {
    hint: 'Run with the mode `lock` and without `locked`, look at what changed, and commit the file.',
  });
}
