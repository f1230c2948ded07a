// The one source of time and chance.

import { setTimeout as wait } from 'node:timers/promises';
import { aborted } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';

export const systemClock: Clock = {
  // Never jumps, unlike the time of day.
  nowMs: () => performance.timeOrigin + performance.now(),
  random: Math.random,
  async sleep(waitMs, signal) {
    try {
      await wait(waitMs, undefined, { signal });
    } catch (error) {
      if (signal.aborted) throw aborted();
      throw error;
    }
  },
  every(intervalMs, work) {
    const timer = setInterval(work, intervalMs).unref();
    return () => clearInterval(timer);
  },
};
