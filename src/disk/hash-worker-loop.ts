// What a hashing thread does: serves many files a slice at a time, so that a long one does not keep the others waiting.

import type { MessagePort } from 'node:worker_threads';
import { ModelFetchError } from '../core/errors.ts';
import { type FileHash, openFileHash } from './hash-file.ts';
import type { HashReply, HashRequest } from './hash-message.ts';

const READ_BYTES = 2 * 1024 * 1024;
const SLICE_BYTES = 16 * 1024 * 1024;

interface Job {
  readonly hash: FileHash;
  readonly sizeBytes: number;
  toBytes: number;
  isFinishing: boolean;
}

/** Answers the requests that come through the port until the thread is ended. */
export function serveHashing(port: MessagePort): void {
  const jobs = new Map<number, Job>();
  const buffer = new Uint8Array(READ_BYTES);
  const say = (reply: HashReply) => port.postMessage(reply);
  let isRunning = false;

  const attempt = (id: number, work: () => void) => {
    try {
      work();
    } catch (error) {
      jobs.get(id)?.hash.close();
      jobs.delete(id);
      say({ type: 'failed', id, ...describe(error) });
    }
  };
  // Between two rounds the thread hears what was said in the meantime.
  const round = () => {
    for (const [id, job] of jobs) attempt(id, () => slice(id, job, say));
    for (const [id, job] of jobs) if (job.isFinishing && !isBehind(job)) attempt(id, () => finish(id, job));
    isRunning = [...jobs.values()].some(isBehind);
    if (isRunning) setImmediate(round);
  };
  const finish = (id: number, job: Job) => {
    if (job.hash.hashedBytes !== job.sizeBytes) throw new Error('a file was to be finished before all of it was there');
    jobs.delete(id);
    say({ type: 'digests', id, digests: job.hash.digests() });
  };
  port.on('message', (request: HashRequest) => {
    attempt(request.id, () => take(jobs, request, buffer));
    if (!isRunning) round();
  });
}

function take(jobs: Map<number, Job>, request: HashRequest, buffer: Uint8Array): void {
  const job = jobs.get(request.id);
  if (request.type === 'open') {
    jobs.set(request.id, {
      hash: openFileHash(request, buffer),
      sizeBytes: request.sizeBytes,
      toBytes: 0,
      isFinishing: false,
    });
  } else if (job === undefined) {
    // It failed, which was said already.
  } else if (request.type === 'advance') {
    job.toBytes = Math.max(job.toBytes, request.toBytes);
  } else if (request.type === 'finish') {
    job.isFinishing = true;
  } else {
    job.hash.close();
    jobs.delete(request.id);
  }
}

function slice(id: number, job: Job, say: (reply: HashReply) => void): void {
  if (!isBehind(job)) return;
  job.hash.advance(Math.min(job.toBytes, job.hash.hashedBytes + SLICE_BYTES));
  if (!isBehind(job)) say({ type: 'reached', id });
}

function isBehind(job: Job): boolean {
  return job.hash.hashedBytes < job.toBytes;
}

function describe(error: unknown): Pick<HashReply & { type: 'failed' }, 'code' | 'message' | 'hint'> {
  if (!(error instanceof ModelFetchError)) return { message: String(error) };
  return { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}
