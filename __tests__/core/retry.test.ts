// Whether, when and how often to try again, with a clock and dice of the test's own.

import { describe, expect, test } from 'vitest';
import { aborted, CODES, type ErrorCode, ModelFetchError } from '../../src/core/errors.ts';
import type { Clock } from '../../src/core/ports.ts';
import { createRetryPolicy, nextWaitMs, withRetry } from '../../src/core/retry.ts';
import { createSeeded } from './seeded.ts';

const POLICY = createRetryPolicy(5);
const NEVER = new AbortController().signal;
const failure = (code: ErrorCode, waitMs?: number) =>
  new ModelFetchError(code, 'x', waitMs === undefined ? {} : { waitMs });
const AGAIN: readonly ErrorCode[] = [
  'NETWORK',
  'TIMEOUT',
  'STALLED',
  'RATE_LIMITED',
  'BUSY',
  'SERVER',
  'LINK_EXPIRED',
  'SIZE_MISMATCH',
];

describe('which errors', () => {
  test.each(Object.keys(CODES) as ErrorCode[])('%s', (code) => {
    expect(nextWaitMs(POLICY, failure(code), 1, 0.5) !== undefined).toBe(AGAIN.includes(code));
  });
  test('never a bug', () => {
    expect(nextWaitMs(POLICY, new Error('bug'), 1, 0.5)).toBeUndefined();
    expect(nextWaitMs(POLICY, undefined, 1, 0.5)).toBeUndefined();
  });
});

describe('how long', () => {
  const error = failure('NETWORK');
  test('doubles to a ceiling, half of it chance', () => {
    const patient = createRetryPolicy(10);
    const lowest = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => nextWaitMs(patient, error, attempt, 0));
    expect(lowest).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    expect(nextWaitMs(patient, error, 100, 0)).toBeUndefined();
    expect(nextWaitMs(createRetryPolicy(100), error, 100, 0)).toBe(10_000);
  });
  test('chance stays within its half', () => {
    const random = createSeeded(7);
    for (let round = 0; round < 500; round += 1) {
      const attempt = 1 + (round % 5);
      const fullMs = Math.min(POLICY.ceilingMs, POLICY.baseMs * 2 ** (attempt - 1));
      const waitMs = nextWaitMs(POLICY, error, attempt, random()) ?? Number.NaN;
      expect(waitMs).toBeGreaterThanOrEqual(fullMs / 2);
      expect(waitMs).toBeLessThan(fullMs);
    }
  });
  test('ends with the tries', () => {
    expect(nextWaitMs(POLICY, error, 5, 0)).toBeDefined();
    expect(nextWaitMs(POLICY, error, 6, 0)).toBeUndefined();
    expect(nextWaitMs(createRetryPolicy(0), error, 1, 0)).toBeUndefined();
  });
  test.each([
    [0, 0, 0],
    [0, 0.9, 0],
    [500, 0.5, 750],
    [7000, 0, 7000],
    [7000, 0.5, 7500],
    [300_000, 0, 300_000],
    [300_001, 0, undefined],
  ])('a host that asks for %d ms gets at least that (dice %d): %s', (askedMs, random, waitMs) => {
    expect(nextWaitMs(POLICY, failure('RATE_LIMITED', askedMs), 1, random)).toBe(waitMs);
  });
});

function createTestClock() {
  const slept: number[] = [];
  const clock: Clock = {
    nowMs: () => 0,
    random: () => 0,
    async sleep(waitMs, signal) {
      if (signal.aborted) throw aborted();
      slept.push(waitMs);
    },
    every: () => () => undefined,
  };
  return { clock, slept };
}

describe('withRetry', () => {
  test('gives the result and tells each failure', async () => {
    const { clock, slept } = createTestClock();
    const told: unknown[] = [];
    const work = async (attempt: number) => {
      if (attempt < 3) throw failure('SERVER');
      return attempt;
    };
    const onRetry = (error: ModelFetchError, attempt: number, waitMs: number) =>
      told.push([error.code, attempt, waitMs]);
    expect(await withRetry(work, { policy: POLICY, clock, onRetry }, NEVER)).toBe(3);
    expect(slept).toEqual([250, 500]);
    expect(told).toEqual([
      ['SERVER', 1, 250],
      ['SERVER', 2, 500],
    ]);
  });

  test('gives up with the last error', async () => {
    const { clock, slept } = createTestClock();
    const work = async (attempt: number) => {
      throw attempt === 6 ? failure('TIMEOUT') : failure('SERVER');
    };
    await expect(withRetry(work, { policy: POLICY, clock }, NEVER)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(slept).toHaveLength(5);
  });

  test('does not try again what cannot pass', async () => {
    const { clock, slept } = createTestClock();
    const work = async () => {
      throw failure('NOT_FOUND');
    };
    await expect(withRetry(work, { policy: POLICY, clock }, NEVER)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(slept).toEqual([]);
  });

  test('stops when the run is cancelled', async () => {
    const { clock, slept } = createTestClock();
    const controller = new AbortController();
    const work = async () => {
      controller.abort();
      throw failure('NETWORK');
    };
    await expect(withRetry(work, { policy: POLICY, clock }, controller.signal)).rejects.toBeInstanceOf(ModelFetchError);
    expect(slept).toEqual([]);
  });
});
