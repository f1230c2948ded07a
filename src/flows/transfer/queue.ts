// Which range of which file comes next. Opens files as connections become free; gives up on the rest when the host or disk is gone.

import { codeOf, familyOf } from '../../core/errors.ts';
import type { Range } from '../../core/http.ts';
import type { LaneLimit } from '../../core/transfer/lane-limit.ts';
import { byUrgency, rangeBytesFor } from '../../core/transfer/schedule.ts';
import type { FileJob } from './file-job.ts';

export interface Task {
  readonly job: FileJob;
  readonly range: Range;
}

export interface Queue {
  /** The next range; waits while files that are under way may still give some. Undefined when there is nothing left for anyone. */
  next(): Promise<Task | undefined>;
  /** To be called after each task. */
  done(job: FileJob): void;
  /** To be called when the limit has grown, and now and then: whoever has had no time may have some now. */
  wake(): void;
  /** To be called now and then: ranges that slow connections hold go to better ones. */
  review(): void;
}

export interface QueueOptions {
  readonly connections: number;
  readonly limit: LaneLimit;
  /** As Store.isBusy. */
  isBusy(): boolean;
  onFileDone(): void;
}

/** Files of other processes that are waited for at the same time. */
const MOST_HELD = 16;
/** After this many files in a row were lost to the network, the rest is not tried: the host is down. */
const HOPELESS_FILES = 3;

export function createQueue(jobs: readonly FileJob[], options: QueueOptions, signal: AbortSignal): Queue {
  const waiting = byUrgency(jobs);
  const open = new Set<FileJob>();
  const settling = new Set<FileJob>();
  const held = new Set<FileJob>();
  // Held by other processes, too, and looked at again when one of those that are waited for has come.
  const putOff: FileJob[] = [];
  let busy = 0;
  // Not yet taken by anyone; what must be fetched twice is not counted again, which only makes ranges shorter.
  let leftBytes = jobs.reduce((sum, job) => sum + job.sizeBytes, 0);
  let lostInARow = 0;
  let bell = Promise.withResolvers<void>();

  const ring = () => {
    bell.resolve();
    bell = Promise.withResolvers<void>();
  };
  signal.addEventListener('abort', ring, { once: true });

  async function settle(job: FileJob): Promise<void> {
    settling.add(job);
    const verdict = await job.settle(signal);
    settling.delete(job);
    // A file of no bytes has nothing to take again: it is proved anew, and fails.
    if (verdict === 'again' && job.isIdle()) return await settle(job);
    if (verdict === 'done') {
      open.delete(job);
      options.onFileDone();
      judge(job.result().error);
    }
    ring();
  }

  function judge(error: Error | undefined): void {
    const code = codeOf(error);
    const family = code === undefined ? undefined : familyOf(code);
    lostInARow = family === 'network' ? lostInARow + 1 : 0;
    if (error === undefined || (lostInARow < HOPELESS_FILES && family !== 'disk')) return;
    for (const job of [...waiting.splice(0), ...putOff.splice(0)]) job.abandon(error);
  }

  async function openNext(job: FileJob): Promise<void> {
    busy += 1;
    const isOpen = await job.open(signal);
    busy -= 1;
    if (isOpen) admit(job);
    else void openLater(job);
  }

  // Without a connection: others can be worked on while another process has this one in hand.
  async function openLater(job: FileJob): Promise<void> {
    if (held.size >= MOST_HELD) return void putOff.push(job);
    held.add(job);
    await job.openWhenFree(signal);
    held.delete(job);
    waiting.push(...putOff.splice(0));
    admit(job);
  }

  function admit(job: FileJob): void {
    open.add(job);
    if (job.isIdle()) void settle(job);
    ring();
  }

  const mayOpen = () => waiting.length > 0 && settling.size < options.connections * 2;

  // A file of its own for each connection as long as there are any, and as long as those who take the bytes in have no time for
  // more: one connection a file is hashed as it arrives, and needs no second look.
  function takeTask(): Task | undefined {
    const isEnough = mayOpen() || options.isBusy();
    const rangeBytes = rangeBytesFor(leftBytes, options.connections);
    for (const job of [...open].sort((a, b) => a.lanes - b.lanes)) {
      if (job.lanes > 0 && isEnough) return undefined;
      const range = job.take(rangeBytes);
      if (range === undefined) continue;
      leftBytes -= range.end - range.start;
      return { job, range };
    }
    return undefined;
  }

  return {
    async next() {
      while (!signal.aborted) {
        const isFree = busy < options.limit.allowed;
        const task = isFree ? takeTask() : undefined;
        if (task !== undefined) {
          busy += 1;
          return task;
        }
        const job = isFree && mayOpen() ? waiting.shift() : undefined;
        if (job !== undefined) await openNext(job);
        else if (busy + settling.size + held.size > 0) await bell.promise;
        else return undefined;
      }
      return undefined;
    },
    wake: ring,
    review() {
      const hasSpare = busy < options.limit.allowed && waiting.length === 0;
      for (const job of open) job.review(hasSpare);
    },
    done(job) {
      busy -= 1;
      if (job.isIdle()) void settle(job);
      ring();
    },
  };
}
