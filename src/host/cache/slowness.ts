// Charges slow calls to what a job may lose with its cache: each may be bearable, and all of them not. Pure.

import type { Allowance } from '../../core/cache/allowance.ts';

/** Of the whole allowance, what a call may take without being slow: half a second of two. */
const FAIR_SHARE = 0.25;

/** A connection may have to be made first: a host that is far away is not slow. A share as well: no distance is longer. */
const FAR_SHARE = 0.375;

/** How long making a connection may take without being slow. */
export function farMs(reachMs: number, { totalMs }: Pick<Allowance, 'totalMs'>): number {
  return Math.min(reachMs, FAR_SHARE * totalMs);
}

/** What the slow calls of a run take together; those that overlap are charged once. */
export interface Slowness {
  /** @param reachMs how far away the host is, asked whenever it matters */
  begin(reachMs: () => number): Slow;
}

export interface Slow {
  /** The call has waited for so long, and does still. */
  wait(waitedMs: number): void;
  /** How long it may wait in all: what is left, and what it was charged itself. Endless while an older call is waited for, whose limit
   * ends both. */
  limitMs(): number;
  end(): void;
}

export function createSlowness(allowance: Allowance): Slowness {
  // The oldest first. What of a call's wait was charged, with it or with an older one.
  const calls = new Set<{ waitedMs: number; chargedMs: number }>();
  const isOldest = (call: object) => calls.values().next().value === call;
  return {
    begin(reachMs) {
      const fairMs = () => FAIR_SHARE * allowance.totalMs + farMs(reachMs(), allowance);
      const call = { waitedMs: 0, chargedMs: 0 };
      calls.add(call);
      return {
        wait(waitedMs) {
          call.waitedMs = waitedMs;
          if (!isOldest(call) || waitedMs <= fairMs()) return;
          allowance.spend(waitedMs - call.chargedMs);
          call.chargedMs = waitedMs;
        },
        limitMs: () => (isOldest(call) ? call.chargedMs + allowance.leftMs : Number.POSITIVE_INFINITY),
        end() {
          calls.delete(call);
          if (call.chargedMs > 0) for (const other of calls) other.chargedMs = other.waitedMs;
        },
      };
    },
  };
}
