// What a piece of work threw, as the tests ask for it: by code, never by message.

import { ModelFetchError } from '../../src/core/errors.ts';

/** The typed error that the work throws; anything else fails the test. */
export function thrown(work: () => unknown): ModelFetchError {
  try {
    work();
  } catch (error) {
    if (error instanceof ModelFetchError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The code of the error that the work throws, or `fine`. */
export function codeOfThrown(work: () => unknown): string {
  try {
    work();
    return 'fine';
  } catch (error) {
    if (error instanceof ModelFetchError) return error.code;
    throw error;
  }
}
