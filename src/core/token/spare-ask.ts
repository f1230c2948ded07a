// A question that is asked in vain when it was answered a moment ago. Knows nothing of what is asked.

import { codeOf } from '../errors.ts';

/** A token that is refused within this time after its renewal is not too old: it may not do what was asked for. */
const REST_MS = 20_000;

/** Asks for another token, and not again for a while after that: undefined then. Thousands of files may be refused one after the other,
 * and a program or a hub be asked for each.
 * @throws what `ask` throws; during the rest, the same again */
export function spareAsk<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  nowMs: () => number,
): (signal: AbortSignal) => Promise<T | undefined> {
  let last: { readonly atMs: number; readonly failure?: { readonly error: unknown } } | undefined;
  // Who asked before the last answer came gets that answer.
  let asking = 0;
  return async (signal) => {
    if (asking === 0 && last !== undefined && nowMs() - last.atMs < REST_MS) {
      if (last.failure !== undefined) throw last.failure.error;
      return undefined;
    }
    asking += 1;
    try {
      const answer = await ask(signal);
      last = { atMs: nowMs() };
      return answer;
    } catch (error) {
      if (codeOf(error) !== 'ABORTED') last = { atMs: nowMs(), failure: { error } };
      throw error;
    } finally {
      asking -= 1;
    }
  };
}
