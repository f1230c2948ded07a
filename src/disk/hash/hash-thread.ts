// One hashing thread as the pool sees it. Keeps the process alive only while someone waits for digests.

import { Worker } from 'node:worker_threads';
import type { HashFollower } from '../../core/ports.ts';
import type { HashTask } from './hash-file.ts';
import { createHashJob, type HashJob } from './hash-job.ts';
import type { HashReply, HashRequest } from './hash-message.ts';
import { watchLoad } from './thread-load.ts';

export interface HashThread {
  /** Length of the files that it has in hand. */
  readonly sizeBytes: number;
  /** Whether it has next to no time left, as `watchLoad` says. */
  isBusy(): boolean;
  follow(task: HashTask): HashFollower;
  close(): Promise<void>;
}

/** @param onEnd called when the thread is gone; all its files have failed then. */
export function startHashThread(workerPath: string, onEnd: () => void): HashThread {
  const worker = new Worker(workerPath, { execArgv: [], name: 'hash' });
  const jobs = new Map<number, HashJob>();
  const sizes = new Map<number, number>();
  let nextId = 1;

  const post = (request: HashRequest) => worker.postMessage(request);
  const hold = () => {
    if ([...jobs.values()].some(({ isAwaited }) => isAwaited)) worker.ref();
    else worker.unref();
  };
  const forget = (id: number) => {
    jobs.delete(id);
    sizes.delete(id);
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
    get sizeBytes() {
      return [...sizes.values()].reduce((sum, sizeBytes) => sum + sizeBytes, 0);
    },
    isBusy: watchLoad(worker),
    follow(task) {
      const id = nextId++;
      post({ type: 'open', id, ...task });
      const job = createHashJob(id, post, () => {
        if (job.state === 'settled') forget(id);
        hold();
      });
      jobs.set(id, job);
      sizes.set(id, task.sizeBytes);
      return job;
    },
    async close() {
      await worker.terminate();
    },
  };
}
