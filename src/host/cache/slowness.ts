// Adds up what slow calls cost a run: each may be bearable, and all of them not. Pure.

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
  // The oldest first. What of a call's wait was counted, with it or with an older one.
  const calls = new Set<{ waitedMs: number; countedMs: number }>();
  let spentMs = 0;
  return {
    begin() {
      const call = { waitedMs: 0, countedMs: 0 };
      calls.add(call);
      return {
        wait(waitedMs) {
          call.waitedMs = waitedMs;
          const [oldest] = calls;
          if (oldest !== call || waitedMs <= FAIR_SHARE * patienceMs) return;
          spentMs += waitedMs - call.countedMs;
          call.countedMs = waitedMs;
        },
        isTooMuch: () => spentMs >= patienceMs,
        end() {
          calls.delete(call);
          if (call.countedMs > 0) for (const other of calls) other.countedMs = other.waitedMs;
        },
      };
    },
  };
}
