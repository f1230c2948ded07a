// Digests in threads of their own, so that hashing never holds up the network. Hands files out; hashes nothing itself.

import { availableParallelism } from 'node:os';
import type { Algorithm } from '../../core/digest.ts';
import type { Hasher, HashFollower } from '../../core/ports.ts';
import { untilAborted } from '../../core/signal/until-aborted.ts';
import { throwIfAborted } from '../abort.ts';
import { type HashThread, startHashThread } from './hash-thread.ts';

const MAX_THREADS = 4;

export interface HashPoolOptions {
  /** The program of a thread. */
  readonly workerPath: string;
  /** As many as there are processors, at most four, when not given. */
  readonly threads?: number;
}

/** Threads start when they are needed and never keep an idle process alive. One that breaks down fails its files with a plain
 * Error and is replaced. */
export function createHashPool(options: HashPoolOptions): Hasher {
  const limit = options.threads ?? Math.min(MAX_THREADS, Math.max(1, availableParallelism()));
  const threads = new Set<HashThread>();
  let isClosed = false;

  const start = (): HashThread => {
    const thread = startHashThread(options.workerPath, () => threads.delete(thread));
    threads.add(thread);
    return thread;
  };
  const pick = (): HashThread => {
    if (isClosed) throw new Error('the hashing threads are closed');
    const [freest] = [...threads].sort((a, b) => a.sizeBytes - b.sizeBytes);
    return freest === undefined || (freest.sizeBytes > 0 && threads.size < limit) ? start() : freest;
  };
  const follow = (path: string, sizeBytes: number, algorithms: readonly Algorithm[]): HashFollower =>
    pick().follow({ path, sizeBytes, algorithms });

  return {
    follow,
    isBusy() {
      const atWork = [...threads].filter(({ sizeBytes }) => sizeBytes > 0);
      // Each is asked, since each tells of the time since it was last asked.
      return atWork.length > 0 && atWork.map((thread) => thread.isBusy()).every(Boolean);
    },
    async hash(path, sizeBytes, algorithms, signal) {
      throwIfAborted(signal);
      const follower = follow(path, sizeBytes, algorithms);
      follower.advance(sizeBytes);
      try {
        return await untilAborted(follower.finish(), signal);
      } finally {
        follower.stop();
      }
    },
    async close() {
      isClosed = true;
      await Promise.all([...threads].map((thread) => thread.close()));
    },
  };
}
