// A release on its way to ModelScope: what it is built on, what the hub takes, and the order of the questions.

import { codeOf, ModelFetchError } from '../../core/errors.ts';
import type {
  Change,
  Committed,
  LocalFile,
  Push,
  PushBase,
  PushLimits,
  PushTarget,
  Ticket,
} from '../../core/ports/push.ts';
import { type ModelRef, repositoryOf } from '../../core/ref.ts';
import type { ListedFile } from '../../core/snapshot.ts';
import { quote } from '../../core/text/quote.ts';
import { refuseLarge, sharesGiven, wantToken } from '../push-rules.ts';
import type { RevisionNames } from '../revision.ts';
import type { ModelscopeApi } from './api.ts';
import { commitModelscope, goneError, isAmbiguous } from './commit.ts';
import { commitsBetween } from './history.ts';
import { listModelscope } from './listing.ts';
import { findModelscopeTag, makeModelscope, tagModelscope } from './make.ts';
import { MODELSCOPE_BATCH, offerModelscope, receiveModelscope } from './offer.ts';
import { DEFAULT_BRANCH, defaultName, readCommit, readNames } from './revisions.ts';

const MIB = 1024 * 1024;

/** modelscope.md 5.8. The service’s own limits are not known: these are its clients’, and a commit’s are such that one request holds
 * any release that those clients would send in many. */
export const MODELSCOPE_LIMITS: PushLimits = {
  fileBytes: 100 * 1024 * MIB,
  commitFiles: 10_000,
  commitInlineBytes: 64 * MIB,
  calmCommitFiles: 256,
  offerFiles: MODELSCOPE_BATCH,
  parallelParts: 1,
  repositoryFiles: 100_000,
  folderFiles: 50_000,
  canMoveTag: false,
  canOpenPr: false,
  isAmended: () => false,
  refusedTag: (name) => (name === 'main' || name === 'master' ? 'the hub keeps that name for branches' : undefined),
  refusedName: (path) =>
    /(^|\/)\.ms_upload_(cache|progress)(\/|$)/.test(path) ? 'it is the record of another program' : undefined,
};

interface Session {
  readonly api: ModelscopeApi;
  readonly target: PushTarget;
  base: PushBase;
  /** Contents that were offered, and for which path. */
  readonly given: Map<string, string>;
  /** Commits that the service said it made for this session. */
  readonly own: Set<string>;
}

/** @throws as Hub.push */
export async function pushModelscope(api: ModelscopeApi, target: PushTarget, signal: AbortSignal): Promise<Push> {
  const { ref } = target;
  if (target.createPr) {
    throw new ModelFetchError('BAD_OPTION', 'ModelScope takes no pull requests from programs.', {
      hint: 'Leave out `create-pr`, or give it for Hugging Face only.',
    });
  }
  await wantToken(api, repositoryOf(ref), signal);
  const base = await readBase(api, target, signal);
  const session: Session = { api, target, base, given: target.given ?? new Map(), own: new Set() };
  return {
    get base() {
      return session.base;
    },
    limits: MODELSCOPE_LIMITS,
    prepare: (stop) => prepare(session, stop),
    async refresh(stop) {
      session.base = await readBase(api, target, stop);
      return session.base;
    },
    offer: (files, stop) => offer(session, files, stop),
    leaveOut: async () => [],
    receive: (ticket, part, answer, stop) => receiveModelscope(api, { ticket, part, answer }, stop),
    finish: async () => undefined,
    commit: (change, stop) => commit(session, change, stop),
    pageOf: () => pageOf(session),
    findTag: (name, stop) => findModelscopeTag(api, ref, name, stop),
    tag: (request, stop) => tagModelscope({ api, ref, branch: session.base.branch }, request, stop),
    readBack: (revision, stop) => list(api, ref, [revision, session.base.branch], stop),
    between: (from, to, stop) => between(session, { from, to }, stop),
  };
}

async function readBase(api: ModelscopeApi, target: PushTarget, signal: AbortSignal): Promise<PushBase> {
  const { ref, create } = target;
  let names: RevisionNames | undefined;
  try {
    names = await readNames(api, ref, signal);
    // Where names are not told, only the listing can say whether the repository is there.
    if (names === undefined) await list(api, ref, [undefined, target.branch ?? DEFAULT_BRANCH], signal);
  } catch (error) {
    if (codeOf(error) !== 'NOT_FOUND' || !create) throw error;
    const branch = target.branch ?? DEFAULT_BRANCH;
    if (branch !== DEFAULT_BRANCH) throw noBranch(ref, branch);
    return { hasRepository: false, hasBranch: false, branch, commit: undefined, files: [] };
  }
  const branch = target.branch ?? defaultName(names);
  if (names !== undefined && !names.branches.includes(branch)) {
    // A repository without a commit has no branch yet, and its first commit makes one.
    if (names.branches.length > 0 || branch !== DEFAULT_BRANCH) throw noBranch(ref, branch);
    return { hasRepository: true, hasBranch: true, branch, commit: undefined, files: [] };
  }
  const commit = await readCommit(api, ref, branch, signal);
  return {
    hasRepository: true,
    hasBranch: true,
    branch,
    commit,
    files: await list(api, ref, [commit, branch], signal),
  };
}

