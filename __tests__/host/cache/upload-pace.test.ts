// When a host that takes bytes badly is left, and how many connections it gets.

import { beforeEach, describe, expect, test } from 'vitest';
import { createUploadPace, type Put, type UploadPace } from '../../../src/host/cache/upload-pace.ts';
import { type BeatClock, createBeatClock } from './beat-clock.ts';

const MIB = 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;

let clock: BeatClock;
let pace: UploadPace;
beforeEach(() => {
  clock = createBeatClock();
  pace = createUploadPace({ clock, patienceMs: 2000 });
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

/** A put of a block that takes so long: half of it disappears in buffers at once. */
function answeredIn(ms: number): void {
  const put = pace.begin();
  move(put, 8 * MIB);
  const steps = Math.max(1, Math.round(ms / 500));
  for (let step = 0; step < steps; step += 1) {
    clock.pass(ms / steps);
    move(put, (8 * MIB) / steps);
  }
  put.answered();
  put.end();
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
  test('while it is we who read', () => {
    pace.begin().read();
    expect(leftAfter()).toBeUndefined();
  });
  test('while the last bytes are on their way, as long as its pace needs', () => {
    // 2.4 MB a second.
    for (let blocks = 0; blocks < 4; blocks += 1) answeredIn(7000);
    move(pace.begin(), 8 * MIB);
    move(pace.begin(), 8 * MIB);
    const ms = leftAfter();
    expect(ms).toBeGreaterThan(3500);
    expect(ms).toBeLessThanOrEqual(4500);
  });
  test('while it puts together an entry and takes others', () => {
    answeredIn(150);
    pace.begin();
    const other = pace.begin();
    expect(leftAfter(() => move(other, MIB))).toBeUndefined();
  });
  test('while it shows that it is there', () => {
    const put = pace.begin();
    expect(leftAfter(() => put.alive())).toBeUndefined();
  });
});

test('one connection until a block has been answered, then as many as its pace feeds', () => {
  expect(pace.lanes).toBe(1);
  const small = pace.begin();
  move(small, MIB);
  small.answered();
  small.end();
  expect(pace.lanes).toBe(1);
  answeredIn(5000);
  expect(pace.lanes).toBe(3);
  for (let blocks = 0; blocks < 9; blocks += 1) answeredIn(100);
  expect(pace.lanes).toBe(8);
});
