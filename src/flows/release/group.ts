// Work that begins as it comes up and ends together: the first failure stops the rest. Knows nothing of what the work is.

import { aborted } from '../../core/errors.ts';

export interface Group {
  /** Fires with the caller's signal, and at the first failure. */
  readonly signal: AbortSignal;
  /** Begins work; work may begin more of it. */
  start(work: () => Promise<void>): void;
  /** Resolves when nothing is under way any more and nobody was stopped, since who is stopped may end in peace with work left.
   * @throws the first failure; ABORTED when the caller's signal has fired */
  settle(): Promise<void>;
}

export function createGroup(signal: AbortSignal): Group {
  const failed = new AbortController();
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown) => {
    failure ??= { error };
    failed.abort();
  };
  return {
    signal: AbortSignal.any([signal, failed.signal]),
    start(work) {
      const task: Promise<void> = work()
        .catch(fail)
        .finally(() => running.delete(task));
      running.add(task);
    },
    async settle() {
      while (running.size > 0) await Promise.all(running);
      if (failure !== undefined) throw failure.error;
      if (signal.aborted) throw aborted();
    },
  };
}
