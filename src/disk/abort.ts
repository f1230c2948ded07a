// The signal as the disk room honours it. Starts and stops nothing itself.

import { aborted } from '../core/errors.ts';

/** @throws ABORTED */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw aborted();
}