// The hub has no call that makes a branch (modelscope.md 5.7), so this is told before a byte moves.
function noBranch(ref: ModelRef, branch: string): ModelFetchError {
  return new ModelFetchError('REVISION_NOT_FOUND', `${repositoryOf(ref)} has no branch ${quote(branch)}.`, {
    hint: 'ModelScope lets programs commit to existing branches only: make it once with git, or leave out `revision`.',
  });
}

/** The files at the first of the names under which the hub lists any; none where they are empty. */
async function list(
  api: ModelscopeApi,
  ref: ModelRef,
  names: readonly (string | undefined)[],
  signal: AbortSignal,
): Promise<ListedFile[]> {
  for (const name of names.filter((one) => one !== undefined)) {
    try {
      return await listModelscope(api, ref, name, signal);
    } catch (error) {
      // Some services list by branch and tag only; and an empty branch looks like an unknown one (modelscope.md 2.3).
      if (codeOf(error) !== 'REVISION_NOT_FOUND') throw error;
    }
  }
  return [];
}

async function prepare(session: Session, signal: AbortSignal): Promise<PushBase> {
  const { api, target } = session;
  if (session.base.hasRepository) return session.base;
  await makeModelscope(api, target, signal);
  session.base = await readBase(api, target, signal);
  if (session.base.hasRepository) return session.base;
  throw new ModelFetchError('CONFLICT', `${repositoryOf(target.ref)} can neither be made nor read.`, {
    hint: 'The name may be taken by a repository that this token cannot see.',
  });
}

async function offer(
  { api, target, given }: Session,
  files: readonly LocalFile[],
  signal: AbortSignal,
): Promise<Ticket[]> {
  refuseLarge(files, MODELSCOPE_LIMITS);
  const tickets: Ticket[] = [];
  for (let from = 0; from < files.length; from += MODELSCOPE_BATCH) {
    tickets.push(...(await offerModelscope(api, target.ref, files.slice(from, from + MODELSCOPE_BATCH), signal)));
  }
  // One storage serves all repositories (modelscope.md 5.4).
  const place = { storage: api.endpoint, repository: repositoryOf(target.ref) };
  return tickets.map((ticket) => sharesGiven(given, ticket, place));
}

async function commit(session: Session, change: Change, signal: AbortSignal): Promise<Committed> {
  const { api, target, base } = session;
  const { branch } = base;
  await refuseMoved(session, change, signal);
  change.onSend?.();
  try {
    const named = await commitModelscope({ api, ref: target.ref, branch }, change, signal);
    if (named !== undefined) session.own.add(named);
    const revision = named ?? (await readHead(session, change, signal));
    session.base = { ...base, hasBranch: true, commit: revision };
    return { revision, url: pageOf(session) };
  } catch (error) {
    const gone = isAmbiguous(error, change) ? await findGone(session, change, signal) : [];
    throw gone.length > 0 ? goneError(gone) : error;
  }
}

async function findGone({ api, target, base }: Session, { deletes }: Change, signal: AbortSignal): Promise<string[]> {
  try {
    const there = new Set((await list(api, target.ref, [base.branch], signal)).map(({ path }) => path));
    return deletes.filter((path) => !there.has(path));
  } catch (error) {
    if (codeOf(error) === undefined || codeOf(error) === 'ABORTED') throw error;
    // The refusal is known, and says that nothing was made; a failure to look at the branch would not.
    return [];
  }
}

function pageOf({ api, target }: Session): string {
  return `${api.endpoint}/${target.ref.kind}s/${target.ref.repo}`;
}

// The hub takes a commit on top of anything (modelscope.md 5.7), so whoever looks last before it at least does not overwrite unseen.
async function refuseMoved({ api, target, base }: Session, { parent }: Change, signal: AbortSignal): Promise<void> {
  if (parent === undefined) return;
  const head = await readCommit(api, target.ref, base.branch, signal);
  if (head === undefined || head === parent) return;
  throw new ModelFetchError(
    'CONFLICT',
    `${repositoryOf(target.ref)} has moved to ${head.slice(0, 12)} in the meantime.`,
    {
      hint: 'Somebody else committed; run again.',
    },
  );
}

async function between(
  { api, target, base, own }: Session,
  { from, to }: { readonly from: string; readonly to: string },
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const all = await commitsBetween(api, target.ref, { from, to, branch: base.branch }, signal);
  return all?.filter((commit) => !own.has(commit));
}

// The commit is made; not being able to name it must not look like a failure, and neither must a list that does not show it yet.
async function readHead(
  { api, target, base }: Session,
  { parent }: Change,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const head = await readCommit(api, target.ref, base.branch, signal);
    return head === parent ? undefined : head;
  } catch (error) {
    if (codeOf(error) === undefined || codeOf(error) === 'ABORTED') throw error;
    return undefined;
  }
}
