// A wait that a signal ends. Starts and stops nothing itself.

import { aborted } from '../errors.ts';

/** Waits for the work, but no longer than the signal allows. The work itself goes on. @throws ABORTED */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(aborted());
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, work]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
