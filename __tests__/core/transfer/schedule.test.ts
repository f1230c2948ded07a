// Cutting files into ranges: by cases, and by a property over many random ones.

import { describe, expect, test } from 'vitest';
import type { Range } from '../../../src/core/http.ts';
import {
  byUrgency,
  cutRange,
  mergeRanges,
  missingRanges,
  rangeBytesFor,
  withoutRange,
} from '../../../src/core/transfer/schedule.ts';
import { createSeeded } from '../seeded.ts';

const r = (start: number, end: number): Range => ({ start, end });
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Everything that one connection after another would take. */
function cutAll(missing: readonly Range[], rangeBytes: number): Range[] {
  const cut = cutRange(missing, rangeBytes);
  return cut === undefined ? [] : [cut.range, ...cutAll(cut.rest, rangeBytes)];
}

test.each([
  [0, 8, 4 * MIB],
  [1, 1, 4 * MIB],
  [GIB, 8, 44 * MIB],
  [GIB, 64, 8 * MIB],
  [100 * GIB, 8, 128 * MIB],
  [GIB + 1, 1, 128 * MIB],
])('of %d bytes that are left for %d connections the next takes %d', (leftBytes, connections, rangeBytes) => {
  expect(rangeBytesFor(leftBytes, connections)).toBe(rangeBytes);
});

test.each<[string, Range[], number, Range[]]>([
  ['nothing', [], 10, []],
  ['less than one', [r(0, 7)], 10, [r(0, 7)]],
  ['exactly one', [r(0, 10)], 10, [r(0, 10)]],
  ['one byte more', [r(0, 11)], 10, [r(0, 10), r(10, 11)]],
  ['in order', [r(7, 28)], 10, [r(7, 17), r(17, 27), r(27, 28)]],
  ['several', [r(3, 5), r(18, 31)], 10, [r(3, 5), r(18, 28), r(28, 31)]],
])('cut: %s', (_, missing, rangeBytes, ranges) => {
  expect(cutAll(missing, rangeBytes)).toEqual(ranges);
});

test.each<[string, Range[], Range[]]>([
  ['nothing', [], []],
  ['empty ranges go', [r(3, 3), r(5, 4)], []],
  ['apart stays apart', [r(5, 6), r(0, 1)], [r(0, 1), r(5, 6)]],
  ['touching', [r(0, 5), r(5, 9)], [r(0, 9)]],
  ['overlapping', [r(0, 6), r(3, 9)], [r(0, 9)]],
  ['one inside another', [r(0, 9), r(2, 3), r(9, 10)], [r(0, 10)]],
  ['the same twice', [r(1, 2), r(1, 2)], [r(1, 2)]],
])('merge: %s', (_, ranges, merged) => {
  const before = structuredClone(ranges);
  expect(mergeRanges(ranges)).toEqual(merged);
  expect(ranges).toEqual(before);
});

test.each<[string, Range[], number, Range[]]>([
  ['all', [], 10, [r(0, 10)]],
  ['nothing of nothing', [], 0, []],
  ['nothing', [r(0, 10)], 10, []],
  ['the end', [r(0, 4)], 10, [r(4, 10)]],
  ['the beginning', [r(4, 10)], 10, [r(0, 4)]],
  ['holes', [r(8, 9), r(2, 4)], 10, [r(0, 2), r(4, 8), r(9, 10)]],
  ['nothing past the end', [r(0, 20)], 10, []],
])('missing: %s', (_, have, sizeBytes, missing) => {
  expect(missingRanges(have, sizeBytes)).toEqual(missing);
});

describe('over random files', () => {
  const random = createSeeded(20_260_101);
  const upTo = (limit: number) => Math.floor(random() * limit);
  const cases = Array.from({ length: 300 }, () => {
    const sizeBytes = upTo(200);
    const have = Array.from({ length: upTo(6) }, () => {
      const start = upTo(sizeBytes + 1);
      return r(start, start + upTo(sizeBytes + 1 - start));
    });
    return { sizeBytes, have, rangeBytes: 1 + upTo(40) };
  });
  const bytesOf = (ranges: readonly Range[]) =>
    ranges.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, index) => start + index));

  test('what is there and what is cut cover every byte once', () => {
    for (const { sizeBytes, have, rangeBytes } of cases) {
      const cut = cutAll(missingRanges(have, sizeBytes), rangeBytes);
      const covered = [...new Set(bytesOf(have)), ...bytesOf(cut)].sort((a, b) => a - b);
      expect(covered).toEqual(Array.from({ length: sizeBytes }, (_, index) => index));
    }
  });

  test('cuts are in order, never empty, never too long', () => {
    for (const { sizeBytes, have, rangeBytes } of cases) {
      const cut = cutAll(missingRanges(have, sizeBytes), rangeBytes);
      expect(cut).toEqual(cut.toSorted((a, b) => a.start - b.start));
      for (const { start, end } of cut) {
        expect(end).toBeGreaterThan(start);
        expect(end - start).toBeLessThanOrEqual(rangeBytes);
      }
    }
  });

  test('merging loses and adds nothing, and leaves gaps between', () => {
    for (const { have } of cases) {
      const merged = mergeRanges(have);
      expect(bytesOf(merged)).toEqual([...new Set(bytesOf(have))].sort((a, b) => a - b));
      for (const [index, range] of merged.entries()) {
        expect(range.start).toBeGreaterThan(merged[index - 1]?.end ?? -1);
      }
    }
  });
});

test('the largest comes first, ties by path', () => {
  const files = [
    { path: 'b', sizeBytes: 1 },
    { path: 'c', sizeBytes: 9 },
    { path: 'a', sizeBytes: 1 },
  ];
  expect(byUrgency(files).map((file) => file.path)).toEqual(['c', 'a', 'b']);
  expect(files.map((file) => file.path)).toEqual(['b', 'c', 'a']);
});

test.each([
  [[r(0, 10)], r(3, 5), [r(0, 3), r(5, 10)]],
  [[r(0, 10)], r(0, 10), []],
  [[r(0, 10)], r(10, 12), [r(0, 10)]],
  [[r(0, 4), r(6, 10)], r(2, 8), [r(0, 2), r(8, 10)]],
  [[r(4, 6)], r(0, 9), []],
  [[], r(0, 9), []],
])('%j without %j is %j', (ranges, hole, rest) => {
  expect(withoutRange(ranges, hole)).toEqual(rest);
});
