// How long silence is borne.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPatience } from '../../src/host/patience.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('as long as was said, counted from the last sign of life', () => {
  const patience = createPatience(2000);
  for (let times = 0; times < 10; times += 1) {
    vi.advanceTimersByTime(1999);
    patience.pulse();
  }
  vi.advanceTimersByTime(1999);
  expect(patience.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(patience.signal.aborted).toBe(true);
  patience.pulse();
});

test('longer, once that was allowed', () => {
  const patience = createPatience(2000);
  patience.extend(10_000);
  vi.advanceTimersByTime(9000);
  patience.pulse();
  vi.advanceTimersByTime(9999);
  expect(patience.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(patience.signal.aborted).toBe(true);
});

test('what is over ends nothing', () => {
  const patience = createPatience(2000);
  patience.end();
  vi.advanceTimersByTime(60_000);
  expect(patience.signal.aborted).toBe(false);
});
