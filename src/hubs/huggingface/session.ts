// What a release to the Hugging Face Hub knows of itself on its way: where it goes, what that holds, and which pull request is its own.

import { ModelFetchError } from '../../core/errors.ts';
import type { Change, Committed, PushBase, PushTarget } from '../../core/ports/push.ts';
import { repositoryOf } from '../../core/ref.ts';
import type { HuggingfaceApi } from './api.ts';
import { type HuggingfaceBase, readBase } from './base.ts';
import { commitHuggingface } from './commit.ts';
import { discussionPage, type Place, refOf, setStatus } from './discussion.ts';
import { findOwn, type Opener, type Own, retitle } from './proposal.ts';

export interface Session {
  readonly api: HuggingfaceApi;
  readonly target: PushTarget;
  readonly place: Place;
  base: HuggingfaceBase;
  /** Contents that were offered, and for which path. */
  readonly given: Map<string, string>;
  /** What the release makes of the repository’s rules. */
  attributes: string | undefined;
  /** The pull request that the release goes to. */
  pr: PullRequest | undefined;
  /** Opens it, or what several commits are collected in. */
  readonly opener: Opener;
  /** What an own pull request has in its description. */
  readonly mark: string;
  /** The message of what this run committed to a pull request that another one opened. */
  added: string | undefined;
}

interface PullRequest extends Own {
  /** Opened by this run. */
  readonly isNew: boolean;
}

/** What an earlier run proposed and nobody has decided on becomes the base, so that one release is never proposed twice. */
export async function goOn(session: Session, signal: AbortSignal): Promise<void> {
  const own = await findOwn(session.place, session.mark, signal);
  if (own === undefined) return;
  const base = await readBase(session.api, ownTarget(session.target, own), signal);
  if (!base.hasBranch) return;
  session.pr = { ...own, isNew: false };
  session.base = withPage(session.place, base, own);
}

function withPage(place: Place, base: HuggingfaceBase, { number }: Own): HuggingfaceBase {
  return { ...base, proposal: discussionPage(place, number) };
}

/** Reads the base anew, and finds what a try whose answer was lost has opened. */
export async function refresh(session: Session, signal: AbortSignal): Promise<PushBase> {
  const { api, target, place } = session;
  const opened = target.createPr && session.pr === undefined ? await session.opener.find(signal) : undefined;
  if (opened !== undefined) session.pr = await firstOf(session, opened, signal);
  const { pr } = session;
  session.base =
    pr === undefined
      ? await readBase(api, target, signal)
      : withPage(place, await readBase(api, ownTarget(target, pr), signal), pr);
  return session.base;
}

// Two runs that propose for the first time at the same moment open two. Each looks when it has opened its own, and the first one stays.
// One that cannot look does not go on, or both would stay: what it opened is gone on with when it is asked again, or by a later run.
async function firstOf({ target, ...session }: Session, number: number, signal: AbortSignal): Promise<PullRequest> {
  const { api, place, mark } = session;
  const own = { number, isDraft: true, isNew: true };
  const first = await findOwn(place, mark, signal);
  if (first === undefined || first.number >= number) return own;
  if (!(await readBase(api, ownTarget(target, first), signal)).hasBranch) return own;
  try {
    await setStatus(place, { number, status: 'closed' }, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    // It stays as a draft of nothing, and every later run passes it by.
  }
  return { ...first, isNew: false };
}

// Once the pull request is open, it is the branch.
function ownTarget(target: PushTarget, { number }: Own): PushTarget {
  return { ...target, branch: refOf(number), createPr: false };
}

/** Whether it goes to a pull request that is not open yet. */
export function opensPr({ target, pr }: Session): boolean {
  return target.createPr && pr === undefined;
}

/** Sends one commit, and opens the pull request for it before. @throws as Push.commit */
export async function commit(session: Session, change: Change, signal: AbortSignal): Promise<Committed> {
  const { api, target, place } = session;
  const message = change.releaseMessage ?? change.message;
  if (opensPr(session)) {
    const number = await session.opener.open(message, signal);
    session.pr = await firstOf(session, number, signal);
    if (!session.pr.isNew) await refuseMoved(session, change, signal);
  }
  const { pr } = session;
  if (pr?.isNew === false) session.added = message;
  const branch = pr === undefined ? session.base.branch : refOf(pr.number);
  change.onSend?.();
  const revision = await commitHuggingface({ api, ref: target.ref, revision: branch }, change, signal);
  const base = { ...session.base, hasBranch: true, branch, commit: revision };
  session.base = pr === undefined ? base : withPage(place, base, pr);
  return { revision, url: pageOf(session, revision) };
}

// What was hashed is compared with what the other run has committed there by now.
async function refuseMoved(session: Session, { parent }: Change, signal: AbortSignal): Promise<void> {
  const { commit, proposal } = await refresh(session, signal);
  if (commit === parent) return;
  const { ref } = session.target;
  throw new ModelFetchError(
    'CONFLICT',
    `Another run proposed to ${repositoryOf(ref)} at the same moment: ${proposal}.`,
    {
      hint: 'See what it proposed; then run again.',
    },
  );
}

/** A draft of this release becomes open, and one that is gone on with gets the title of what it holds now. */
export async function present({ place, pr, added }: Session, signal: AbortSignal): Promise<void> {
  if (pr === undefined) return;
  const { number } = pr;
  if (added !== undefined) await tryRetitle(place, { number, message: added }, signal);
  if (pr.isDraft) await setStatus(place, { number, status: 'open' }, signal);
}

async function tryRetitle(place: Place, named: Parameters<typeof retitle>[1], signal: AbortSignal): Promise<void> {
  try {
    await retitle(place, named, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    // The newest commit of the pull request says the same.
  }
}

/** The page of the pull request, or of the commit. */
export function pageOf({ api, target, place, pr }: Session, revision: string | undefined): string {
  const page = api.pageUrl(target.ref);
  if (pr !== undefined) return discussionPage(place, pr.number);
  return revision === undefined ? page : `${page}/commit/${revision}`;
}
