// Cuts a range that trickles: a host that sends a byte now and then never looks silent, and never ends.

import { ModelFetchError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import { followSignal } from '../../core/signal/follow-signal.ts';
import type { Pace } from '../../core/transfer/pace.ts';

export interface Watched {
  readonly clock: Clock;
  readonly pace: Pace;
  /** The file and the host, for the message. */
  readonly what: string;
  onBytes(count: number): void;
}

/** Runs the work, which reports its bytes and obeys the signal that it is given.
 * @throws STALLED when a window brings too little; what the work throws */
export async function withWatchdog(
  { clock, pace, what, onBytes }: Watched,
  signal: AbortSignal,
  work: (onBytes: (count: number) => void, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { control, release } = followSignal(signal);
  let isSlow = false;
  let arrivedBytes = 0;
  let seenBytes = 0;
  const stop = clock.every(pace.windowMs, () => {
    if (arrivedBytes - seenBytes < pace.bytesPerWindow && !signal.aborted) {
      isSlow = true;
      control.abort();
    }
    seenBytes = arrivedBytes;
  });
  const count = (bytes: number) => {
    arrivedBytes += bytes;
    onBytes(bytes);
  };
  try {
    await work(count, control.signal);
  } catch (error) {
    if (isSlow && !signal.aborted) {
      throw new ModelFetchError('STALLED', `${what} brought ${arrivedBytes} bytes and then next to nothing.`, {
        cause: error,
      });
    }
    throw error;
  } finally {
    stop();
    release();
  }
}
