// One commit, sent until it is made or given up. Looks for it before it is sent again, because an answer that was lost says nothing of
// what became of the commit.

import { type ErrorCode, ModelFetchError } from '../../core/errors.ts';
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
}

/** After these the commit may have been made, or may still be. */
const DOUBTFUL: ReadonlySet<ErrorCode> = new Set(['NETWORK', 'TIMEOUT', 'STALLED', 'SERVER']);

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
  const { push, change, doubtful } = one;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await push.commit(change, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof ModelFetchError)) throw error;
      const isDoubtful = DOUBTFUL.has(error.code);
      if (isDoubtful && !doubtful.includes(change)) doubtful.push(change);
      const policy = isDoubtful ? deps.policy : patient(deps.policy);
      const waitMs = nextWaitMs(policy, error, attempt, deps.clock.random());
      if (waitMs !== undefined) {
        deps.emit({ type: 'retry', subject: 'commit', code: error.code, attempt, waitMs });
        await deps.clock.sleep(waitMs, signal);
      }
      const found = isDoubtful ? await lookFor(one, error, deps.clock, signal) : undefined;
      if (found !== undefined) return found;
      if (waitMs === undefined) throw error;
    }
  }
}

// Commits of others take their time, and there is nothing to do but to wait for them.
function patient(policy: RetryPolicy): RetryPolicy {
  return { ...policy, retries: policy.retries * 2 };
}

// Whether a commit whose answer was lost was made. @throws CONFLICT when something else was, and the first error when nobody says
async function lookFor(
  { push, change }: OneCommit,
  lost: ModelFetchError,
  clock: Clock,
  signal: AbortSignal,
): Promise<Committed | undefined> {
  let isKnown = false;
  for (const waitMs of LOOK_WAITS_MS) {
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    try {
      await push.refresh(signal);
      isKnown = true;
    } catch (error) {
      if (signal.aborted) throw error;
      // A later look may be answered; without any the first error is thrown.
      isKnown = false;
      continue;
    }
    const { base } = push;
    if (holds(listingOf(base.files), change, push.limits))
      return { revision: base.commit, url: push.pageOf(base.commit) };
    if (base.commit !== change.parent) throw moved(base.branch, lost);
  }
  if (!isKnown) throw lost;
  return undefined;
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
