// One hashing thread as the pool sees it. Keeps the process alive only while someone waits for digests.

import { Worker } from 'node:worker_threads';
import type { Digest } from '../core/digest.ts';
import { aborted, ModelFetchError } from '../core/errors.ts';
import type { HashFollower } from '../core/ports.ts';
import type { HashTask } from './hash-file.ts';
import type { HashReply, HashRequest } from './hash-message.ts';

export interface HashThread {
  /** Files that it has in hand. */
  readonly jobs: number;
  follow(task: HashTask): HashFollower;
  close(): Promise<void>;
}

interface Job {
  readonly outcome: PromiseWithResolvers<Digest[]>;
  sentBytes: number;
  wantedBytes: number;
  /** Whether an offset was sent and not reached yet; what comes in the meantime is sent as one. */
  isBusy: boolean;
  isAwaited: boolean;
}

/** @param onEnd called once when the thread is gone; all its files have failed then. */
export function startHashThread(workerPath: string, onEnd: () => void): HashThread {
  const worker = new Worker(workerPath, { execArgv: [], name: 'hash' });
  const jobs = new Map<number, Job>();
  let nextId = 1;

  const post = (request: HashRequest) => worker.postMessage(request);
  const release = () => {
    if (![...jobs.values()].some((job) => job.isAwaited)) worker.unref();
  };
  const settle = (id: number, work: (outcome: Job['outcome']) => void) => {
    const job = jobs.get(id);
    if (job === undefined) return;
    jobs.delete(id);
    work(job.outcome);
    release();
  };
  const failAll = (error: Error) => {
    for (const id of [...jobs.keys()]) settle(id, ({ reject }) => reject(error));
    onEnd();
  };
  // Before it runs, a thread cannot be released.
  worker.once('online', release);
  worker.on('error', (cause) => failAll(new Error('a hashing thread broke down', { cause })));
  worker.on('exit', () => failAll(new Error('a hashing thread ended')));
  worker.on('message', (reply: HashReply) => {
    if (reply.type === 'reached') reached(reply.id);
    else
      settle(reply.id, (outcome) =>
        reply.type === 'digests' ? outcome.resolve(reply.digests) : outcome.reject(toError(reply)),
      );
  });

  const send = (id: number, job: Job) => {
    job.isBusy = job.wantedBytes > job.sentBytes;
    job.sentBytes = job.wantedBytes;
    if (job.isBusy) post({ type: 'advance', id, toBytes: job.wantedBytes });
  };
  const reached = (id: number) => {
    const job = jobs.get(id);
    if (job !== undefined) send(id, job);
  };
  const finish = (id: number, job: Job) => {
    if (jobs.has(id)) {
      job.isAwaited = true;
      worker.ref();
      send(id, job);
      post({ type: 'finish', id });
    }
    return job.outcome.promise;
  };

  return {
    get jobs() {
      return jobs.size;
    },
    follow(task) {
      const id = nextId++;
      const job: Job = {
        outcome: Promise.withResolvers(),
        sentBytes: 0,
        wantedBytes: 0,
        isBusy: false,
        isAwaited: false,
      };
      // A failure is told to whoever asks with `finish`; a follower that is stopped is never asked.
      job.outcome.promise.catch(() => undefined);
      jobs.set(id, job);
      post({ type: 'open', id, ...task });
      return {
        advance(toBytes) {
          job.wantedBytes = Math.max(job.wantedBytes, toBytes);
          if (!job.isBusy && jobs.has(id)) send(id, job);
        },
        finish: () => finish(id, job),
        stop() {
          if (jobs.has(id)) post({ type: 'stop', id });
          settle(id, ({ reject }) => reject(aborted()));
        },
      };
    },
    async close() {
      await worker.terminate();
    },
  };
}

function toError(reply: HashReply & { type: 'failed' }): Error {
  if (reply.code === undefined) return new Error(`a hashing thread failed: ${reply.message}`);
  return new ModelFetchError(reply.code, reply.message, reply.hint === undefined ? {} : { hint: reply.hint });
}
