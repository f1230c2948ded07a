// A host that is late, and one that is slow.

import { expect, test } from 'vitest';
import { createAllowance } from '../../../src/core/cache/allowance.ts';
import { createStillness } from '../../../src/host/cache/stillness.ts';

const MIB = 1024 * 1024;

/** What puts of a block cost that all stand still at the same time and are answered one after the other. */
function spentMs({
  stillMs,
  movingMs,
  atOnce = 1,
  sizeBytes = 16 * MIB,
  heldBytes = 4 * MIB,
}: Record<string, number>): number {
  const allowance = createAllowance();
  const stillness = createStillness(allowance);
  const puts = Array.from({ length: atOnce }, () => stillness.begin());
  stillness.move();
  for (let ms = 0; ms < (stillMs ?? 0); ms += 50) stillness.wait(50);
  stillness.move();
  for (const put of puts) put.answered({ sentBytes: sizeBytes, heldBytes }, (stillMs ?? 0) + (movingMs ?? 0));
  return allowance.spentMs;
}

test.each([
  ['late, and quick else', { stillMs: 1500, movingMs: 100 }, 1500],
  ['four that are late together count once', { stillMs: 1500, movingMs: 100, atOnce: 4 }, 1500],
  ['a little late', { stillMs: 1000, movingMs: 100 }, 0],
  ['slow: two megabytes a second, and what the buffers hold at that pace', { stillMs: 2000, movingMs: 6000 }, 0],
  [
    'slow: ten megabytes a second, behind much that passes bytes on',
    { stillMs: 1600, movingMs: 900, heldBytes: 8 * MIB },
    0,
  ],
  ['a little late, after what the buffers hold at ten megabytes a second', { stillMs: 1150, movingMs: 1300 }, 0],
  ['so small that all of it disappears in buffers', { stillMs: 1500, movingMs: 1, sizeBytes: 4 * MIB }, 0],
])('%s', (_, put, expected) => {
  expect(spentMs(put)).toBe(expected);
});

test('a small put that is answered first does not excuse a large one', () => {
  const allowance = createAllowance();
  const stillness = createStillness(allowance);
  const [small, large] = [stillness.begin(), stillness.begin()];
  stillness.wait(1500);
  small.answered({ sentBytes: 1024, heldBytes: 4 * MIB }, 1500);
  large.answered({ sentBytes: 16 * MIB, heldBytes: 4 * MIB }, 1600);
  expect(allowance.spentMs).toBe(1500);
});

test('what was charged otherwise is not charged again', () => {
  const allowance = createAllowance();
  const stillness = createStillness(allowance);
  const large = stillness.begin();
  stillness.wait(1500);
  stillness.judged();
  large.answered({ sentBytes: 16 * MIB, heldBytes: 4 * MIB }, 1600);
  expect(allowance.spentMs).toBe(0);
});
