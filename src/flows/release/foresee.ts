// What a release would change at its targets, known before anything moves: for a dry run, and where a tag must not stay behind.

import type { Push } from '../../core/ports/push.ts';
import type { ReleaseFile } from './release-files.ts';
import { hashRelease, type SendReleaseDependencies } from './send-release.ts';
import { type TargetWork, tagConflict } from './upload-target.ts';

export interface Foresight {
  readonly deps: SendReleaseDependencies;
  readonly tag: string | undefined;
  readonly moveTag: boolean;
}

/** Whether the tag is on the commit that the release would replace, and has to stay there. */
export function isTagBound({ isTagTaken, push }: TargetWork, moveTag: boolean): boolean {
  return isTagTaken && !(moveTag && push.limits.canMoveTag);
}

/** Hashes the release and compares it with each target as a commit would. Moves nothing.
 * @throws TAG_CONFLICT when a bound tag would be left behind; FILE_CHANGED, DISK_IO, ABORTED */
export async function foresee(
  works: readonly TargetWork[],
  release: readonly ReleaseFile[],
  { deps, tag, moveTag }: Foresight,
  signal: AbortSignal,
): Promise<void> {
  await hashRelease(release, works, deps, signal);
  for (const work of works) await leaveOut(work, work.push, signal);
  const behind = works.find((work) => isTagBound(work, moveTag) && hasChanges(work));
  if (behind !== undefined && tag !== undefined) throw tagConflict(behind, tag);
}

// What the hub would not take from a commit is no change.
async function leaveOut({ files }: TargetWork, push: Push, signal: AbortSignal): Promise<void> {
  const changed = [...files.values()].filter(({ change }) => change !== 'unchanged').map(({ file }) => file);
  if (changed.length === 0 || !push.base.hasBranch) return;
  for (const ticket of await push.leaveOut(changed, signal)) {
    const consignment = files.get(ticket.file.path);
    if (consignment === undefined) throw new Error(`a ticket for ${ticket.file.path}, which nobody asked for`);
    consignment.ticket = ticket;
    if (ticket.kind === 'kept') consignment.change = 'unchanged';
  }
}

function hasChanges({ files, deletes }: TargetWork): boolean {
  const isChanged = [...files.values()].some(
    ({ change, ticket }) => change !== 'unchanged' && ticket?.kind !== 'ignored',
  );
  return deletes.length > 0 || isChanged;
}
