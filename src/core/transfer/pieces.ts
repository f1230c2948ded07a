// Where damage begins, told by the digests of a content's beginnings. Pure.

import type { Range } from '../http.ts';
import { PIECE_BYTES } from './schedule.ts';

/** The first piece that is not as it was. Behind it nothing is known: all later marks differ with it.
 * @param kept at least one mark @param found as many, of the same content with damage in it */
export function locateDamage(kept: readonly string[], found: readonly string[], sizeBytes: number): Range {
  const differing = kept.findIndex((mark, index) => mark !== found[index]);
  // With all marks alike it lies behind the last one.
  const start = (differing === -1 ? kept.length : differing) * PIECE_BYTES;
  return { start, end: Math.min(sizeBytes, start + PIECE_BYTES) };
}
