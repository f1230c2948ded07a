// A limit on how much goes on at once that may change while it goes on.

import { aborted } from '../../core/errors.ts';

/** Runs the work as soon as there is room. @throws ABORTED while it waits; what the work throws */
export type Lanes = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;

/** @param allowed asked again whenever something ends */
export function createLanes(allowed: () => number): Lanes {
  let busy = 0;
  let bell = Promise.withResolvers<void>();
  const ring = () => {
    bell.resolve();
    bell = Promise.withResolvers<void>();
  };
  return async (work, signal) => {
    signal.addEventListener('abort', ring, { once: true });
    try {
      while (busy >= allowed() && !signal.aborted) await bell.promise;
    } finally {
      signal.removeEventListener('abort', ring);
    }
    if (signal.aborted) throw aborted();
    busy += 1;
    try {
      return await work();
    } finally {
      busy -= 1;
      ring();
    }
  };
}
