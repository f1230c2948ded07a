// What of a put is still on its way.

import { expect, test } from 'vitest';
import { createSwallowed } from '../../../src/host/cache/swallowed.ts';

const MIB = 1024 * 1024;

/** A put of 16 MiB of which so much is taken at once, and the rest at this rate. */
function put(atOnceMib: number, mibPerSecond: number) {
  let nowMs = 0;
  const swallowed = createSwallowed(() => nowMs);
  for (let mib = 1; mib <= 16; mib += 1) {
    swallowed.offer(MIB);
    if (mib > atOnceMib) nowMs += 1000 / mibPerSecond;
    swallowed.take(MIB);
  }
  const beforeMs = swallowed.drainMs;
  swallowed.offer(0);
  return { heldMib: swallowed.heldBytes / MIB, beforeMs, drainMs: swallowed.drainMs };
}

test('what is taken at once is held, and drains at the pace of the rest', () => {
  const { heldMib, beforeMs, drainMs } = put(8, 5);
  expect(heldMib).toBe(8);
  expect(beforeMs).toBe(0);
  expect(drainMs).toBeGreaterThan(1400);
  expect(drainMs).toBeLessThan(1600);
});

test.each([
  ['all of it is taken at once', 16, 5, 4, 0],
  ['next to nothing is, and the rest slowly: no host gets more than two seconds', 1, 1, 4, 2000],
])('%s', (_, atOnceMib, rate, heldMib, drainMs) => {
  expect(put(atOnceMib, rate)).toMatchObject({ heldMib, drainMs });
});
