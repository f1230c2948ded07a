// How long silence is borne.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPatience } from '../../../src/host/cache/patience.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const NO_PACE = { windowMs: 1e9, bytesPerWindow: 0 };
const PACE = { windowMs: 10_000, bytesPerWindow: 1000 };

test('as long as was said, counted from the last sign of life', () => {
  const patience = createPatience(2000, NO_PACE);
  for (let times = 0; times < 10; times += 1) {
    vi.advanceTimersByTime(1999);
    patience.pulse(1);
  }
  vi.advanceTimersByTime(1999);
  expect(patience.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(patience.signal.aborted).toBe(true);
  patience.pulse(1);
});

test('longer, once that was allowed', () => {
  const patience = createPatience(2000, NO_PACE);
  patience.extend(10_000);
  vi.advanceTimersByTime(9000);
  patience.pulse(1);
  vi.advanceTimersByTime(9999);
  expect(patience.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(patience.signal.aborted).toBe(true);
});

test('what is over ends nothing', () => {
  const patience = createPatience(2000, NO_PACE);
  patience.end();
  vi.advanceTimersByTime(60_000);
  expect(patience.signal.aborted).toBe(false);
});

test('a trickle ends as silence does, as long as there is something left to move', () => {
  const trickle = (bytes: number) => {
    const patience = createPatience(2000, PACE);
    for (let seconds = 0; seconds < 30; seconds += 1) {
      patience.pulse(bytes);
      vi.advanceTimersByTime(1000);
    }
    return patience;
  };
  expect(trickle(99).signal.aborted).toBe(true);
  expect(trickle(100).signal.aborted).toBe(false);
  const sent = createPatience(2000, PACE);
  sent.endPace();
  sent.extend(60_000);
  vi.advanceTimersByTime(30_000);
  expect(sent.signal.aborted).toBe(false);
});
