// One question that many ask at the same time. Knows nothing of what is asked.

import { codeOf } from '../errors.ts';
import { untilAborted } from '../signal/until-aborted.ts';

/** Asks once for all who ask while an answer is under way, and anew afterwards. Who is stopped waits no longer, and stops the question
 * only for themselves: the first of the others who still wants to know asks it again.
 * @throws what `ask` throws, to every one who waits for it; ABORTED */
export function shareAsk<T>(ask: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let pending: Promise<T> | undefined;
  const join = (signal: AbortSignal) => {
    pending ??= ask(signal).finally(() => {
      pending = undefined;
    });
    return pending;
  };
  return async (signal) => {
    for (;;) {
      const isOthers = pending !== undefined;
      try {
        return await untilAborted(join(signal), signal);
      } catch (error) {
        if (!isOthers || signal.aborted || codeOf(error) !== 'ABORTED') throw error;
      }
    }
  };
}
