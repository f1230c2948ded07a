// How long silence is borne: as long as was said, and as long as the work has lasted.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPatience } from '../../src/host/patience.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const open = () => createPatience(2000, () => Date.now());

/** After so many milliseconds with a sign of life every hundred, how long silence is borne. */
function bornMs(workedMs: number): number {
  const patience = open();
  for (let ms = 0; ms < workedMs; ms += 100) {
    vi.advanceTimersByTime(100);
    patience.pulse();
  }
  let silentMs = 0;
  for (; !patience.signal.aborted; silentMs += 100) vi.advanceTimersByTime(100);
  return silentMs;
}

test.each([
  [0, 2000],
  [1000, 2000],
  [10_000, 10_000],
  [100_000, 30_000],
])('after %d ms of work: %d ms', (workedMs, silentMs) => {
  expect(bornMs(workedMs)).toBe(silentMs);
});

test('what is over ends nothing', () => {
  const patience = open();
  patience.end();
  vi.advanceTimersByTime(60_000);
  expect(patience.signal.aborted).toBe(false);
});
