// What a release to the Hugging Face Hub knows of itself on its way: where it goes, what that holds, and which pull request is its own.

import type { Change, Committed, PushBase, PushTarget } from '../../core/ports/push.ts';
import type { HuggingfaceApi } from './api.ts';
import { type HuggingfaceBase, readBase } from './base.ts';
import { commitHuggingface } from './commit.ts';
import { discussionPage, type Place, refOf, setStatus } from './discussion.ts';
import { findOwn, type Opener, type Own } from './proposal.ts';

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
  pr: Own | undefined;
  /** Opens it, or what several commits are collected in. */
  readonly opener: Opener;
}

/** What an earlier run proposed and nobody has decided on becomes the base, so that one release is never proposed twice. */
export async function goOn(session: Session, mark: string, signal: AbortSignal): Promise<void> {
  const own = await findOwn(session.place, mark, signal);
  if (own === undefined) return;
  const base = await readBase(session.api, ownTarget(session.target, own), signal);
  if (base.hasBranch) Object.assign(session, { pr: own, base: withPage(session.place, base, own) });
}

function withPage(place: Place, base: HuggingfaceBase, { number }: Own): HuggingfaceBase {
  return { ...base, proposal: discussionPage(place, number) };
}

/** Reads the base anew, and finds what a try whose answer was lost has opened. */
export async function refresh(session: Session, signal: AbortSignal): Promise<PushBase> {
  const { api, target, place } = session;
  const opened = target.createPr && session.pr === undefined ? await session.opener.find(signal) : undefined;
  if (opened !== undefined) session.pr = { number: opened, isDraft: true };
  const { pr } = session;
  session.base =
    pr === undefined
      ? await readBase(api, target, signal)
      : withPage(place, await readBase(api, ownTarget(target, pr), signal), pr);
  return session.base;
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
  if (opensPr(session)) {
    const number = await session.opener.open(change.releaseMessage ?? change.message, signal);
    session.pr = { number, isDraft: true };
  }
  const { pr } = session;
  const branch = pr === undefined ? session.base.branch : refOf(pr.number);
  const revision = await commitHuggingface({ api, ref: target.ref, revision: branch }, change, signal);
  const base = { ...session.base, hasBranch: true, branch, commit: revision };
  session.base = pr === undefined ? base : withPage(place, base, pr);
  return { revision, url: pageOf(session, revision) };
}

/** A draft of this release becomes open. */
export async function present({ place, pr }: Session, signal: AbortSignal): Promise<void> {
  if (pr?.isDraft !== true) return;
  await setStatus(place, { number: pr.number, status: 'open' }, signal);
}

/** The page of the pull request, or of the commit. */
export function pageOf({ api, target, place, pr }: Session, revision: string | undefined): string {
  const page = api.pageUrl(target.ref);
  if (pr !== undefined) return discussionPage(place, pr.number);
  return revision === undefined ? page : `${page}/commit/${revision}`;
}
