// The fetches of one file that a thread has in hand, as the main thread sees them.

import { aborted } from '../../core/errors.ts';
import type { Fetched, FetchTask, FetchWatch } from '../../core/ports.ts';
import { fromPlainError, type HashReply, type HashRequest } from './hash-message.ts';

export interface Fetches {
  /** Under way. */
  readonly count: number;
  start(task: FetchTask, watch: FetchWatch, signal: AbortSignal): Promise<Fetched>;
  hear(reply: HashReply & { type: 'fetch' }): void;
  /** The thread is gone. */
  fail(error: Error): void;
}

interface Running {
  readonly watch: FetchWatch;
  settle(work: () => void): void;
  resolve(outcome: Fetched): void;
  reject(error: Error): void;
}

let lastFetchId = 0;

/** @param onCount called after each change of `count` */
export function createFetches(id: number, post: (request: HashRequest) => void, onCount: () => void): Fetches {
  const running = new Map<number, Running>();
  return {
    get count() {
      return running.size;
    },
    start(task, watch, signal) {
      if (signal.aborted) return Promise.reject(aborted());
      lastFetchId += 1;
      const fetchId = lastFetchId;
      const { promise, resolve, reject } = Promise.withResolvers<Fetched>();
      // It ends when the thread says so: until then it may still write.
      const abort = () => post({ type: 'abort', id, fetchId });
      signal.addEventListener('abort', abort, { once: true });
      const settle = (work: () => void) => {
        running.delete(fetchId);
        signal.removeEventListener('abort', abort);
        onCount();
        work();
      };
      running.set(fetchId, { watch, settle, resolve, reject });
      post({ type: 'fetch', id, fetchId, task });
      onCount();
      return promise;
    },
    hear(reply) {
      const one = running.get(reply.fetchId);
      if (one === undefined) return;
      if (reply.news === 'head') return one.watch.onHead();
      if (reply.countBytes > 0) one.watch.onBytes(reply.countBytes);
      if (reply.news === 'bytes') return;
      const { outcome } = reply;
      one.settle(() => (outcome.kind === 'failed' ? one.reject(fromPlainError(outcome)) : one.resolve(outcome)));
    },
    fail(error) {
      for (const one of [...running.values()]) one.settle(() => one.reject(error));
    },
  };
}
