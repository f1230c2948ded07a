// How a host takes what a package sends to it: what comes late is charged, and what is still on its way is waited for. Knows only what can
// be seen at each beat.

import type { Allowance } from '../../core/cache/allowance.ts';
import type { Clock } from '../../core/ports.ts';
import type { SeenTransfer } from './package-watch.ts';
import { createStillness, type StillPut } from './stillness.ts';
import { createSwallowed, type Swallowed } from './swallowed.ts';

export interface PackagePace {
  /** @returns to be called when it is over */
  begin(transfer: SeenTransfer): () => void;
  /** Looks at what has been sent since. */
  look(): void;
  /** The host was waited for during this time. */
  wait(waitedMs: number): void;
  /** What was waited so far has been charged otherwise. */
  judged(): void;
  /** How long what all of them have sent should still need at its pace. */
  readonly drainMs: number;
}

export interface PackagePaceParts {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly allowance: Pick<Allowance, 'spend'>;
}

export function createPackagePace({ clock, allowance }: PackagePaceParts): PackagePace {
  const still = createStillness(allowance);
  const puts = new Set<Put>();
  const lookAt = (put: Put) => {
    const newBytes = put.transfer.sentBytes - put.swallowed.sentBytes;
    if (newBytes > 0) {
      still.move();
      put.swallowed.offer(newBytes);
      put.swallowed.take(newBytes);
    }
    if (put.isSent || !put.transfer.isSent) return;
    put.isSent = true;
    put.swallowed.offer(0);
  };
  return {
    begin(transfer) {
      const beganMs = clock.nowMs();
      const put: Put = { transfer, still: still.begin(), swallowed: createSwallowed(clock.nowMs), isSent: false };
      puts.add(put);
      return () => {
        lookAt(put);
        puts.delete(put);
        put.still.answered(put.swallowed, clock.nowMs() - beganMs);
      };
    },
    look() {
      for (const put of puts) lookAt(put);
    },
    wait: still.wait,
    judged: still.judged,
    get drainMs() {
      return puts.size === 0 ? 0 : Math.min(...[...puts].map(({ swallowed }) => swallowed.drainMs));
    },
  };
}

interface Put {
  readonly transfer: SeenTransfer;
  readonly still: StillPut;
  readonly swallowed: Swallowed;
  isSent: boolean;
}
