// How a file is cut into ranges, and which file comes first. Pure.

import type { Range } from './http.ts';

const MIB = 1024 * 1024;
/** Ranges begin at multiples of this, so that what was kept of an earlier run and what is cut now fit together. */
export const PIECE_BYTES = 16 * MIB;
const MAX_RANGE_BYTES = 256 * MIB;

/** The length of one range: each connection gets several of a file, so that a slow one does not hold the end. */
export function rangeBytesFor(sizeBytes: number, connections: number): number {
  const share = Math.ceil(sizeBytes / (connections * 4) / PIECE_BYTES) * PIECE_BYTES;
  return Math.min(MAX_RANGE_BYTES, Math.max(PIECE_BYTES, share));
}

/** Cuts what is missing of a file at multiples of `rangeBytes`; in order. */
export function cutRanges(missing: readonly Range[], rangeBytes: number): Range[] {
  return missing.flatMap(({ start, end }) => {
    const ranges: Range[] = [];
    for (let from = start; from < end; ) {
      const to = Math.min(end, (Math.floor(from / rangeBytes) + 1) * rangeBytes);
      ranges.push({ start: from, end: to });
      from = to;
    }
    return ranges;
  });
}

/** Largest first: the last to end should be small. Ties by path, so that runs are alike. */
export function byUrgency<T extends { readonly sizeBytes: number; readonly path: string }>(files: readonly T[]): T[] {
  return files.toSorted((a, b) => b.sizeBytes - a.sizeBytes || (a.path < b.path ? -1 : 1));
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
