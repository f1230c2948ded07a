// After the commit: the hub's own listing is compared with what was hashed here, and the tag is put on what was proved.

import { codeOf, ModelFetchError } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import type { Clock } from '../../core/ports.ts';
import { differenceOf, listingOf, overlapOf } from '../../core/release/plan.ts';
import { printable } from '../../core/repo-path.ts';
import type { ListedFile } from '../../core/snapshot.ts';
import { nameOf, type TargetWork, tagConflict } from './upload-target.ts';

/** A listing may lag behind a commit by a moment. */
const LOOKS = 4;
const FIRST_WAIT_MS = 500;

/** Reads the release back and compares every digest. @throws DIGEST_MISMATCH, naming the file; the network codes */
export async function proveRelease(work: TargetWork, clock: Clock, signal: AbortSignal): Promise<void> {
  const files = [...work.files.values()]
    .filter(({ file, ticket }) => ticket?.kind !== 'ignored' && !work.push.limits.isAmended(file.path))
    .map(({ file }) => file);
  const deletes = work.deletes.map(({ path }) => path);
  for (let look = 1; ; look += 1) {
    const seen = await readBack(work, signal);
    const difference = differenceOf(listingOf(seen.files), { files, deletes });
    if (difference === undefined) {
      work.committed = seen.committed;
      return;
    }
    if (look === LOOKS) {
      throw new ModelFetchError('DIGEST_MISMATCH', `${nameOf(work)} does not hold what was published: ${difference}.`, {
        hint: 'Run again: what differs is published anew. If it happens again, tell the hub.',
      });
    }
    await clock.sleep(FIRST_WAIT_MS * 2 ** (look - 1), signal);
  }
}

interface Seen extends Pick<TargetWork, 'committed'> {
  readonly files: readonly ListedFile[];
}

// Where the hub did not say which commit it made, the one that the branch is at now is looked at, so that it is the one that is told and
// tagged once it is proved.
async function readBack(work: TargetWork, signal: AbortSignal): Promise<Seen> {
  const { push, committed } = work;
  if (committed === undefined || committed.revision !== undefined)
    return { committed, files: await push.readBack(revisionOf(work), signal) };
  const { commit, files } = await push.refresh(signal);
  return { committed: commit === undefined ? committed : { revision: commit, url: push.pageOf(commit) }, files };
}

/** Looks at what slipped in between the head that the release was made for and its commit, where the hub takes a commit on top of
 * anything. Where it does not tell what lies there, that is said.
 * @throws CONFLICT when somebody else’s files lie covered by this release; the network codes */
export async function refuseCovered(work: TargetWork, emit: Emit, signal: AbortSignal): Promise<void> {
  const { push, begunOn, committed, listing } = work;
  if (push.between === undefined || begunOn === undefined || committed?.revision === undefined) return;
  const others = await push.between(begunOn, committed.revision, signal);
  if (others === undefined) emit({ type: 'warning', message: untold(work, begunOn) });
  const release = {
    files: [...work.files.values()].map(({ file }) => file),
    deletes: work.deletes.map(({ path }) => path),
  };
  for (const revision of others ?? []) {
    // An own commit has nothing in it but what is published, and that is no overlap.
    const covered = overlapOf(listing, listingOf(await push.readBack(revision, signal)), release);
    if (covered.length === 0) continue;
    const names = covered.slice(0, 5).map((path) => `"${printable(path)}"`);
    const more = covered.length > 5 ? ' and more' : '';
    throw new ModelFetchError(
      'CONFLICT',
      `Someone else published to ${nameOf(work)} at the same moment (${revision.slice(0, 12)}), and changed ${names.join(', ')}${more}; this release lies on top of it.`,
      {
        hint: 'See what they published. Run again if this release is to stay: it is there, and only its tag is missing.',
      },
    );
  }
}

function untold({ committed, ...work }: TargetWork, begunOn: string): string {
  const span = `between ${begunOn.slice(0, 12)} and ${committed?.revision?.slice(0, 12)}`;
  return `${nameOf(work)}: the hub does not tell all commits ${span}, so whether somebody else changed the same files there is not known.`;
}

/** The commit that holds the release; undefined where the hub tells none. */
export function revisionOf({ committed, push }: TargetWork): string | undefined {
  return committed === undefined ? push.base.commit : committed.revision;
}

/** Puts the tag on the release. @throws TAG_CONFLICT when it is on another commit and must not be moved */
export async function tagRelease(
  work: TargetWork,
  { name, move }: { readonly name: string; readonly move: boolean },
  signal: AbortSignal,
): Promise<void> {
  try {
    await work.push.tag({ name, revision: revisionOf(work), move }, signal);
  } catch (error) {
    throw codeOf(error) === 'CONFLICT' ? tagConflict(work, name) : error;
  }
  work.tag = name;
}
