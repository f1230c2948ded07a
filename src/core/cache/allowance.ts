// What faults of the runner cache may still cost a job: one sum for both of its steps, and for all that can go wrong in them. Pure.

/** What it is at first: two seconds. */
export const ALLOWANCE_MS = 2000;

export interface Allowance {
  /** What it was at first. */
  readonly totalMs: number;
  /** What may still be waited for in vain. */
  readonly leftMs: number;
  readonly spentMs: number;
  /** So much was waited in vain, or for something that came much later than it should. */
  spend(waitedMs: number): void;
}

/** @param spentMs what an earlier step of the job has used up */
export function createAllowance(totalMs: number = ALLOWANCE_MS, spentMs = 0): Allowance {
  let allMs = spentMs;
  return {
    totalMs,
    get leftMs() {
      return Math.max(0, totalMs - allMs);
    },
    get spentMs() {
      return allMs;
    },
    spend(waitedMs) {
      allMs += waitedMs;
    },
  };
}
