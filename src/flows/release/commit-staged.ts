// Several commits that readers see as one: they are collected beside the branch, and brought to it in one step. Where the hub cannot do
// that, nothing is left behind, and the user is told what readers will see.

import { codeOf, type ErrorCode, ModelFetchError } from '../../core/errors.ts';
import type { Change, Committed, Stage } from '../../core/ports/push.ts';
import { listingOf } from '../../core/release/plan.ts';
import { withRetry } from '../../core/retry.ts';
import { type CommitDependencies, commitOnce, sendOnce } from './commit-once.ts';
import { nameOf, overlapWith, type TargetWork } from './upload-target.ts';

/** The hub has no place beside the branch, or none for this account. */
const NO_PLACE: ReadonlySet<ErrorCode | undefined> = new Set(['READ_ONLY', 'NOT_FOUND', 'REVISION_NOT_FOUND']);
/** It does not open one, and its words need not say why. */
const NOT_OPENED: ReadonlySet<ErrorCode | undefined> = new Set([...NO_PLACE, 'REFUSED', 'CONFLICT', 'HUB_PROTOCOL']);
/** It took all of the release, but not in one step; commits, each of which is smaller, may still go. */
const NOT_MERGED: ReadonlySet<ErrorCode | undefined> = new Set([...NO_PLACE, 'REFUSED', 'HUB_PROTOCOL', 'TIMEOUT']);

/** After the user has stopped the run, so long is waited until what it leaves is cleared away. */
const LAST_WORDS_MS = 5000;

type Part = Omit<Change, 'parent'>;

/** Makes the parts visible at once. @returns undefined when the hub cannot: nothing was made, and that was said
 * @throws CONFLICT when the branch has moved in a way that does not go together, and the codes of Push.commit; nothing was made then */
export async function commitStaged(
  work: TargetWork,
  parts: readonly Part[],
  deps: CommitDependencies,
  signal: AbortSignal,
): Promise<Committed | undefined> {
  const parent = work.push.base.commit;
  const stage = await openStage(work, parts.length, deps, signal);
  if (stage === undefined) return undefined;
  deps.emit({ type: 'notice', message: `${nameOf(work)}: ${parts.length} commits are collected at ${stage.url}` });
  let excused = NO_PLACE;
  try {
    // Beside the branch nobody reads, and nothing is in doubt.
    await collect(stage, parts, { ...deps, onDoubt: undefined }, signal);
    excused = NOT_MERGED;
    return await land(stage, { work, parent }, deps, signal);
  } catch (error) {
    await clear(stage, deps, signal);
    if (signal.aborted || !excused.has(codeOf(error))) throw error;
    warn(work, parts.length, deps, error);
    return undefined;
  }
}

async function openStage(
  work: TargetWork,
  count: number,
  deps: CommitDependencies,
  signal: AbortSignal,
): Promise<Stage | undefined> {
  try {
    const stage = await withRetry(async () => work.push.stage?.(deps.message, signal), deps, signal);
    if (stage === undefined && !work.isProposed) warn(work, count, deps);
    return stage;
  } catch (error) {
    await drop(work, deps, signal);
    if (signal.aborted || !NOT_OPENED.has(codeOf(error))) throw error;
    warn(work, count, deps, error);
    return undefined;
  }
}

async function collect(
  { push }: Stage,
  parts: readonly Part[],
  deps: CommitDependencies,
  signal: AbortSignal,
): Promise<void> {
  for (const part of parts) {
    await commitOnce({ push, change: { ...part, parent: push.base.commit }, doubtful: [] }, deps, signal);
  }
}

interface Ground {
  readonly work: TargetWork;
  /** Where the branch was when the stage was opened. */
  readonly parent: string | undefined;
}

async function land(stage: Stage, ground: Ground, deps: CommitDependencies, signal: AbortSignal): Promise<Committed> {
  if (overlapWith(ground.work, listingOf(await movedFiles(ground, signal))).length > 0) throw apart(ground.work);
  try {
    return await sendOnce({ send: (onSend, stop) => merge(stage, onSend, stop), find: stage.merged }, deps, signal);
  } catch (error) {
    // A refusal may be the answer to a second try whose first one was made, or to a branch that moved just now: its words do not say.
    const made = await ask(() => stage.merged(signal), signal);
    if (made !== undefined) return made;
    const head = await ask(() => ground.work.push.refresh(signal), signal);
    const isMoved = head !== undefined && head.commit !== ground.parent;
    throw isMoved && NOT_MERGED.has(codeOf(error)) ? apart(ground.work, error) : error;
  }
}

function merge(stage: Stage, onSend: () => void, signal: AbortSignal): Promise<Committed> {
  onSend();
  return stage.merge(signal);
}

// What the branch holds now. Line by line, a hub may merge two versions of a file into one that nobody published.
async function movedFiles({ work, parent }: Ground, signal: AbortSignal) {
  const { commit, files } = await work.push.refresh(signal);
  return commit === parent ? [...work.listing.values()] : files;
}

async function ask<T>(question: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await question();
  } catch (error) {
    if (signal.aborted) throw error;
    // What was thrown before says more.
    return undefined;
  }
}

function apart(work: TargetWork, cause?: unknown): ModelFetchError {
  return new ModelFetchError('CONFLICT', `Someone else published to ${nameOf(work)} in the meantime.`, {
    cause,
    hint: 'See what they published; then run again to publish on top of it.',
  });
}

// The release does not depend on it, and says what went wrong better.
async function drop({ push, ...work }: TargetWork, { emit }: CommitDependencies, signal: AbortSignal): Promise<void> {
  try {
    await push.dropStage?.(lastWords(signal));
  } catch (error) {
    const message = `${nameOf(work)}: a place for its commits may have been opened; it stays open and can be closed`;
    emit({ type: 'notice', message: `${message} (${codeOf(error) ?? 'it failed'})` });
  }
}

function lastWords(signal: AbortSignal): AbortSignal {
  return signal.aborted ? AbortSignal.timeout(LAST_WORDS_MS) : signal;
}

// The release does not depend on it; but what is closed cannot be merged any more, and that ends the doubt about a merge.
async function clear(stage: Stage, { emit, onDoubt }: CommitDependencies, signal: AbortSignal): Promise<void> {
  const still = lastWords(signal);
  try {
    await stage.close(still);
    if (await isClosed(stage, still)) onDoubt?.(false);
  } catch (error) {
    emit({ type: 'notice', message: `${stage.url} stays open and can be closed (${codeOf(error) ?? 'it failed'})` });
  }
}

function isClosed({ merged }: Stage, signal: AbortSignal): Promise<boolean> {
  return merged(signal).then(
    () => false,
    (error) => codeOf(error) === 'CONFLICT',
  );
}

function warn(work: TargetWork, count: number, { emit }: CommitDependencies, error?: unknown): void {
  const why = error instanceof Error ? ` In one step it did not go: ${error.message}` : '';
  const message = `${nameOf(work)}: the release takes ${count} commits, and readers of ${work.push.base.branch} may see some of them before all are made.${why}`;
  emit({ type: 'warning', message });
}
