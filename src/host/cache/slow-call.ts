// One question to the service or to its host, for as long as the allowance lasts. Knows where it is asked, and nothing of what.

import type { Allowance } from '../../core/cache/allowance.ts';
import { aborted, ModelFetchError } from '../../core/errors.ts';
import type { Clock, Transport } from '../../core/ports.ts';
import { createPatience } from './patience.ts';
import { createSlowness } from './slowness.ts';

/** Runs the work. @param url of the host that is asked @throws CACHE_RESTORE when the allowance is used up; ABORTED; what the work throws */
export type SlowCall = <T>(url: string, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal) => Promise<T>;

export interface SlowCallParts {
  readonly clock: Pick<Clock, 'every'>;
  readonly allowance: Allowance;
  readonly transport: Pick<Transport, 'reachMs'>;
}

/** Calls that share an allowance. */
export function createSlowCalls({ clock, allowance, transport }: SlowCallParts): SlowCall {
  const slowness = createSlowness(allowance);
  return async (url, work, signal) => {
    const slow = slowness.begin(() => transport.reachMs(url));
    const patience = createPatience({ clock, limitMs: slow.limitMs, onWait: slow.wait });
    try {
      return await work(AbortSignal.any([signal, patience.signal]));
    } catch (error) {
      if (signal.aborted) throw aborted();
      throw patience.signal.aborted ? tooSlow(allowance) : error;
    } finally {
      patience.end();
      slow.end();
    }
  };
}

function tooSlow({ totalMs }: Allowance): ModelFetchError {
  const message = `it did not answer in time: what takes long may take ${totalMs / 1000} seconds in all`;
  return new ModelFetchError('CACHE_RESTORE', message);
}
