// A budget of connections that many files share. First come, first served; knows nothing of what travels.

import { aborted } from '../../core/errors.ts';

export interface Lanes {
  /** Runs the work as soon as a connection is free. @throws ABORTED when the signal fires first, and what the work throws */
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

export function createLanes(count: number): Lanes {
  const waiting: (() => void)[] = [];
  let free = count;
  const take = async () => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const give = () => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return {
    async run(work, signal) {
      await take();
      try {
        if (signal.aborted) throw aborted();
        return await work();
      } finally {
        give();
      }
    },
  };
}
