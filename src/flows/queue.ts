// Which range of which file comes next. Opens files as connections become free; gives up on the rest when the host or disk is gone.

import { codeOf, familyOf } from '../core/errors.ts';
import type { Range } from '../core/http.ts';
import { byUrgency } from '../core/schedule.ts';
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
}

export interface QueueOptions {
  /** Files that may be in the middle of being proved before no new one is opened. */
  readonly limit: number;
  onFileDone(): void;
}

/** After this many files in a row were lost to the network, the rest is not tried: the host is down. */
const HOPELESS_FILES = 3;

export function createQueue(jobs: readonly FileJob[], options: QueueOptions, signal: AbortSignal): Queue {
  const waiting = byUrgency(jobs);
  const open = new Set<FileJob>();
  const settling = new Set<FileJob>();
  let busy = 0;
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
    for (const job of waiting.splice(0)) job.abandon(error);
  }

  async function openNext(job: FileJob): Promise<void> {
    busy += 1;
    await job.open(signal);
    busy -= 1;
    open.add(job);
    if (job.isIdle()) void settle(job);
    ring();
  }

  function takeTask(): Task | undefined {
    for (const job of open) {
      const range = job.take();
      if (range !== undefined) return { job, range };
    }
    return undefined;
  }

  return {
    async next() {
      while (!signal.aborted) {
        const task = takeTask();
        if (task !== undefined) {
          busy += 1;
          return task;
        }
        const job = settling.size < options.limit ? waiting.shift() : undefined;
        if (job !== undefined) await openNext(job);
        else if (busy + settling.size > 0) await bell.promise;
        else return undefined;
      }
      return undefined;
    },
    done(job) {
      busy -= 1;
      if (job.isIdle()) void settle(job);
      ring();
    },
  };
}
