// What a reference means: by the lock file, by what is kept of a commit, or by asking its hub. Only the last makes requests.

import { codeOf, familyOf, ModelFetchError } from '../../core/errors.ts';
import { type Filter, selectFiles } from '../../core/filter.ts';
import { findLocked } from '../../core/lock/match.ts';
import type { Lock, LockedModel } from '../../core/lock.ts';
import type { Options } from '../../core/options.ts';
import type { Hub } from '../../core/ports.ts';
import { formatRef, isCommit, type ModelRef, repositoryOf } from '../../core/ref.ts';
import type { ResolvedBy } from '../../core/report.ts';
import { type Listing, narrowListing, type Select, type Snapshot } from '../../core/snapshot.ts';
import type { Subject } from '../../core/store/kept.ts';
import { type RecallDependencies, recallLast } from './recall.ts';

export interface ResolveDependencies extends RecallDependencies {
  readonly hubOf: (ref: ModelRef) => Hub;
  /** What the run's lock file says. */
  readonly lock?: Lock;
}

export type ResolveOptions = Filter & Pick<Options, 'offline' | 'lastKnown'>;

export interface Resolved {
  readonly snapshot: Snapshot;
  readonly hub: Hub;
  readonly resolvedBy: ResolvedBy;
  /** What the hub said in this run. */
  readonly fresh?: Listing;
}

/** @throws the codes of Hub.list, OFFLINE, NO_MATCH, UNSAFE_PATH, UNVERIFIABLE, SIZE_MISMATCH */
export async function resolve(
  ref: ModelRef,
  options: ResolveOptions,
  deps: ResolveDependencies,
  signal: AbortSignal,
): Promise<Resolved> {
  const hub = deps.hubOf(ref);
  const select: Select = (files) => selectFiles(ref, files, options);
  const locked = deps.lock === undefined ? undefined : findLocked(deps.lock, ref, options);
  if (locked !== undefined)
    return { snapshot: narrowListing(lockedListing(ref, locked), select), hub, resolvedBy: 'lock' };
  if (deps.lock !== undefined) say(deps, ref, 'is not in the lock file with these filters, so it is what it is now');
  const { listing, resolvedBy } = await listingOf({ ref, endpoint: hub.endpoint }, hub, options, deps, signal);
  const snapshot = narrowListing(listing, select);
  return { snapshot, hub, resolvedBy, ...(resolvedBy === 'hub' ? { fresh: listing } : {}) };
}

function lockedListing(ref: ModelRef, { revision, files }: LockedModel): Listing {
  return {
    ref,
    revision,
    immutable: isCommit(revision),
    files: files.map((file) => ({ ...file, kind: 'file' })),
  };
}

interface Found {
  readonly listing: Listing;
  readonly resolvedBy: 'store' | 'hub';
}

/** Everything in the state that a reference means, whatever the lock file says. @throws the codes of Hub.list, OFFLINE */
export async function listingOf(
  subject: Subject,
  hub: Hub,
  options: Pick<Options, 'offline' | 'lastKnown'>,
  deps: RecallDependencies,
  signal: AbortSignal,
): Promise<Found> {
  const { ref } = subject;
  if (isCommit(ref.revision) || options.offline) {
    const kept = await recallLast(subject, deps);
    if (kept !== undefined) {
      say(deps, ref, `is ${kept.revision.slice(0, 12)}, whose listing is kept on this machine; the hub is not asked`);
      return { listing: kept, resolvedBy: 'store' };
    }
    if (options.offline) throw unknownHere(ref);
  }
  try {
    return { listing: await hub.list(ref, signal), resolvedBy: 'hub' };
  } catch (error) {
    return { listing: await lastKnown(error, subject, options, deps), resolvedBy: 'store' };
  }
}

// A hub that cannot answer now said something earlier, perhaps. Which of the two counts is the user's to say.
async function lastKnown(
  error: unknown,
  subject: Subject,
  options: Pick<Options, 'lastKnown'>,
  deps: RecallDependencies,
): Promise<Listing> {
  const code = codeOf(error);
  if (!(error instanceof ModelFetchError) || code === undefined || familyOf(code) !== 'network') throw error;
  const kept = await recallLast(subject, deps);
  if (kept === undefined) throw error;
  const name = formatRef(subject.ref);
  if (options.lastKnown) {
    const message = `${name} is taken as it was last known here, ${kept.revision}, since the hub could not be asked: ${error.message}`;
    deps.emit({ type: 'warning', code, message });
    return kept;
  }
  const pin = kept.immutable ? `write \`${repositoryOf(subject.ref)}@${kept.revision}\`, ` : '';
  throw new ModelFetchError(code, error.message, {
    hint: `${error.hint ?? ''} This machine knows ${name} as ${kept.revision}: ${pin}lock it in a file (\`lock\`), or allow \`last-known\` or \`offline\`; then the hub is not needed for it.`.trim(),
    cause: error,
    ...(error.waitMs === undefined ? {} : { waitMs: error.waitMs }),
  });
}

function say({ emit }: RecallDependencies, ref: ModelRef, what: string): void {
  emit({ type: 'notice', message: `${formatRef(ref)} ${what}.` });
}

function unknownHere(ref: ModelRef): ModelFetchError {
  return new ModelFetchError('OFFLINE', `What ${formatRef(ref)} holds is not known on this machine.`, {
    hint: 'Run once without `offline`, with the same store; or name a revision or a lock file that was used here.',
  });
}
