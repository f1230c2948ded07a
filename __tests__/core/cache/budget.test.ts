// Which entries get the room that there is.

import { expect, test } from 'vitest';
import { chooseWithin, SAVES_A_RUN } from '../../../src/core/cache/budget.ts';
import type { CachePart } from '../../../src/core/cache/key.ts';
import { snapshotOf } from '../sample.ts';

const part = (kind: CachePart['kind'], sizeBytes: number, count = 1): CachePart => ({
  kind,
  repository: 'modelscope:o/n',
  entry: { key: `${kind}-${sizeBytes}`, restoreKeys: [], folder: 'f' },
  files: snapshotOf(
    Array.from({ length: count }, (_, index) => `${sizeBytes}-${index}`),
    sizeBytes,
  ).files,
});
const PARTS = [part('blob', 10), part('blob', 30), part('pack', 5, 2), part('blob', 20)];
const keys = (parts: readonly CachePart[]) => parts.map(({ entry }) => entry.key);

test.each([
  [100, ['pack-5', 'blob-30', 'blob-20', 'blob-10'], []],
  [70, ['pack-5', 'blob-30', 'blob-20', 'blob-10'], []],
  [69, ['pack-5', 'blob-30', 'blob-20'], ['blob-10']],
  [45, ['pack-5', 'blob-30'], ['blob-20', 'blob-10']],
  [35, ['pack-5', 'blob-20'], ['blob-30', 'blob-10']],
  [9, [], ['pack-5', 'blob-30', 'blob-20', 'blob-10']],
  [0, [], ['pack-5', 'blob-30', 'blob-20', 'blob-10']],
  [-5, [], ['pack-5', 'blob-30', 'blob-20', 'blob-10']],
])('room for %d bytes', (roomBytes, chosen, left) => {
  const budget = chooseWithin(roomBytes, PARTS);
  expect([keys(budget.chosen), keys(budget.left)]).toEqual([chosen, left]);
});

test('no run takes all saves of a minute', () => {
  const many = Array.from({ length: SAVES_A_RUN + 20 }, (_, index) => part('blob', index + 1));
  const { chosen, left } = chooseWithin(Number.POSITIVE_INFINITY, many);
  expect([chosen.length, left.length]).toEqual([SAVES_A_RUN, 20]);
  expect(Math.min(...chosen.map(({ files }) => files[0]?.sizeBytes ?? 0))).toBe(21);
});
