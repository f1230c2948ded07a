// How busy a thread is, by what its event loop says. Only looks; what follows from it is decided elsewhere.

import type { Worker } from 'node:worker_threads';

/** In less than this a pause between two reads would look like leisure. */
const WINDOW_MS = 50;
/** The rest are pauses that any thread has which reads from a network. */
const BUSY_SHARE = 0.7;

/** @returns whether the thread worked for most of the time since it was last asked; one that has not run for long enough to tell
 * counts as busy. To be asked often. */
export function watchLoad({ performance }: Pick<Worker, 'performance'>): () => boolean {
  let seen = performance.eventLoopUtilization();
  let isBusy = true;
  return () => {
    const now = performance.eventLoopUtilization();
    const { active, idle, utilization } = performance.eventLoopUtilization(now, seen);
    if (active + idle < WINDOW_MS) return isBusy;
    seen = now;
    isBusy = utilization > BUSY_SHARE;
    return isBusy;
  };
}
