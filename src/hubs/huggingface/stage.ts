// A draft pull request of the Hugging Face Hub as the place where a release of several commits is collected before readers see it.

import { codeOf, ModelFetchError } from '../../core/errors.ts';
import type { Committed, PushLimits, Stage } from '../../core/ports/push.ts';
import { isCommit, repositoryOf } from '../../core/ref.ts';
import {
  ALL_PAGES,
  descriptionOf,
  discussionPage,
  listOpen,
  mergeDiscussion,
  type Place,
  readDiscussion,
  refOf,
  setStatus,
} from './discussion.ts';
import { isMarked } from './proposal.ts';
import type { HuggingfaceDetails, HuggingfaceDiscussion } from './push-wire.ts';
import { commit, pageOf, refresh, type Session } from './session.ts';

export interface Staging {
  readonly message: string;
  readonly mark: string;
  readonly limits: PushLimits;
}

/** Opens a stage for a release to the default branch; undefined for any other. The session of the branch stays as it is beside that of
 * the stage, so that others' commits to the branch are seen. Asked again after a failure, it goes on with the draft that it opened.
 * @throws as Push.stage */
export async function openStage(
  session: Session,
  { message, mark, limits }: Staging,
  signal: AbortSignal,
): Promise<Stage | undefined> {
  const { place, target, base } = session;
  if (target.createPr || !base.isDefault || base.commit === undefined) return undefined;
  const number = await session.opener.open(message, signal);
  const staged: Session = { ...session, target: { ...target, branch: refOf(number), create: false } };
  await refresh(staged, signal);
  await clearLeft(place, { number, mark }, signal);
  session.opener.take();
  const push: Stage['push'] = {
    get base() {
      return staged.base;
    },
    limits,
    commit: (change, stop) => commit(staged, change, stop),
    refresh: (stop) => refresh(staged, stop),
    pageOf: (revision) => pageOf(staged, revision),
  };
  return createStage({ place, number, push, pageOf: (revision) => pageOf(session, revision) });
}

/** Closes what a failed call of `openStage` opened, if it opened one. @throws as setStatus */
export async function dropStage({ place, opener }: Session, signal: AbortSignal): Promise<void> {
  const number = await opener.find(signal);
  if (number !== undefined) await setStatus(place, { number, status: 'closed' }, signal);
  opener.take();
}

interface StageSetting {
  readonly place: Place;
  readonly number: number;
  /** Commits to the pull request. */
  readonly push: Stage['push'];
  /** The page of a commit of the branch. */
  pageOf(revision: string | undefined): string;
}

function createStage({ place, number, push, pageOf }: StageSetting): Stage {
  // The head of the branch says less: a list may lag behind the merge, and others commit, too.
  const landed = (details: HuggingfaceDetails | undefined): Committed => {
    const told = details?.changes?.mergeCommitId?.toLowerCase();
    const revision = isCommit(told) ? told : undefined;
    return { revision, url: pageOf(revision) };
  };
  return {
    push,
    url: discussionPage(place, number),
    async merge(signal) {
      await publish(place, number, signal);
      return landed(await mergeDiscussion(place, number, signal));
    },
    async merged(signal) {
      const details = await readDiscussion(place, number, signal);
      if (details.status === 'closed') throw closed(place, number);
      return details.status === 'merged' ? landed(details) : undefined;
    },
    close: (signal) => setStatus(place, { number, status: 'closed' }, signal),
  };
}

// A draft is not merged. One that is open already may be refused to be opened; whether that matters, the merge says.
async function publish(place: Place, number: number, signal: AbortSignal): Promise<void> {
  try {
    await setStatus(place, { number, status: 'open' }, signal);
  } catch (error) {
    if (!['REFUSED', 'CONFLICT'].includes(codeOf(error) ?? '')) throw error;
  }
}

function closed({ ref, ...place }: Place, number: number): ModelFetchError {
  const page = discussionPage({ ref, ...place }, number);
  const message = `Somebody closed ${page}, which was to bring the release to ${repositoryOf(ref)}.`;
  return new ModelFetchError('CONFLICT', message, { hint: 'Run again.' });
}

/** No run collects commits for so long. */
const LEFT_AFTER_MS = 6 * 60 * 60 * 1000;

interface OwnStage {
  /** Of this run, by which the hub tells account and time. */
  readonly number: number;
  readonly mark: string;
}

// Closes what runs of the same account left when they were killed. The release does not depend on it.
async function clearLeft(place: Place, { number, mark }: OwnStage, signal: AbortSignal): Promise<void> {
  try {
    const own = await readDiscussion(place, number, signal);
    const author = own.author?.name ?? undefined;
    if (author === undefined) return;
    const rows = await listOpen(place, { author, pages: ALL_PAGES }, signal);
    for (const { num } of rows.filter((row) => timeOf(row) < timeOf(own) - LEFT_AFTER_MS)) {
      const description = descriptionOf(await readDiscussion(place, num, signal));
      if (isMarked(description, mark)) await setStatus(place, { number: num, status: 'closed' }, signal);
    }
  } catch (error) {
    // It is tried again by the next release.
    if (signal.aborted) throw error;
  }
}

// Not a number where the hub does not tell, and then nothing is older.
function timeOf({ createdAt }: Pick<HuggingfaceDiscussion, 'createdAt'>): number {
  return Date.parse(createdAt ?? '');
}
