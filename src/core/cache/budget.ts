// Which entries are worth their room in the runner cache. Pure.

import { totalBytes } from '../snapshot.ts';
import type { CachePart } from './key.ts';

/** Of what the service lets all jobs of a repository do in a minute (github-actions.md 2.7), as much as one run takes. */
export const LOOKUPS_A_RUN = 1000;
export const SAVES_A_RUN = 150;

export interface CacheBudget {
  readonly chosen: readonly CachePart[];
  /** What does not fit. */
  readonly left: readonly CachePart[];
}

/** Chooses by gain until the room is used up: first packs, which spare a request for each of their files, then the largest. One that
 * does not fit leaves its room to smaller ones. */
export function chooseWithin(roomBytes: number, parts: readonly CachePart[]): CacheBudget {
  const chosen: CachePart[] = [];
  const left: CachePart[] = [];
  let freeBytes = roomBytes;
  for (const part of parts.toSorted(byGain)) {
    const sizeBytes = totalBytes(part.files);
    if (sizeBytes > freeBytes || chosen.length === SAVES_A_RUN) {
      left.push(part);
      continue;
    }
    chosen.push(part);
    freeBytes -= sizeBytes;
  }
  return { chosen, left };
}

/** The order in which entries are asked for and saved. */
export function byGain(a: CachePart, b: CachePart): number {
  if (a.kind !== b.kind) return a.kind === 'pack' ? -1 : 1;
  return totalBytes(b.files) - totalBytes(a.files);
}
