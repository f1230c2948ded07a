// One commit, or a merge, sent until it is made or given up. Looks for it before it is sent again, because an answer that was lost says
// nothing of what became of it.

import { codeOf, type ErrorCode, ModelFetchError } from '../../core/errors.ts';
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
  readonly push: Pick<Push, 'base' | 'limits' | 'commit' | 'refresh' | 'pageOf'>;
  readonly change: Change;
  /** What was sent and may yet turn out to be made; added to. */
  readonly doubtful: Change[];
}

/** @throws CONFLICT when the branch has moved, and the codes of Push.commit */
export async function commitOnce(one: OneCommit, deps: CommitDependencies, signal: AbortSignal): Promise<Committed> {
  const { push, change, doubtful } = one;
  const sending: Sending = {
    send: (stop) => push.commit(change, stop),
    find: (stop) => findMade(one, stop),
    onDoubt() {
      if (!doubtful.includes(change)) doubtful.push(change);
    },
  };
  return sendOnce(sending, deps, signal);
}

/** Something that must not be made twice. */
export interface Sending {
  send(signal: AbortSignal): Promise<Committed>;
  /** What it made, if it did. @throws CONFLICT when it no longer can */
  find(signal: AbortSignal): Promise<Committed | undefined>;
  onDoubt?(): void;
}

/** Sends until it is made or given up, and looks before it sends again. @throws the codes of `send`, and CONFLICT as `find` */
export async function sendOnce(
  { send, find, onDoubt }: Sending,
  deps: CommitDependencies,
  signal: AbortSignal,
): Promise<Committed> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send(signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof ModelFetchError)) throw error;
      const isDoubtful = DOUBTFUL.has(error.code);
      if (isDoubtful) onDoubt?.();
      const policy = isDoubtful ? deps.policy : patient(deps.policy);
      const waitMs = nextWaitMs(policy, error, attempt, deps.clock.random());
      if (waitMs !== undefined) {
        deps.emit({ type: 'retry', subject: 'commit', code: error.code, attempt, waitMs });
        await deps.clock.sleep(waitMs, signal);
      }
      const found = isDoubtful ? await lookFor(find, error, deps.clock, signal) : undefined;
      if (found !== undefined) return found;
      if (waitMs === undefined) throw error;
    }
  }
}

// Commits of others take their time, and there is nothing to do but to wait for them.
function patient(policy: RetryPolicy): RetryPolicy {
  return { ...policy, retries: policy.retries * 2 };
}

// Looks as long as it may still be made. @throws CONFLICT as `find`, and the first error when nobody says
async function lookFor(
  find: Sending['find'],
  lost: ModelFetchError,
  clock: Clock,
  signal: AbortSignal,
): Promise<Committed | undefined> {
  let isKnown = false;
  for (const waitMs of LOOK_WAITS_MS) {
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    try {
      const found = await find(signal);
      if (found !== undefined) return found;
      isKnown = true;
    } catch (error) {
      if (signal.aborted || codeOf(error) === 'CONFLICT') throw error;
      // A later look may be answered; without any the first error is thrown.
      isKnown = false;
    }
  }
  if (!isKnown) throw lost;
  return undefined;
}

async function findMade({ push, change }: OneCommit, signal: AbortSignal): Promise<Committed | undefined> {
  const base = await push.refresh(signal);
  if (holds(listingOf(base.files), change, push.limits))
    return { revision: base.commit, url: push.pageOf(base.commit) };
  if (base.commit !== change.parent) throw moved(base.branch);
  return undefined;
}

function moved(branch: string): ModelFetchError {
  return new ModelFetchError('CONFLICT', `The branch ${printable(branch)} has moved in the meantime.`, {
    hint: 'Someone else publishes to it: run again.',
  });
}

/** Whether the listing is such that the whole change has been made. */
export function holds(listing: Listing, { tickets, deletes }: Change, { isAmended }: PushLimits): boolean {
  const files = tickets.map(({ file }) => file).filter(({ path }) => !isAmended(path));
  return differenceOf(listing, { files, deletes }) === undefined;
}
