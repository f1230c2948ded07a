// Whether and when to try again. Pure: the clock and the dice are the caller's.

import { type ErrorCode, ModelFetchError } from './errors.ts';
import type { Clock } from './ports.ts';

export interface RetryPolicy {
  /** Tries after the first. */
  readonly retries: number;
  readonly baseMs: number;
  readonly ceilingMs: number;
  /** A host that asks for more than this is not waited for. */
  readonly patienceMs: number;
}

export function createRetryPolicy(retries: number): RetryPolicy {
  return { retries, baseMs: 500, ceilingMs: 20_000, patienceMs: 300_000 };
}

const TRANSIENT: ReadonlySet<ErrorCode> = new Set([
  'NETWORK',
  'TIMEOUT',
  'STALLED',
  'RATE_LIMITED',
  'BUSY',
  'SERVER',
  'LINK_EXPIRED',
  'SIZE_MISMATCH',
]);

/** Milliseconds to wait before the next try, or undefined when there is no sense in one.
 * @param attempt tries that failed so far, 1 for the first
 * @param random a number in [0, 1): half of the wait is jitter, so that many jobs do not come back together. */
export function nextWaitMs(policy: RetryPolicy, error: unknown, attempt: number, random: number): number | undefined {
  if (!(error instanceof ModelFetchError) || !TRANSIENT.has(error.code) || attempt > policy.retries) return undefined;
  if (error.waitMs !== undefined)
    return error.waitMs > policy.patienceMs ? undefined : error.waitMs + random * Math.min(1000, error.waitMs);
  const fullMs = Math.min(policy.ceilingMs, policy.baseMs * 2 ** (attempt - 1));
  return fullMs / 2 + (random * fullMs) / 2;
}

export interface RetryHooks {
  onRetry?(error: ModelFetchError, attempt: number, waitMs: number): void;
}

/** Runs `work` until it succeeds or the policy gives up; then throws the last error. */
export async function withRetry<T>(
  work: (attempt: number) => Promise<T>,
  options: { policy: RetryPolicy; clock: Clock } & RetryHooks,
  signal: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      const waitMs = signal.aborted ? undefined : nextWaitMs(options.policy, error, attempt, options.clock.random());
      if (waitMs === undefined) throw error;
      options.onRetry?.(error as ModelFetchError, attempt, waitMs);
      await options.clock.sleep(waitMs, signal);
    }
  }
}
