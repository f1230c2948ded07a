// The order of publishing: scan → resolve → check → hash and send → commit → read back → tag → report. What each step means is told
// elsewhere. All contents are at all targets before the first commit is made at any.

import { codeOf, ModelFetchError } from '../core/errors.ts';
import type { UploadOptions } from '../core/options/upload.ts';
import type { Options } from '../core/options.ts';
import type { FoundFile } from '../core/ports/local-files.ts';
import type { Hub } from '../core/ports.ts';
import { formatRef, type ModelRef } from '../core/ref.ts';
import { type RunOrigin, releaseMessage } from '../core/release/message.ts';
import { listingOf } from '../core/release/plan.ts';
import { createUploadReport, type UploadReport } from '../core/report/upload.ts';
import { withRetry } from '../core/retry.ts';
import { totalBytes } from '../core/snapshot.ts';
import { showBytes, showSeconds } from '../core/text/show.ts';
import { commitTarget } from './release/commit-target.ts';
import { foresee, isTagBound } from './release/foresee.ts';
import { joinTree } from './release/joined-tree.ts';
import { proveRelease, refuseCovered, tagRelease } from './release/prove-release.ts';
import { checkRelease, findRelease, type ReleaseFile } from './release/release-files.ts';
import { refuseSame } from './release/same-repository.ts';
import { type SendReleaseDependencies, sendRelease } from './release/send-release.ts';
import { reportTarget } from './release/target-report.ts';
import { nameOf, openTarget, pathIn, refuseTarget, type TargetWork } from './release/upload-target.ts';

export interface UploadDependencies extends Omit<SendReleaseDependencies, 'connections' | 'verify'> {
  readonly hubOf: (ref: ModelRef) => Hub;
  /** The run that publishes, where a CI system tells of one. */
  readonly origin?: RunOrigin;
}

export type UploadSetting = Pick<Options, 'models' | 'include' | 'exclude' | 'connections' | 'dryRun' | 'verify'> & {
  readonly upload: UploadOptions;
};

export interface UploadOutcome {
  readonly report: UploadReport;
  /** Why the release is not complete, when something failed after the first commit was made, or may have been. */
  readonly failure?: Error;
}

/** Publishes a folder to every target: all or nothing in each, and nothing anywhere when something fails before the first commit.
 * @throws the code of what failed before any commit was made. What arrived is found again by the next run. */
export async function upload(
  setting: UploadSetting,
  deps: UploadDependencies,
  signal: AbortSignal,
): Promise<UploadOutcome> {
  const startMs = deps.clock.nowMs();
  const run: Run = { setting, deps: { ...deps, ...setting }, tag: tagOf(setting, deps.origin) };
  const { works, release } = await prepare(run, signal);
  const failure = setting.dryRun
    ? await preview(works, release, run, signal)
    : await publish(works, release, run, signal);
  const seconds = (deps.clock.nowMs() - startMs) / 1000;
  const report = createUploadReport(works.map(reportTarget), { dryRun: setting.dryRun, seconds });
  return failure === undefined ? { report } : { report, failure };
}

interface Run {
  readonly setting: UploadSetting;
  readonly deps: UploadDependencies & SendReleaseDependencies;
  readonly tag: string | undefined;
}

// A pull request is no release yet: only a tag that was asked for would be put on it, and that is refused.
function tagOf({ upload }: UploadSetting, origin: RunOrigin | undefined): string | undefined {
  if (upload.tag === false) return undefined;
  if (upload.tag === undefined) return upload.createPr ? undefined : origin?.tag;
  if (!upload.createPr) return upload.tag;
  throw new ModelFetchError('BAD_OPTION', '`tag` and `create-pr` are given together.', {
    hint: 'Tag the commit when the pull request is merged, or publish to the branch.',
  });
}

interface Prepared {
  readonly works: TargetWork[];
  readonly release: ReleaseFile[];
}

// Everything that can be refused is refused here.
async function prepare({ setting, deps, tag }: Run, signal: AbortSignal): Promise<Prepared> {
  const { upload } = setting;
  deps.emit({ type: 'phase', phase: 'scan', subject: upload.paths.join(', ') });
  const found = await findRelease(setting, deps.files, signal);
  const works: TargetWork[] = [];
  const given = new Map<string, string>();
  for (const ref of setting.models) {
    deps.emit({ type: 'phase', phase: 'resolve', subject: formatRef(ref) });
    works.push(await openTarget(ref, { hubOf: deps.hubOf, upload, given }, signal));
  }
  refuseSame(works, tag);
  for (const work of works) {
    await refuseTarget(work, found, { upload, tag }, signal);
    joinTree(work, found, upload);
  }
  deps.emit({ type: 'phase', phase: 'check', subject: `${found.length} files` });
  const targets = works.map((work) => ({
    pathOf: (file: FoundFile) => pathIn(work, file),
    tree: treeOf(work, found),
  }));
  const release = await checkRelease(found, targets, { files: deps.files, checks: upload.checks });
  deps.emit({ type: 'notice', message: estimate(found, works) });
  return { works, release };
}

function treeOf(work: TargetWork, found: readonly FoundFile[]): { all: ReadonlySet<string>; published: string[] } {
  const published = found.map((file) => pathIn(work, file));
  const gone = new Set(work.deletes.map(({ path }) => path));
  const kept = work.push.base.files.map(({ path }) => path).filter((path) => !gone.has(path));
  return { all: new Set([...published, ...kept]), published };
}

const GUESSED_BYTES_PER_SECOND = 50 * 1024 * 1024;

