// One commit, sent until it is made or given up. Looks for it before it is sent again, because an answer that was lost says nothing of
// what became of the commit.

import { aborted, type ErrorCode, ModelFetchError } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import type { Change, Committed, Push, PushLimits } from '../../core/ports/push.ts';
import type { Clock } from '../../core/ports.ts';
import { differenceOf, type Listing, listingOf } from '../../core/release/plan.ts';
import { printable } from '../../core/repo-path.ts';
import { nextWaitMs, type RetryPolicy } from '../../core/retry.ts';

export interface CommitDependencies {
  readonly clock: Clock;
  readonly policy: RetryPolicy;
  readonly emit: Emit;
  readonly message: string;
  /** Told whether a commit that was sent may have been made, for all that is known by then. */
  readonly onDoubt?: (isInDoubt: boolean) => void;
}

/** After these the commit may have been made, or may still be: nobody answered, or with something that cannot be read. */
const DOUBTFUL: ReadonlySet<ErrorCode> = new Set(['NETWORK', 'TIMEOUT', 'STALLED', 'SERVER', 'HUB_PROTOCOL']);

/** Together the minute that a hub may work at a commit (huggingface.md 5.7) after something between it and us has given up. */
const LOOK_WAITS_MS = [0, 1000, 2000, 4000, 8000, 15_000, 30_000];

export interface OneCommit {
  readonly push: Push;
  readonly change: Change;
  /** What was sent and may yet turn out to be made; added to. */
  readonly doubtful: Change[];
}

/** @throws CONFLICT when the branch has moved, and the codes of Push.commit */
export async function commitOnce(one: OneCommit, deps: CommitDependencies, signal: AbortSignal): Promise<Committed> {
  const { change, doubtful } = one;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send(one, deps, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof ModelFetchError)) throw error;
      const isDoubtful = DOUBTFUL.has(error.code);
      if (isDoubtful && !doubtful.includes(change)) doubtful.push(change);
      const isInDoubt = doubtful.includes(change);
      if (!isInDoubt) deps.onDoubt?.(false);
      const waitMs = nextWaitMs(isDoubtful ? deps.policy : patient(deps.policy), error, attempt, deps.clock.random());
      if (waitMs !== undefined) {
        deps.emit({ type: 'retry', subject: 'commit', code: error.code, attempt, waitMs });
        await deps.clock.sleep(waitMs, signal);
      }
      const found = isInDoubt ? await lookFor(one, { error, isDoubtful }, deps, signal) : undefined;
      if (found !== undefined) return found;
      if (waitMs === undefined) throw error;
    }
  }
}

async function send(
  { push, change }: OneCommit,
  { onDoubt }: CommitDependencies,
  signal: AbortSignal,
): Promise<Committed> {
  if (signal.aborted) throw aborted();
  onDoubt?.(true);
  const committed = await push.commit(change, signal);
  onDoubt?.(false);
  return committed;
}

// Commits of others take their time, and there is nothing to do but to wait for them.
function patient(policy: RetryPolicy): RetryPolicy {
  return { ...policy, retries: policy.retries * 2 };
}

interface Failure {
  readonly error: ModelFetchError;
  /** Whether it leaves a doubt itself. Else it came after one: the try before may have landed late, and a hub may refuse the same once
   * more, which changes nothing. */
  readonly isDoubtful: boolean;
}

// Whether a commit whose answer was lost was made. @throws CONFLICT when something else was, and the first error when nobody says
async function lookFor(
  { push, change }: OneCommit,
  { error, isDoubtful }: Failure,
  { clock, onDoubt }: CommitDependencies,
  signal: AbortSignal,
): Promise<Committed | undefined> {
  let isKnown = false;
  for (const waitMs of isDoubtful ? LOOK_WAITS_MS : [0]) {
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    isKnown = await canLook(push, signal);
    if (!isKnown) continue;
    const { base } = push;
    if (holds(listingOf(base.files), change, push.limits)) {
      onDoubt?.(false);
      return { revision: base.commit, url: push.pageOf(base.commit) };
    }
    if (base.commit !== change.parent) throw moved(base.branch, error);
  }
  if (isKnown) onDoubt?.(false);
  else if (isDoubtful) throw error;
  return undefined;
}

async function canLook(push: Push, signal: AbortSignal): Promise<boolean> {
  try {
    await push.refresh(signal);
    return true;
  } catch (error) {
    if (signal.aborted) throw error;
    // A later look may be answered; without any the commit stays in doubt.
    return false;
  }
}

function moved(branch: string, cause: ModelFetchError): ModelFetchError {
  return new ModelFetchError('CONFLICT', `The branch ${printable(branch)} has moved in the meantime.`, {
    cause,
    hint: 'Someone else publishes to it: run again.',
  });
}

/** Whether the listing is such that the whole change has been made. */
export function holds(listing: Listing, { tickets, deletes }: Change, { isAmended }: PushLimits): boolean {
  const files = tickets.map(({ file }) => file).filter(({ path }) => !isAmended(path));
  return differenceOf(listing, { files, deletes }) === undefined;
}
