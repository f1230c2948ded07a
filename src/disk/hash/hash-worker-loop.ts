// What a hashing thread does: serves many files a slice at a time, so that a long one does not keep the others waiting, and
// fetches into them when it was given a reader.

import { closeSync, openSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import type { LeanReader } from '../../core/ports.ts';
import { diskError } from '../io-error.ts';
import { runFetch } from './fetch-loop.ts';
import { type FileHash, openFileHash } from './hash-file.ts';
import { type HashReply, type HashRequest, toPlainError } from './hash-message.ts';

const READ_BYTES = 2 * 1024 * 1024;
const SLICE_BYTES = 16 * 1024 * 1024;

interface Job {
  readonly path: string;
  readonly hash: FileHash;
  readonly sizeBytes: number;
  readonly fetches: Map<number, AbortController>;
  /** For writing; opened by the first fetch. */
  file: number | undefined;
  toBytes: number;
  isFinishing: boolean;
}

/** Answers the requests that come through the port until the thread is ended. */
export function serveHashing(port: MessagePort, reader: LeanReader): void {
  const jobs = new Map<number, Job>();
  const buffer = new Uint8Array(READ_BYTES);
  const say = (reply: HashReply) => port.postMessage(reply);
  let isRunning = false;

  const attempt = (id: number, work: () => void) => {
    try {
      work();
    } catch (error) {
      drop(jobs, id);
      say({ type: 'failed', id, ...toPlainError(error) });
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
    const digests = job.hash.digests();
    drop(jobs, id);
    say({ type: 'digests', id, digests, marks: job.hash.marks });
  };
  port.on('message', (request: HashRequest) => {
    if (request.type === 'fetch') attempt(request.id, () => startFetch(jobs.get(request.id), request, { reader, say }));
    else attempt(request.id, () => take(jobs, request, { buffer, say }));
    if (!isRunning) round();
  });
}

function take(
  jobs: Map<number, Job>,
  request: Exclude<HashRequest, { type: 'fetch' }>,
  parts: { buffer: Uint8Array; say: (reply: HashReply) => void },
): void {
  const job = jobs.get(request.id);
  if (request.type === 'open') {
    const { path, sizeBytes } = request;
    const hash = openFileHash(request, parts.buffer);
    jobs.set(request.id, {
      path,
      hash,
      sizeBytes,
      fetches: new Map(),
      file: undefined,
      toBytes: 0,
      isFinishing: false,
    });
  } else if (job === undefined) {
    // It failed, which was said already.
  } else if (request.type === 'advance') {
    job.toBytes = Math.max(job.toBytes, request.toBytes);
    // What was fetched here was hashed on the way.
    if (!isBehind(job)) parts.say({ type: 'reached', id: request.id });
  } else if (request.type === 'abort') {
    job.fetches.get(request.fetchId)?.abort();
  } else if (request.type === 'finish') {
    job.isFinishing = true;
  } else {
    drop(jobs, request.id);
  }
}

function startFetch(
  job: Job | undefined,
  { id, fetchId, task }: HashRequest & { type: 'fetch' },
  parts: { reader: LeanReader; say: (reply: HashReply) => void },
): void {
  // It failed, which was said already.
  if (job === undefined) return;
  job.file ??= openForWriting(job.path);
  const controller = new AbortController();
  job.fetches.set(fetchId, controller);
  const { path, file, hash } = job;
  const say = parts.say;
  void runFetch(
    task,
    { reader: parts.reader, target: { path, file, hash }, say: (news) => say({ type: 'fetch', id, fetchId, ...news }) },
    controller.signal,
  ).finally(() => job.fetches.delete(fetchId));
}

function openForWriting(path: string): number {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    throw diskError(error, path);
  }
}

function drop(jobs: Map<number, Job>, id: number): void {
  const job = jobs.get(id);
  jobs.delete(id);
  if (job === undefined) return;
  for (const controller of job.fetches.values()) controller.abort();
  job.hash.close();
  if (job.file !== undefined) closeSync(job.file);
}

function slice(id: number, job: Job, say: (reply: HashReply) => void): void {
  if (!isBehind(job)) return;
  job.hash.advance(Math.min(job.toBytes, job.hash.hashedBytes + SLICE_BYTES));
  if (!isBehind(job)) say({ type: 'reached', id });
}

function isBehind(job: Job): boolean {
  return job.hash.hashedBytes < job.toBytes;
}
