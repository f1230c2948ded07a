// Tells a host that is late from one that is slow: both stand still, but the slow one has bytes in its buffers to read meanwhile. Charges
// lateness to what a job may lose with its cache. Pure.

import type { Allowance } from '../../core/cache/allowance.ts';
import { HELD_BYTES, type Swallowed } from './swallowed.ts';

/** A stretch that is no longer is nothing. */
const FAIR_MS = 1000;

export interface Stillness {
  /** The host was waited for during this time, and nothing moved. */
  wait(stillMs: number): void;
  /** Something did. */
  move(): void;
  /** All that was waited so far has been charged otherwise. */
  judged(): void;
  begin(): StillPut;
}

/** One put, as far as it tells which of both a host is. */
export interface StillPut {
  /** @param tookMs from its beginning on */
  answered(sent: Pick<Swallowed, 'sentBytes' | 'heldBytes'>, tookMs: number): void;
}

export function createStillness(allowance: Pick<Allowance, 'spend'>): Stillness {
  let stretchMs = 0;
  // Of all stretches that were too long; and what of them was judged.
  let totalMs = 0;
  let judgedMs = 0;
  const move = () => {
    if (stretchMs > FAIR_MS) totalMs += stretchMs;
    stretchMs = 0;
  };
  return {
    wait(stillMs) {
      stretchMs += stillMs;
    },
    move,
    judged() {
      move();
      judgedMs = totalMs;
    },
    begin() {
      const beforeMs = totalMs;
      return {
        answered({ sentBytes, heldBytes }, tookMs) {
          move();
          // So little tells nothing, and excuses nothing that others waited for.
          if (sentBytes < 2 * HELD_BYTES) return;
          const stillMs = totalMs - beforeMs;
          const arrivedPerMs = (sentBytes - heldBytes) / Math.max(1, tookMs - stillMs);
          // What its pace explains, and as much again, is not late; nor is what is fair anyway.
          const explainedMs = heldBytes / arrivedPerMs;
          if (stillMs > explainedMs + Math.max(FAIR_MS, explainedMs)) {
            allowance.spend(totalMs - Math.max(judgedMs, beforeMs));
          }
          judgedMs = totalMs;
        },
      };
    },
  };
}
