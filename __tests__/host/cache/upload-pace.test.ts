// When a host that takes bytes badly is left, and how many connections it gets.

import { beforeEach, describe, expect, test } from 'vitest';
import { createAllowance } from '../../../src/core/cache/allowance.ts';
import { createUploadPace, type Put, type UploadPace } from '../../../src/host/cache/upload-pace.ts';
import { type BeatClock, createBeatClock } from './beat-clock.ts';

const MIB = 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;

let clock: BeatClock;
let pace: UploadPace;
beforeEach(() => {
  clock = createBeatClock();
  pace = createUploadPace({ clock, allowance: createAllowance() });
});

function move(put: Put, countBytes: number): void {
  for (let moved = 0; moved < countBytes; moved += CHUNK_BYTES) {
    put.read();
    put.offer(CHUNK_BYTES);
    put.taken();
  }
  put.offer(CHUNK_BYTES);
}

/** Until the host is left. @returns how long that took, of the clock's time; undefined when it is not within a minute */
function leftAfter(step: (nowMs: number) => void = () => undefined): number | undefined {
  const beganMs = clock.nowMs();
  while (clock.nowMs() - beganMs < 60_000) {
    clock.pass(50);
    if (pace.signal.aborted) return clock.nowMs() - beganMs;
    step(clock.nowMs() - beganMs);
  }
  return undefined;
}

/** Puts of blocks at once, whose bytes disappear in buffers, and are answered after so long. */
function answeredIn(ms: number, atOnce = 1): void {
  const puts = Array.from({ length: atOnce }, () => pace.begin());
  for (const put of puts) move(put, 16 * MIB);
  clock.pass(ms);
  for (const put of puts) put.answered();
  for (const put of puts) put.end();
}

describe('left within two seconds', () => {
  test.each([
    ['nothing is taken', 0, 0],
    ['what fits into the buffers is taken, and then nothing', 8 * MIB, 0],
    ['what fits is taken, and then a kilobyte a second', 8 * MIB, 1024],
    ['what fits is taken, and then 100 KB a second', 8 * MIB, 100_000],
  ])('%s', (_, atOnceBytes, bytesPerSecond) => {
    const put = pace.begin();
    move(put, atOnceBytes);
    const trickle = (nowMs: number) => {
      const due = Math.floor((nowMs * bytesPerSecond) / 1000 / CHUNK_BYTES);
      while (sent < due) {
        sent += 1;
        move(put, CHUNK_BYTES);
      }
    };
    let sent = 0;
    expect(leftAfter(trickle)).toBeLessThanOrEqual(2000);
  });
  test('it was quick, and stands still', () => {
    for (let blocks = 0; blocks < 10; blocks += 1) answeredIn(150);
    for (let lanes = 0; lanes < 8; lanes += 1) move(pace.begin(), 8 * MIB);
    expect(leftAfter()).toBeLessThanOrEqual(2000);
  });
  test('all of a block is taken at once, and nothing is said to it', () => {
    const put = pace.begin();
    move(put, 16 * MIB);
    put.offer(0);
    expect(leftAfter()).toBeLessThanOrEqual(2000);
  });
  test('a list of blocks may take longer, but the host is gone', () => {
    pace.begin(5000);
    expect(leftAfter()).toBeLessThanOrEqual(2000);
  });
  test('one that lives keeps no other one that hangs', () => {
    const put = pace.begin(5000);
    pace.begin();
    expect(leftAfter(put.alive)).toBeLessThanOrEqual(2000);
  });
  test('the list of blocks is not answered', () => {
    answeredIn(150);
    pace.begin();
    expect(leftAfter()).toBeLessThanOrEqual(2000);
  });
});

describe('kept', () => {
  test.each([2, 3, 10, 100])('steady at %d MB a second, in leaps as sockets give way', (rate) => {
    const put = pace.begin();
    move(put, 4 * MIB);
    const leap = 1.3e6;
    let leaps = 0;
    const drain = (nowMs: number) => {
      while ((leaps + 1) * leap <= (nowMs * rate * 1e6) / 1000) {
        leaps += 1;
        move(put, leap);
      }
    };
    expect(leftAfter(drain)).toBeUndefined();
  });
  test.each([
    [5, 9],
    [10, 12],
  ])('at the end of a block, %d MB a second, when %d MiB of it are held on the way', (rate, heldMib) => {
    const put = pace.begin();
    move(put, heldMib * MIB);
    const pacedBytes = (16 - heldMib) * MIB;
    for (let moved = 0; moved < pacedBytes; moved += CHUNK_BYTES) {
      clock.pass(CHUNK_BYTES / (rate * 1000));
      move(put, CHUNK_BYTES);
    }
    put.offer(0);
    const drainMs = (heldMib * MIB) / (rate * 1000);
    expect(leftAfter((nowMs) => nowMs > drainMs + 800 && put.answered())).toBeUndefined();
  });
  test('while it is we who read', () => {
    pace.begin().read();
    expect(leftAfter()).toBeUndefined();
  });
  test('while a list of blocks takes as long as this host should need, and no longer', () => {
    const put = pace.begin(5000);
    const ms = leftAfter(put.alive);
    expect(ms).toBeGreaterThan(4000);
    expect(ms).toBeLessThanOrEqual(5000);
  });
  test('while it puts together an entry and takes others', () => {
    answeredIn(150);
    pace.begin();
    const other = pace.begin();
    expect(leftAfter(() => move(other, MIB))).toBeUndefined();
  });
});

test('one connection until a block has been answered, then as many as it answers within a second', () => {
  expect(pace.lanes).toBe(1);
  const small = pace.begin();
  move(small, MIB);
  small.answered();
  small.end();
  expect(pace.lanes).toBe(1);
  answeredIn(400);
  expect(pace.lanes).toBe(2);
  // They share its pace: no more of them.
  answeredIn(800, 2);
  answeredIn(800, 2);
  expect(pace.lanes).toBe(2);
  // Each has its own.
  for (let times = 0; times < 4; times += 1) answeredIn(400, pace.lanes);
  expect(pace.lanes).toBe(8);
  for (let times = 0; times < 4; times += 1) answeredIn(1500);
  expect(pace.lanes).toBe(1);
});
