// Makes a release visible: one commit where the hub's limits allow it; and goes on from what is there when somebody else, or an own try
// whose answer was lost, was faster.

import { codeOf, type ErrorCode, ModelFetchError } from '../../core/errors.ts';
import type { Change, Committed, PushLimits, Ticket } from '../../core/ports/push.ts';
import { type CommitPart, cutCommits } from '../../core/release/commit-parts.ts';
import { changeOf, listingOf } from '../../core/release/plan.ts';
import { printable } from '../../core/repo-path.ts';
import { type CommitDependencies, commitOnce, holds } from './commit-once.ts';
import { commitStaged } from './commit-staged.ts';
import { nameOf, overlapWith, type TargetWork } from './upload-target.ts';

/** After these smaller commits may go through: the hub said that it was too much, or took too long. Any other failure of the server says
 * nothing of the size, and one commit is what readers want. */
const HEAVY: ReadonlySet<ErrorCode | undefined> = new Set(['TOO_LARGE', 'TIMEOUT']);

/** Commits what the target lacks, and tells `work` what was made. Nothing to do is done without a commit. When someone else published in
 * the meantime, it goes on from there once, unless a file of this release is among what they changed.
 * @throws CONFLICT, TOO_LARGE, BUSY, and the codes of Push.commit */
export async function commitRelease(work: TargetWork, deps: CommitDependencies, signal: AbortSignal): Promise<void> {
  let limits: CommitLimits = work.push.limits;
  const doubtful: Change[] = [];
  for (let isRebased = false; ; ) {
    try {
      return await commitAll({ work, limits, doubtful }, deps, signal);
    } catch (error) {
      const calmer = calmerLimits(error, work, limits);
      if (calmer === undefined && codeOf(error) !== 'CONFLICT') throw error;
      const isOurs = await rebase(work, doubtful, signal);
      if (calmer === undefined && isRebased && !isOurs) throw error;
      isRebased ||= calmer === undefined && !isOurs;
      limits = calmer ?? limits;
      const from = isOurs ? 'the commit was made after all' : `${codeOf(error)}, going on from what is there now`;
      deps.emit({ type: 'notice', message: `${nameOf(work)}: ${from}` });
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

// What is still to be committed.
function openTickets({ files, made }: TargetWork): Ticket[] {
  return [...files.values()].flatMap(({ change, ticket, file }) => {
    if (change === 'unchanged' || made.has(file.path)) return [];
    if (ticket === undefined) throw new Error(`no ticket for ${file.path}`);
    return ticket.kind === 'ignored' ? [] : [ticket];
  });
}

function openDeletes({ deletes, made }: TargetWork): string[] {
  return deletes.map(({ path }) => path).filter((path) => !made.has(path));
}

interface AllCommits {
  readonly work: TargetWork;
  readonly limits: CommitLimits;
  readonly doubtful: Change[];
}

async function commitAll(
  { work, limits, doubtful }: AllCommits,
  deps: CommitDependencies,
  signal: AbortSignal,
): Promise<void> {
  const tickets = openTickets(work);
  const deletes = openDeletes(work);
  if (tickets.length + deletes.length > 0) {
    const parts = numberParts(cutCommits(tickets, deletes, limits), deps.message);
    await commitParts({ work, parts, doubtful }, deps, signal);
  }
  if (work.committed !== undefined) work.state = 'committed';
}

interface PartCommits extends Pick<AllCommits, 'work' | 'doubtful'> {
  readonly parts: readonly Omit<Change, 'parent'>[];
}

async function commitParts(
  { work, parts, doubtful }: PartCommits,
  deps: CommitDependencies,
  signal: AbortSignal,
): Promise<void> {
  if (parts.length > 1) {
    const landed = await commitStaged(work, parts, deps, signal);
    if (landed !== undefined) {
      for (const part of parts) mark(work, part, landed);
      return;
    }
  }
  let parent = work.push.base.commit;
  for (const part of parts) {
    const change = { ...part, parent };
    const committed = await commitOnce({ push: work.push, change, doubtful }, deps, signal);
    mark(work, change, committed);
    parent = committed.revision;
  }
}

function numberParts(parts: readonly CommitPart[], releaseMessage: string): Omit<Change, 'parent'>[] {
  const [title = '', ...rest] = releaseMessage.split('\n');
  return parts.map((part, index) => {
    if (parts.length === 1) return { ...part, message: releaseMessage };
    const numbered = `${title} (part ${index + 1} of ${parts.length})`;
    return { ...part, message: [numbered, ...rest].join('\n'), releaseMessage };
  });
}

function mark(work: TargetWork, { tickets, deletes }: CommitPart, committed: Committed): void {
  for (const { file } of tickets) work.made.add(file.path);
  for (const path of deletes) work.made.add(path);
  work.committed = committed;
  work.state = 'partial';
}

// Takes the branch as it is now for the base, and settles the doubts: tells whether a commit in doubt was made.
// @throws CONFLICT when someone else changed a file of this release
async function rebase(work: TargetWork, doubtful: Change[], signal: AbortSignal): Promise<boolean> {
  const base = await work.push.refresh(signal);
  const after = listingOf(base.files);
  const overlap = overlapWith(work, after);
  if (overlap.length > 0) {
    const names = overlap.slice(0, 5).map((path) => `"${printable(path)}"`);
    throw new ModelFetchError(
      'CONFLICT',
      `Someone else published to ${nameOf(work)} in the meantime, and changed ${names.join(', ')}${overlap.length > 5 ? ' and more' : ''}.`,
      { hint: 'See what they published; then run again to publish on top of it.' },
    );
  }
  work.listing = after;
  const made = doubtful.splice(0).find((change) => holds(after, change, work.push.limits));
  if (made !== undefined) mark(work, made, { revision: base.commit, url: work.push.pageOf(base.commit) });
  work.deletes = work.deletes.filter(({ path }) => after.has(path) || work.made.has(path));
  for (const consignment of work.files.values()) {
    const { file } = consignment;
    if (!work.made.has(file.path) && changeOf(file, after) === 'unchanged') consignment.change = 'unchanged';
  }
  return made !== undefined;
}
