// Finds the pull request that a commit may have opened when its answer was lost: never somebody else’s.

import { codeOf } from '../core/errors.ts';
import { AMENDED, type Change, type LocalFile } from '../core/push.ts';
import type { ModelRef } from '../core/ref.ts';
import type { ListedFile } from '../core/snapshot.ts';
import type { HuggingfaceApi } from './huggingface-api.ts';
import { listHuggingface, toListedFile } from './huggingface-listing.ts';
import type { HuggingfaceTargets } from './huggingface-push-wire.ts';
import { commitOf, readTargets } from './huggingface-refs.ts';

/** The numbers of the pull requests that there are. */
export function proposalNumbers({ pullRequests }: HuggingfaceTargets): ReadonlySet<number> {
  return new Set((pullRequests ?? []).map(({ name }) => Number(name)).filter(Number.isSafeInteger));
}

/** The number of a pull request that was not there before and holds exactly what the commit changed; undefined when there is none. */
export async function findProposal(
  { api, ref }: { readonly api: HuggingfaceApi; readonly ref: ModelRef },
  { change, before }: { readonly change: Change; readonly before: ReadonlySet<number> },
  signal: AbortSignal,
): Promise<number | undefined> {
  const targets = await readTargets(api, ref, signal);
  const fresh = [...proposalNumbers(targets)].filter((number) => !before.has(number)).sort((a, b) => a - b);
  for (const number of fresh) {
    const commit = commitOf(targets.pullRequests, String(number));
    if (commit === undefined) continue;
    try {
      const listed = (await listHuggingface(api, ref, commit, signal)).map(toListedFile);
      if (holds(listed, change)) return number;
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
    tickets.every(({ kind, file }) => kind === 'ignored' || AMENDED.test(file.path) || isThere(file)) &&
    !deletes.some((path) => files.has(path))
  );
}
