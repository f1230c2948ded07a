// When bytes are not those that were expected: is it the transfer, or has the hub something else than the lock file or the kept
// listing says? Asked only after a failure, so that a run that works makes no request for it.

import { codeOf, type ErrorCode } from '../../core/errors.ts';
import { type Filter, selectFiles } from '../../core/filter.ts';
import { compareFiles, describeChanges, mismatch } from '../../core/lock/match.ts';
import { describeSnapshot, narrowListing } from '../../core/snapshot.ts';
import { forgetListing, type RecallDependencies } from './recall.ts';
import { missingOf, type Work } from './scan.ts';

/** What a hub that has something else can look like. */
const CONTENT_CODES: ReadonlySet<ErrorCode | undefined> = new Set<ErrorCode>([
  'DIGEST_MISMATCH',
  'SIZE_MISMATCH',
  'FILE_NOT_FOUND',
  'REVISION_NOT_FOUND',
  'NOT_FOUND',
  'INCOMPLETE',
]);

/** The error to end with: LOCK_MISMATCH where the hub disagrees with the lock file, else the one that was given. */
export async function explainFailure(
  error: unknown,
  works: readonly Work[],
  deps: RecallDependencies & { readonly filter: Filter },
  signal: AbortSignal,
): Promise<unknown> {
  if (!CONTENT_CODES.has(codeOf(error))) return error;
  const differences: string[] = [];
  for (const work of works.filter((one) => missingOf(one).length > 0)) {
    const { ref, revision } = work.snapshot;
    // Perhaps the listing is at fault; the next run asks for it again.
    if (work.resolvedBy === 'store') await forgetListing({ ref, endpoint: work.hub.endpoint }, revision, deps);
    if (work.resolvedBy === 'lock') differences.push(...(await differencesOf(work, deps.filter, signal)));
  }
  return differences.length > 0 ? mismatch(differences, error) : error;
}

async function differencesOf({ snapshot, hub }: Work, filter: Filter, signal: AbortSignal): Promise<string[]> {
  const { ref, revision, files } = snapshot;
  try {
    const listing = await hub.list({ ...ref, revision }, signal);
    const there = narrowListing(listing, (all) => selectFiles(ref, all, filter));
    return describeChanges(describeSnapshot(snapshot), compareFiles(files, there.files));
  } catch (error) {
    // A hub that does not answer explains nothing: the first failure is the one to tell.
    if (codeOf(error) === undefined) throw error;
    return [];
  }
}
