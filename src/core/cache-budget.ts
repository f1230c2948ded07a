// Which entries are worth their room in the runner cache. Pure.

import type { CachePart } from './cache-key.ts';
import { totalBytes } from './snapshot.ts';

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
    if (sizeBytes > freeBytes) {
      left.push(part);
      continue;
    }
    chosen.push(part);
    freeBytes -= sizeBytes;
  }
  return { chosen, left };
}

function byGain(a: CachePart, b: CachePart): number {
  if (a.kind !== b.kind) return a.kind === 'pack' ? -1 : 1;
  return totalBytes(b.files) - totalBytes(a.files);
}
