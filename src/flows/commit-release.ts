// Makes a release visible: one commit where the hub's limits allow it. Looks before it does anything twice, because an answer that was lost
// says nothing of what became of the commit.

import { cutCommits } from '../core/commit-parts.ts';
import { codeOf, type ErrorCode, ModelFetchError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { Clock } from '../core/ports.ts';
import { AMENDED, type Change, type Committed, type Push, type PushLimits, type Ticket } from '../core/push.ts';
import { printable } from '../core/repo-path.ts';
import { nextWaitMs, type RetryPolicy } from '../core/retry.ts';
import { changeOf, differenceOf, listingOf, overlapOf } from '../core/upload-plan.ts';
import { nameOf, type TargetWork } from './upload-target.ts';

export interface CommitDependencies {
  readonly clock: Clock;
  readonly policy: RetryPolicy;
  readonly emit: Emit;
  readonly message: string;
}

/** After these the commit may have been made. */
const DOUBTFUL: ReadonlySet<ErrorCode | undefined> = new Set(['NETWORK', 'TIMEOUT', 'STALLED', 'SERVER']);
/** After these it was not, and smaller ones may go through. */
const HEAVY: ReadonlySet<ErrorCode | undefined> = new Set(['TOO_LARGE', 'TIMEOUT', 'SERVER']);

/** Commits what the target lacks, and tells `work` what was made. Nothing to do is done without a commit. When someone else published in
 * the meantime, it goes on from there once, unless a file of this release is among what they changed.
 * @throws CONFLICT, TOO_LARGE, BUSY, and the codes of Push.commit */
export async function commitRelease(work: TargetWork, deps: CommitDependencies, signal: AbortSignal): Promise<void> {
  let limits: CommitLimits = work.push.limits;
  for (let isRebased = false; ; ) {
    try {
      return await commitAll(work, limits, deps, signal);
    } catch (error) {
      const calmer = calmerLimits(error, work, limits);
      if (calmer !== undefined) limits = calmer;
      else if (codeOf(error) === 'CONFLICT' && !isRebased) isRebased = true;
      else throw error;
      await rebase(work, signal);
      deps.emit({ type: 'notice', message: `${nameOf(work)}: ${codeOf(error)}, going on from what is there now` });
    }
  }
}

type CommitLimits = Pick<PushLimits, 'commitFiles' | 'commitInlineBytes'>;

function calmerLimits(error: unknown, work: TargetWork, limits: CommitLimits): CommitLimits | undefined {
  const { calmCommitFiles } = work.push.limits;
  if (!HEAVY.has(codeOf(error)) || limits.commitFiles <= calmCommitFiles) return undefined;
  const isSmall = openTickets(work).length <= calmCommitFiles && codeOf(error) !== 'TOO_LARGE';
  if (isSmall) return undefined;
  return { commitFiles: calmCommitFiles, commitInlineBytes: Math.ceil(limits.commitInlineBytes / 16) };
}

function openTickets({ files }: TargetWork): Ticket[] {
  return [...files.values()].flatMap(({ change, ticket }) =>
    change === 'unchanged' || ticket === undefined || ticket.kind === 'ignored' ? [] : [ticket],
  );
}

async function commitAll(
  work: TargetWork,
  limits: CommitLimits,
  deps: CommitDependencies,
  signal: AbortSignal,
): Promise<void> {
  const tickets = openTickets(work);
  const deletes = work.deletes.map(({ path }) => path);
  if (tickets.length + deletes.length === 0) return;
  const parts = cutCommits(tickets, deletes, limits);
  let parent = work.push.base.commit;
  for (const [index, part] of parts.entries()) {
    const [title = '', ...rest] = deps.message.split('\n');
    const numbered = parts.length === 1 ? title : `${title} (part ${index + 1} of ${parts.length})`;
    const change = { ...part, parent, message: [numbered, ...rest].join('\n') };
    const committed = await commitOnce(work.push, change, deps, signal);
    work.committed = committed;
    work.state = 'committed';
    parent = committed.revision;
  }
}

async function commitOnce(
  push: Push,
  change: Change,
  deps: CommitDependencies,
  signal: AbortSignal,
): Promise<Committed> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await push.commit(change, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof ModelFetchError)) throw error;
      const waitMs = nextWaitMs(patient(deps.policy), error, attempt, deps.clock.random());
      if (waitMs !== undefined) {
        deps.emit({ type: 'retry', subject: 'commit', code: error.code, attempt, waitMs });
        await deps.clock.sleep(waitMs, signal);
      }
      const found = DOUBTFUL.has(error.code) ? await lookFor(push, change, error, signal) : undefined;
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
  push: Push,
  change: Change,
  lost: ModelFetchError,
  signal: AbortSignal,
): Promise<Committed | undefined> {
  const base = await push.refresh(signal).catch(() => {
    throw lost;
  });
  const files = change.tickets.map(({ file }) => file).filter(({ path }) => !AMENDED.test(path));
  if (differenceOf(listingOf(base.files), { files, deletes: change.deletes }) === undefined) {
    return { revision: base.commit, url: '' };
  }
  if (base.commit === change.parent) return undefined;
  throw new ModelFetchError('CONFLICT', `The branch ${printable(base.branch)} has moved in the meantime.`, {
    cause: lost,
    hint: 'Someone else publishes to it: run again.',
  });
}

// Takes the branch as it is now for the base. @throws CONFLICT when someone else changed a file of this release
async function rebase(work: TargetWork, signal: AbortSignal): Promise<void> {
  const before = work.listing;
  const base = await work.push.refresh(signal);
  const after = listingOf(base.files);
  const ours = [...work.files.values()];
  const deletes = work.deletes.map(({ path }) => path);
  const overlap = overlapOf(before, after, { files: ours.map(({ file }) => file), deletes });
  if (overlap.length > 0) {
    const names = overlap.slice(0, 5).map((path) => `"${printable(path)}"`);
    throw new ModelFetchError(
      'CONFLICT',
      `Someone else published to ${nameOf(work)} in the meantime, and changed ${names.join(', ')}${overlap.length > 5 ? ' and more' : ''}.`,
      { hint: 'See what they published; then run again to publish on top of it.' },
    );
  }
  work.listing = after;
  work.deletes = work.deletes.filter(({ path }) => after.has(path));
  for (const consignment of ours) {
    if (changeOf(consignment.file, after) === 'unchanged') consignment.change = 'unchanged';
  }
}
