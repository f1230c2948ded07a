// Waits for somebody else, and counts how long. Only beats of a timer that fell while it was their turn count, each for its own length:
// a machine that is too busy to look in time holds nothing against anyone.

import type { Clock } from '../../core/ports.ts';

export interface PatienceSetting {
  readonly clock: Pick<Clock, 'every'>;
  /** How long may be waited from the last sign of life on; asked at every beat. */
  limitMs(): number;
  /** Whether it is their turn; always unless given. */
  isTheirTurn?(): boolean;
  /** Told of every beat that counted. */
  onWait?(waitedMs: number): void;
}

export interface Patience {
  /** Fires when the limit would be passed. */
  readonly signal: AbortSignal;
  /** A sign of life: the waiting begins anew. */
  renew(): void;
  /** Nothing is waited for any more. */
  end(): void;
}

export const BEAT_MS = 50;

/** Begins to wait at once. Fires a beat early rather than late. */
export function createPatience({ clock, limitMs, isTheirTurn, onWait }: PatienceSetting): Patience {
  const controller = new AbortController();
  let waitedMs = 0;
  const end = clock.every(BEAT_MS, () => {
    if (isTheirTurn?.() === false) return;
    waitedMs += BEAT_MS;
    onWait?.(waitedMs);
    if (waitedMs + BEAT_MS < limitMs()) return;
    end();
    controller.abort();
  });
  return {
    signal: controller.signal,
    renew() {
      waitedMs = 0;
    },
    end,
  };
}
