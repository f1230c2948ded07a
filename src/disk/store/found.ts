// Work with a blob that was found. Garbage collection takes a content away for a moment, to look once more whether anybody needs it, and
// puts back what somebody does.

import { setTimeout } from 'node:timers/promises';
import { isAbsent } from '../io-error.ts';

const TRIES = 40;
const PAUSE_MS = 25;

/** Does the work, and again when it finds that something is not there, for as long as a look at all records may take.
 * @throws the system's own error */
export async function withFound<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === TRIES || !isAbsent(error)) throw error;
      await setTimeout(PAUSE_MS);
    }
  }
}