function estimate(found: readonly FoundFile[], works: readonly TargetWork[]): string {
  const sizeBytes = totalBytes(found);
  const mostBytes = works.reduce((sum, work) => sum + newBytes(work, found), 0);
  const time = showSeconds(mostBytes / GUESSED_BYTES_PER_SECOND);
  const surely = `${showBytes(mostBytes)} are new by name and size, about ${time} at 50 MiB/s`;
  return `${found.length} files, ${showBytes(sizeBytes)}; ${surely}; digests decide what moves`;
}

function newBytes(work: TargetWork, found: readonly FoundFile[]): number {
  return totalBytes(found.filter((file) => work.listing.get(pathIn(work, file))?.sizeBytes !== file.sizeBytes));
}

async function preview(
  works: readonly TargetWork[],
  release: readonly ReleaseFile[],
  { deps, tag, setting }: Run,
  signal: AbortSignal,
): Promise<undefined> {
  await foresee(works, release, { deps, tag, moveTag: setting.upload.moveTag }, signal);
  for (const work of works) work.state = 'planned';
}

async function publish(
  works: readonly TargetWork[],
  release: readonly ReleaseFile[],
  run: Run,
  signal: AbortSignal,
): Promise<Error | undefined> {
  const { deps, tag, setting } = run;
  await refuseTakenTag(works, release, run, signal);
  for (const work of works) await makePlace(work, release, run, signal);
  deps.emit({ type: 'phase', phase: 'send', subject: works.map(nameOf).join(', ') });
  await sendRelease(release, works, deps, signal);
  warnOfIgnored(works, run);
  const message = setting.upload.message ?? releaseMessage(tag, release.length, deps.origin);
  try {
    for (const work of works) await commit(work, message, run, signal);
    for (const work of works) await complete(work, run, signal);
    return undefined;
  } catch (error) {
    return whatIsWhere(error, works);
  }
}

// A tag that is on the head may stay there only if nothing has changed, which is to be known before anything moves.
async function refuseTakenTag(
  works: readonly TargetWork[],
  release: readonly ReleaseFile[],
  { deps, tag, setting }: Run,
  signal: AbortSignal,
): Promise<void> {
  const { moveTag } = setting.upload;
  const bound = works.filter((work) => isTagBound(work, moveTag));
  if (bound.length > 0) await foresee(bound, release, { deps, tag, moveTag }, signal);
}

// A repository or a branch that is not there yet; empty, it shows nobody half a release.
async function makePlace(
  work: TargetWork,
  release: readonly ReleaseFile[],
  { deps, setting }: Run,
  signal: AbortSignal,
): Promise<void> {
  const { push } = work;
  if (push.base.hasRepository && push.base.hasBranch) return;
  const { files, commit: head } = await withRetry(() => push.prepare(signal), deps, signal);
  work.listing = listingOf(files);
  work.begunOn = head;
  const found = release.map((file) => file.found);
  joinTree(work, found, setting.upload);
}

function warnOfIgnored(works: readonly TargetWork[], { deps }: Run): void {
  for (const work of works) {
    for (const { file, ticket } of work.files.values()) {
      if (ticket?.kind !== 'ignored') continue;
      deps.emit({ type: 'warning', message: `${nameOf(work)} leaves out ${file.path} by its own rules.` });
    }
  }
}

async function commit(work: TargetWork, message: string, { deps }: Run, signal: AbortSignal): Promise<void> {
  deps.emit({ type: 'phase', phase: 'commit', subject: nameOf(work) });
  await commitTarget(work, { ...deps, message }, signal);
  if (work.committed === undefined) deps.emit({ type: 'notice', message: 'nothing has changed: no commit' });
}

async function complete(work: TargetWork, { deps, tag, setting }: Run, signal: AbortSignal): Promise<void> {
  deps.emit({ type: 'phase', phase: 'prove', subject: nameOf(work) });
  if (work.committed !== undefined) {
    await proveRelease(work, deps.clock, signal);
    await refuseCovered(work, deps.emit, signal);
  }
  await present(work, deps, signal);
  if (tag !== undefined) await tagRelease(work, { name: tag, move: setting.upload.moveTag }, signal);
  work.state = work.committed === undefined ? 'unchanged' : 'published';
}

// What was proposed is there either way; a hub that does not call it complete leaves that to a person.
async function present(work: TargetWork, { emit }: Run['deps'], signal: AbortSignal): Promise<void> {
  try {
    await work.push.present?.(signal);
  } catch (error) {
    if (signal.aborted || !['READ_ONLY', 'REFUSED', 'NOT_FOUND', 'CONFLICT'].includes(codeOf(error) ?? '')) throw error;
    emit({ type: 'warning', message: `${work.push.base.proposal ?? nameOf(work)} stays a draft: publish it there.` });
  }
}

const SAID = {
  published: 'has the release',
  unchanged: 'had the release before',
  committed: 'has the commit, and its proof or its tag is missing',
  partial: 'has a part of the release, and the rest is missing',
  untouched: 'is as it was',
  unknown: 'may have the release or not: the answer to its commit was lost',
  planned: 'is as it was',
} as const;

// Before the first commit a failure is a failure; after it, or when it may have been made, it matters which target is where.
function whatIsWhere(error: unknown, works: readonly TargetWork[]): Error {
  if (works.every(({ committed, state }) => committed === undefined && state !== 'unknown')) throw error;
  const cause = error instanceof Error ? error : new Error(String(error));
  if (works.length === 1) return cause;
  const lines = works.map((work) => `- ${nameOf(work)} ${SAID[work.state]}`);
  return new ModelFetchError('PARTLY_PUBLISHED', `${cause.message}\n${lines.join('\n')}`, {
    cause,
    hint: 'Run again: what is there is not sent again, and what is missing is completed.',
  });
}
