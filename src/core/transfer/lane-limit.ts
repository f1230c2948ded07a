// How many connections work at once: more while the total grows with them, fewer when a host asks for it. Pure; the clock is given.

export interface LaneLimit {
  /** Connections that may work now. */
  readonly allowed: number;
  /** Bytes that arrived. @returns true when more connections are allowed than before */
  note(countBytes: number): boolean;
  /** A host said that it is too much. */
  shrink(): void;
}

/** What hubs' own clients begin with. Each one held back at first is missed until the total has proved that it helps. */
const FIRST = 8;
const STEP = 2;
/** Long enough for a new connection to come up to speed. */
const WINDOW_MS = 250;
/** For so long after a host asked for fewer there are not more. */
const CALM_MS = 5000;
/** One more connection in eight should bring at least this. */
const GROWTH = 1.08;

export function createLaneLimit(most: number, nowMs: () => number): LaneLimit {
  let allowed = Math.min(FIRST, most);
  let bestPerMs = 0;
  let windowBytes = 0;
  let beganMs = nowMs();
  let patience = 2;
  let calmUntilMs = 0;
  return {
    get allowed() {
      return allowed;
    },
    note(countBytes) {
      windowBytes += countBytes;
      const elapsedMs = nowMs() - beganMs;
      if (elapsedMs < WINDOW_MS) return false;
      const perMs = windowBytes / elapsedMs;
      windowBytes = 0;
      beganMs = nowMs();
      if (nowMs() < calmUntilMs) return false;
      const hasGrown = perMs > bestPerMs * GROWTH;
      bestPerMs = Math.max(bestPerMs, perMs);
      // One slow window says little; two in a row say that more connections do not help.
      patience = hasGrown ? 2 : patience - 1;
      if (patience <= 0 || allowed >= most) return false;
      if (hasGrown) allowed = Math.min(most, allowed + STEP);
      return hasGrown;
    },
    shrink() {
      allowed = Math.max(1, Math.floor(allowed / 2));
      // What more connections brought before says nothing about now; but the host asked for peace first.
      bestPerMs = 0;
      patience = 2;
      calmUntilMs = nowMs() + CALM_MS;
    },
  };
}
