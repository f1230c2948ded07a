// Adds up what slow calls cost a run: each may be bearable, and all of them not. Pure.

import { BEAT_MS } from './patience.ts';

/** Of the patience, what a call may take without being slow: half a second of two. */
const FAIR_SHARE = 0.25;

/** What the slow calls of a run took together; those that overlap are counted once. */
export interface Slowness {
  begin(): Slow;
}

export interface Slow {
  /** The call has waited for so long, and does still. */
  wait(waitedMs: number): void;
  /** Whether all that is borne is used up. */
  isTooMuch(): boolean;
  end(): void;
}

/** @param patienceMs what slow calls may take together, and four times what a call may take without being slow */
export function createSlowness(patienceMs: number): Slowness {
  const calls = new Set<symbol>();
  let spentMs = 0;
  return {
    begin() {
      const call = Symbol();
      let isSlow = false;
      calls.add(call);
      return {
        wait(waitedMs) {
          const [oldest] = calls;
          if (oldest !== call || waitedMs <= FAIR_SHARE * patienceMs) return;
          spentMs += isSlow ? BEAT_MS : waitedMs;
          isSlow = true;
        },
        isTooMuch: () => spentMs >= patienceMs,
        end: () => void calls.delete(call),
      };
    },
  };
}
