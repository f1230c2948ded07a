// Network disks serve what they know of a path, and find only when it is used that another machine has replaced the file since. Asked
// once more, they look.

import { errnoOf } from './io-error.ts';

/** It may be replaced again meanwhile. */
const TRIES = 3;

/** Runs the work, all of it from the path on, again when what it met is another file by now. */
export async function untilFresh<T>(work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      if (tried === TRIES || errnoOf(error) !== 'ESTALE') throw error;
    }
  }
}
