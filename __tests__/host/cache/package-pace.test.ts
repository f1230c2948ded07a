// What a package sends, to a host that is late, and to one that is slow.

import { expect, test } from 'vitest';
import { createAllowance } from '../../../src/core/cache/allowance.ts';
import { createPackagePace } from '../../../src/host/cache/package-pace.ts';
import { BEAT_MS } from '../../../src/host/cache/patience.ts';

const MIB = 1024 * 1024;

interface Sending {
  readonly sizeMib: number;
  /** Taken at once, into buffers. */
  readonly heldMib: number;
  /** The host does nothing for so long when it has taken that. */
  readonly lateMs: number;
  readonly mibPerSecond: number;
}

/** Sends to a host that reads at its pace, until it answers. Each beat is seen as the session of a package sees it. */
function send({ sizeMib, heldMib, lateMs, mibPerSecond }: Sending, atOnce = 1) {
  let nowMs = 0;
  const allowance = createAllowance();
  const pace = createPackagePace({ clock: { nowMs: () => nowMs }, allowance });
  let sentMib = 0;
  const transfer = {
    get sentBytes() {
      return sentMib * MIB;
    },
    get isSent() {
      return sentMib === sizeMib;
    },
  };
  const overs = Array.from({ length: atOnce }, () => pace.begin(transfer));
  let sentMs = 0;
  while ((Math.max(0, nowMs - lateMs) / 1000) * mibPerSecond < sizeMib) {
    nowMs += BEAT_MS;
    const arrivedMib = (Math.max(0, nowMs - lateMs) / 1000) * mibPerSecond;
    const takenMib = Math.min(sizeMib, arrivedMib + heldMib);
    if (takenMib > sentMib) sentMs = nowMs;
    sentMib = takenMib;
    pace.look();
    pace.wait(BEAT_MS);
  }
  const { drainMs } = pace;
  for (const over of overs) over();
  return { spentMs: allowance.spentMs, drainMs, neededMs: nowMs - sentMs };
}

test.each([
  ['one', 1],
  ['four at once, which count once', 4],
])('late with what it reads: charged (%s)', (_, atOnce) => {
  const { spentMs } = send({ sizeMib: 24, heldMib: 4, lateMs: 1500, mibPerSecond: 1000 }, atOnce);
  expect(spentMs).toBeGreaterThanOrEqual(1400);
  expect(spentMs).toBeLessThanOrEqual(1600);
});

test.each([
  ['four megabytes a second', { sizeMib: 32, heldMib: 4, lateMs: 0, mibPerSecond: 4 }],
  ['ten, behind what passes bytes on', { sizeMib: 32, heldMib: 10, lateMs: 0, mibPerSecond: 10 }],
  ['quick, and a little late', { sizeMib: 32, heldMib: 4, lateMs: 900, mibPerSecond: 1000 }],
  ['late, but so small that it says nothing', { sizeMib: 4, heldMib: 4, lateMs: 1500, mibPerSecond: 1000 }],
])('slow: nothing is charged (%s)', (_, sending) => {
  expect(send(sending).spentMs).toBe(0);
});

test('what was taken and has not arrived gets the time that it needs by the pace of the rest', () => {
  const { drainMs, neededMs } = send({ sizeMib: 32, heldMib: 8, lateMs: 0, mibPerSecond: 5 });
  expect(neededMs).toBeGreaterThan(1500);
  expect(Math.abs(drainMs - neededMs)).toBeLessThan(200);
});

test('one that has sent nothing yet has nothing that it should be waited for', () => {
  const pace = createPackagePace({ clock: { nowMs: () => 0 }, allowance: createAllowance() });
  expect(pace.drainMs).toBe(0);
  pace.begin({ sentBytes: 0, isSent: false });
  pace.look();
  expect(pace.drainMs).toBe(0);
});
