// One commit, or a merge, sent until it is made or given up. Looks for it before it is sent again, because an answer that was lost says
// nothing of what became of it.

import { aborted, codeOf, type ErrorCode, ModelFetchError } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import type { Change, Committed, Push, PushLimits } from '../../core/ports/push.ts';
import type { Clock } from '../../core/ports.ts';
import { differenceOf, type Listing, listingOf } from '../../core/release/plan.ts';
import { nextWaitMs, type RetryPolicy } from '../../core/retry.ts';
import { quote } from '../../core/text/quote.ts';

export interface CommitDependencies {
  readonly clock: Clock;
  readonly policy: RetryPolicy;
  readonly emit: Emit;
  readonly message: string;
  /** Told whether something that was sent may have been made, and readers may see it, for all that is known by then. */
  readonly onDoubt?: ((isInDoubt: boolean) => void) | undefined;
}

/** After these the commit may have been made, or may still be: nobody answered, or with something that cannot be read. */
const DOUBTFUL: ReadonlySet<ErrorCode> = new Set(['NETWORK', 'TIMEOUT', 'STALLED', 'SERVER', 'HUB_PROTOCOL']);

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
    send: (onSend, stop) => push.commit({ ...change, onSend }, stop),
    find: (stop) => findMade(one, stop),
    onLost: () => void doubtful.push(change),
  };
  return sendOnce(sending, deps, signal);
}

/** Something that must not be made twice. */
export interface Sending {
  /** @param onSend called right before it goes out */
  send(onSend: () => void, signal: AbortSignal): Promise<Committed>;
  /** What it made, if it did. @throws CONFLICT when it no longer can */
  find(signal: AbortSignal): Promise<Committed | undefined>;
  /** For the first time an answer was lost. */
  onLost?(): void;
}

/** Sends until it is made or given up, and looks before it sends again. @throws the codes of `send`, and CONFLICT as `find` */
export async function sendOnce(sending: Sending, deps: CommitDependencies, signal: AbortSignal): Promise<Committed> {
  let isLost = false;
  for (let attempt = 1; ; attempt += 1) {
    const turn: Turn = { isSent: false };
    try {
      return await sendNow(sending, { turn, onDoubt: deps.onDoubt }, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof ModelFetchError)) throw error;
      const isBroken = DOUBTFUL.has(error.code);
      const isDoubtful = isBroken && turn.isSent;
      if (isDoubtful && !isLost) sending.onLost?.();
      isLost ||= isDoubtful;
      if (!isLost) deps.onDoubt?.(false);
      const waitMs = nextWaitMs(isBroken ? deps.policy : patient(deps.policy), error, attempt, deps.clock.random());
      if (waitMs !== undefined) {
        deps.emit({ type: 'retry', subject: 'commit', code: error.code, attempt, waitMs });
        await deps.clock.sleep(waitMs, signal);
      }
      const found = isLost ? await lookFor(sending.find, { error, isDoubtful }, deps, signal) : undefined;
      if (found !== undefined) return found;
      if (waitMs === undefined) throw error;
    }
  }
}

interface Turn {
  /** Whether it went out, so that it may have been made. */
  isSent: boolean;
}

async function sendNow(
  { send }: Sending,
  { turn, onDoubt }: Pick<CommitDependencies, 'onDoubt'> & { readonly turn: Turn },
  signal: AbortSignal,
): Promise<Committed> {
  if (signal.aborted) throw aborted();
  const onSend = () => {
    turn.isSent = true;
    onDoubt?.(true);
  };
  const committed = await send(onSend, signal);
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

// Looks as long as it may still be made. @throws CONFLICT as `find`, and the first error when nobody says
async function lookFor(
  find: Sending['find'],
  { error, isDoubtful }: Failure,
  { clock, onDoubt }: CommitDependencies,
  signal: AbortSignal,
): Promise<Committed | undefined> {
  let isKnown = false;
  for (const waitMs of isDoubtful ? LOOK_WAITS_MS : [0]) {
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    try {
      const found = await find(signal);
      isKnown = true;
      if (found === undefined) continue;
      onDoubt?.(false);
      return found;
    } catch (unfound) {
      if (signal.aborted || codeOf(unfound) === 'CONFLICT') throw unfound;
      // A later look may be answered; without any it stays in doubt.
      isKnown = false;
    }
  }
  if (isKnown) onDoubt?.(false);
  else if (isDoubtful) throw error;
  return undefined;
}

async function findMade({ push, change }: OneCommit, signal: AbortSignal): Promise<Committed | undefined> {
  const base = await push.refresh(signal);
  // Every commit moves the head.
  if (base.commit !== undefined && base.commit === change.parent) return undefined;
  if (holds(listingOf(base.files), change, push.limits))
    return { revision: base.commit, url: push.pageOf(base.commit) };
  if (base.commit !== change.parent) throw moved(base.branch);
  return undefined;
}

function moved(branch: string): ModelFetchError {
  return new ModelFetchError('CONFLICT', `The branch ${quote(branch)} has moved in the meantime.`, {
    hint: 'Someone else publishes to it: run again.',
  });
}

/** Whether the listing is such that the whole change has been made. A file that the hub amends says nothing of it, but where the change
 * has no large content, for which the hub would. */
export function holds(listing: Listing, { tickets, deletes }: Change, { isAmended }: PushLimits): boolean {
  const hasLarge = tickets.some(({ kind }) => kind !== 'inline');
  const files = tickets.map(({ file }) => file).filter(({ path }) => !hasLarge || !isAmended(path));
  return differenceOf(listing, { files, deletes }) === undefined;
}
