// Whether the disk is quick enough for steps that hold up this thread. Measures only what it is given.

export interface Swiftness {
  /** To be asked once a step. */
  isSwift(): boolean;
  /** Does the work and measures it. Gives what the work gives. */
  timed<T>(work: () => T): T;
}

/** A step that takes longer than this is better made in another thread. On a local disk one takes 2 to 20 µs, on a network's hundreds. */
const USUAL_MS = 0.25;
/** All that steps may take beyond that before the disk counts as slow: one of them may have waited for something else. */
const PATIENCE_MS = 8;
/** So many steps are made elsewhere before the disk is tried again. */
const PAUSE_STEPS = 256;

export function createSwiftness(nowMs: () => number): Swiftness {
  let lateMs = 0;
  let pause = 0;
  return {
    isSwift() {
      if (pause === 0) return true;
      pause -= 1;
      return false;
    },
    timed(work) {
      const beganMs = nowMs();
      try {
        return work();
      } finally {
        lateMs = Math.max(0, lateMs + nowMs() - beganMs - USUAL_MS);
        if (lateMs > PATIENCE_MS) {
          pause = PAUSE_STEPS;
          lateMs = 0;
        }
      }
    },
  };
}
