// When a partial download is made to outlive a crash: often for that of the process, which costs a line in the journal, and now
// and then for that of the system, which costs a flush. Runs beside the writes.

import type { Journal } from './journal.ts';
import type { RangeFile } from './range-file.ts';

const EVERY_BYTES = 4 * 1024 * 1024;
const EVERY_MS = 1000;
/** The system itself begins to write back after 30 seconds; a flush more often would only hold up the download. */
const FLUSH_EVERY_MS = 10_000;

export interface Checkpoints {
  /** After each write: begins a checkpoint when one is due. @throws what an earlier one failed with */
  note(sizeBytes: number): void;
  /** Waits for the one under way. @throws what it failed with */
  settled(): Promise<void>;
  /** A last one, now. */
  finish(): Promise<void>;
  /** Starts over, after the file was cleared. */
  reset(): void;
}

export function createCheckpoints(data: RangeFile, journal: Journal, nowMs: () => number): Checkpoints {
  let dueBytes = 0;
  let lastMs = nowMs();
  let flushedMs = nowMs();
  let underWay: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;

  const run = async () => {
    dueBytes = 0;
    lastMs = nowMs();
    // What is written while a flush goes on may not be on disk after it: the next one has it.
    const covered = data.ranges;
    await journal.append(covered, 'written');
    if (nowMs() - flushedMs < FLUSH_EVERY_MS) return;
    await data.sync();
    await journal.append(covered, 'flushed');
    flushedMs = nowMs();
  };
  const start = async () => {
    try {
      await run();
    } catch (error) {
      failure = { error };
    }
    underWay = undefined;
  };
  const throwFailure = () => {
    if (failure !== undefined) throw failure.error;
  };
  const settled = async () => {
    await underWay;
    throwFailure();
  };
  return {
    note(sizeBytes) {
      throwFailure();
      dueBytes += sizeBytes;
      const isDue = dueBytes >= EVERY_BYTES || nowMs() - lastMs >= EVERY_MS;
      if (isDue && underWay === undefined) underWay = start();
    },
    settled,
    async finish() {
      await settled();
      await run();
    },
    reset() {
      failure = undefined;
      dueBytes = 0;
    },
  };
}
