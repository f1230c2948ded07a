// Finds the pull request that a commit may have opened when its answer was lost: never somebody else’s.

import { codeOf } from '../../core/errors.ts';
import type { Change, LocalFile } from '../../core/ports/push.ts';
import type { ModelRef } from '../../core/ref.ts';
import type { ListedFile } from '../../core/snapshot.ts';
import type { HuggingfaceApi } from './api.ts';
import { isRules } from './attributes.ts';
import { listHuggingface, toListedFile } from './listing.ts';
import type { HuggingfaceTargets } from './push-wire.ts';
import { commitOf, readTargets } from './refs.ts';

export interface Place {
  readonly api: HuggingfaceApi;
  readonly ref: ModelRef;
}

/** What was sent to open a pull request, and may have opened one. */
export interface Opening {
  readonly changes: readonly Change[];
  /** The numbers of the pull requests that were there before the first of them. */
  readonly before: ReadonlySet<number>;
}

export async function startOpening({ api, ref }: Place, change: Change, signal: AbortSignal): Promise<Opening> {
  return { changes: [change], before: proposalNumbers(await readTargets(api, ref, signal)) };
}

function proposalNumbers({ pullRequests }: HuggingfaceTargets): ReadonlySet<number> {
  return new Set((pullRequests ?? []).map(({ name }) => Number(name)).filter(Number.isSafeInteger));
}

/** The number of a pull request that was not there before and holds what one of the commits changed; undefined when there is none. */
export async function findProposal(
  { api, ref }: Place,
  { changes, before }: Opening,
  signal: AbortSignal,
): Promise<number | undefined> {
  const targets = await readTargets(api, ref, signal);
  const fresh = [...proposalNumbers(targets)].filter((number) => !before.has(number)).sort((a, b) => a - b);
  for (const number of fresh) {
    const commit = commitOf(targets.pullRequests, String(number));
    if (commit === undefined) continue;
    try {
      const listed = (await listHuggingface(api, ref, commit, signal)).map(toListedFile);
      if (changes.some((change) => holds(listed, change))) return number;
    } catch (error) {
      // It may have been closed since it was listed.
      if (codeOf(error) !== 'REVISION_NOT_FOUND') throw error;
    }
  }
  return undefined;
}

function holds(listed: readonly ListedFile[], { tickets, deletes }: Change): boolean {
  const files = new Map(listed.map((file) => [file.path, file]));
  const isThere = (file: LocalFile) => {
    const digests: readonly string[] = files.get(file.path)?.digests ?? [];
    return Object.values(file.digests).some((digest) => digests.includes(digest));
  };
  return (
    tickets.every(({ kind, file }) => kind === 'ignored' || isRules(file.path) || isThere(file)) &&
    !deletes.some((path) => files.has(path))
  );
}
