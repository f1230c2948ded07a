// One hashing thread as the pool sees it. Keeps the process alive only while someone waits for digests.

import { Worker } from 'node:worker_threads';
import type { HashFollower } from '../../core/ports.ts';
import type { HashTask } from './hash-file.ts';
import { createHashJob, type HashJob } from './hash-job.ts';
import type { HashReply, HashRequest } from './hash-message.ts';

export interface HashThread {
  /** Files that it has in hand. */
  readonly jobs: number;
  follow(task: HashTask): HashFollower;
  close(): Promise<void>;
}

/** @param onEnd called when the thread is gone; all its files have failed then. */
export function startHashThread(workerPath: string, onEnd: () => void): HashThread {
  const worker = new Worker(workerPath, { execArgv: [], name: 'hash' });
  const jobs = new Map<number, HashJob>();
  let nextId = 1;

  const post = (request: HashRequest) => worker.postMessage(request);
  const hold = () => {
    if ([...jobs.values()].some(({ isAwaited }) => isAwaited)) worker.ref();
    else worker.unref();
  };
  const end = (error: Error) => {
    for (const job of [...jobs.values()]) job.fail(error);
    onEnd();
  };
  // Before it runs, a thread cannot be released.
  worker.once('online', hold);
  worker.on('error', (cause) => end(new Error('a hashing thread broke down', { cause })));
  worker.on('exit', () => end(new Error('a hashing thread ended')));
  worker.on('message', (reply: HashReply) => jobs.get(reply.id)?.hear(reply));

  return {
    get jobs() {
      return jobs.size;
    },
    follow(task) {
      const id = nextId++;
      post({ type: 'open', id, ...task });
      const job = createHashJob(id, post, () => {
        if (job.state === 'settled') jobs.delete(id);
        hold();
      });
      jobs.set(id, job);
      return job;
    },
    async close() {
      await worker.terminate();
    },
  };
}
