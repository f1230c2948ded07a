// Moves many files from many sources at once, within one budget of connections. It decides order and who works; a file's own way is
// file-job.ts, a range's is move-range.ts.

import { aborted } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import type { Clock, Store, Transport } from '../../core/ports.ts';
import type { Departure } from '../../core/report.ts';
import type { RetryPolicy } from '../../core/retry.ts';
import { createLaneLimit } from '../../core/transfer/lane-limit.ts';
import { PACE, type Pace } from '../../core/transfer/pace.ts';
import { createFileJob, type FileResult, type TransferItem } from './file-job.ts';
import type { Retry } from './file-ranges.ts';
import { createProgress } from './progress.ts';
import { createQueue, type Queue } from './queue.ts';
import { createStandings } from './standings.ts';

export interface TransferDependencies {
  readonly transport: Transport;
  readonly store: Store;
  readonly clock: Clock;
  readonly policy: RetryPolicy;
  /** The least that a connection must bring; 64 KiB in half a minute unless given. */
  readonly pace?: Pace;
  readonly connections: number;
  readonly emit: Emit;
}

export interface Transferred {
  /** In the order of the items. */
  readonly results: readonly FileResult[];
  /** Sources that were left, and why. */
  readonly departures: readonly Departure[];
}

/** How often connections are looked at that may be too slow. */
const REVIEW_MS = 250;
/** How often idle connections look whether they would be of use by now. */
const LOOK_MS = 50;

/** Moves the files; each has its own result, so that one failure does not lose the others.
 * @throws ABORTED; what arrived is kept. */
export async function transfer(
  items: readonly TransferItem[],
  deps: TransferDependencies,
  signal: AbortSignal,
): Promise<Transferred> {
  const progress = createProgress(items, deps);
  const limit = createLaneLimit(deps.connections, deps.clock.nowMs);
  const standings = createStandings(deps.clock.nowMs, (departure) => emitDeparture(deps.emit, departure));
  let wake = () => {};
  const jobs = items.map((item) =>
    createFileJob(item, {
      ...deps,
      standings,
      pace: deps.pace ?? PACE,
      onProgress(delta, source) {
        progress.add(delta, source);
        if (source !== undefined && limit.note(delta)) wake();
      },
      onRetry(retry, isAlone) {
        // Where there are others, they may have the connections.
        if (isAlone && ['RATE_LIMITED', 'SERVER'].includes(retry.error.code)) limit.shrink();
        emitRetry(deps.emit, item, retry);
      },
    }),
  );
  const queue = createQueue(jobs, { ...deps, limit, isBusy: deps.store.isBusy, onFileDone: progress.fileDone }, signal);
  wake = queue.wake;
  const timers = [deps.clock.every(REVIEW_MS, queue.review), deps.clock.every(LOOK_MS, queue.wake)];
  try {
    await Promise.all(Array.from({ length: deps.connections }, () => work(queue, signal)));
  } finally {
    for (const stop of timers) stop();
    await Promise.all(jobs.map((job) => job.close()));
  }
  progress.flush();
  if (signal.aborted) throw aborted();
  return { results: jobs.map((job) => job.result()), departures: standings.departures };
}

async function work(queue: Queue, signal: AbortSignal): Promise<void> {
  for (let task = await queue.next(); task !== undefined; task = await queue.next()) {
    await task.job.run(task.range, signal);
    queue.done(task.job);
  }
}

function emitRetry(emit: Emit, item: TransferItem, { error, attempt, waitMs }: Retry): void {
  emit({ type: 'retry', subject: item.file.path, code: error.code, attempt, waitMs });
}

function emitDeparture(emit: Emit, { source, code, reason }: Departure): void {
  const message = `${source}: ${reason}`;
  if (code === 'SLOW') emit({ type: 'notice', message });
  else emit({ type: 'warning', code, message });
}
