// How a file is cut into ranges, and which file comes first. Pure.

import type { Range } from '../http.ts';

const MIB = 1024 * 1024;
/** The least that is worth a journal; damage is located by pieces of this length. */
export const PIECE_BYTES = 16 * MIB;
/** The least that is worth a request of its own. */
const MIN_RANGE_BYTES = 4 * MIB;
const MAX_RANGE_BYTES = 128 * MIB;

/** The length of the next range: a share of all that is left, so that ranges are long at first, which costs few requests, and
 * short in the end, when one slow connection would hold up the rest. */
export function rangeBytesFor(leftBytes: number, connections: number): number {
  const share = Math.ceil(leftBytes / (connections * 3) / MIN_RANGE_BYTES) * MIN_RANGE_BYTES;
  return Math.min(MAX_RANGE_BYTES, Math.max(MIN_RANGE_BYTES, share));
}

/** Cuts a first range of at most `rangeBytes` off what is missing.
 * @returns undefined when nothing is missing */
export function cutRange(
  missing: readonly Range[],
  rangeBytes: number,
): { readonly range: Range; readonly rest: readonly Range[] } | undefined {
  const [first, ...others] = missing;
  if (first === undefined) return undefined;
  const end = Math.min(first.end, first.start + rangeBytes);
  const rest = end < first.end ? [{ start: end, end: first.end }, ...others] : others;
  return { range: { start: first.start, end }, rest };
}

/** Largest first: the last to end should be small. Ties by path, so that runs are alike. */
export function byUrgency<T extends { readonly sizeBytes: number; readonly path: string }>(files: readonly T[]): T[] {
  return files.toSorted((a, b) => b.sizeBytes - a.sizeBytes || (a.path < b.path ? -1 : 1));
}

/** Bytes of disjoint ranges. */
export function lengthOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** Joins ranges that touch or overlap; sorted. */
export function mergeRanges(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (range.end <= range.start) continue;
    if (last !== undefined && range.start <= last.end)
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
    else merged.push(range);
  }
  return merged;
}

/** The ranges without what they share with another one; sorted. */
export function withoutRange(ranges: readonly Range[], hole: Range): Range[] {
  return mergeRanges(
    ranges.flatMap(({ start, end }) => [
      { start, end: Math.min(end, hole.start) },
      { start: Math.max(start, hole.end), end },
    ]),
  );
}

/** What of [0, sizeBytes) the ranges do not cover; sorted. */
export function missingRanges(have: readonly Range[], sizeBytes: number): Range[] {
  const missing: Range[] = [];
  let front = 0;
  for (const range of mergeRanges(have)) {
    if (range.start > front) missing.push({ start: front, end: range.start });
    front = Math.max(front, range.end);
  }
  if (front < sizeBytes) missing.push({ start: front, end: sizeBytes });
  return missing;
}
