// Which connection gets which file: one each while the threads have no time for more, and help once they have.

import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { digestOf } from '../../../src/core/digest.ts';
import type { Range } from '../../../src/core/http.ts';
import { repoPath } from '../../../src/core/repo-path.ts';
import { createLaneLimit } from '../../../src/core/transfer/lane-limit.ts';
import { cutRange } from '../../../src/core/transfer/schedule.ts';
import type { FileJob } from '../../../src/flows/transfer/file-job.ts';
import { createQueue } from '../../../src/flows/transfer/queue.ts';

const NEVER = new AbortController().signal;
const SIZE_BYTES = 1024 ** 3;

/** A file of which ranges can be taken, and nothing more. */
function openJob(path: string): FileJob {
  let missing: readonly Range[] = [{ start: 0, end: SIZE_BYTES }];
  let lanes = 0;
  return {
    file: { path: repoPath(path), sizeBytes: SIZE_BYTES, digests: [digestOf('sha256', new Uint8Array())] },
    path,
    sizeBytes: SIZE_BYTES,
    open: async () => true,
    openWhenFree: async () => undefined,
    get lanes() {
      return lanes;
    },
    take(rangeBytes) {
      const cut = cutRange(missing, rangeBytes);
      if (cut === undefined) return undefined;
      missing = cut.rest;
      lanes += 1;
      return cut.range;
    },
    run: async () => undefined,
    review: () => undefined,
    isIdle: () => missing.length === 0 && lanes === 0,
    settle: async () => 'done',
    abandon: () => undefined,
    close: async () => undefined,
    result: () => ({ sent: {}, resumedBytes: 0, lostBytes: 0 }),
  };
}

test('a second connection on a file waits until the threads have time for it', async () => {
  let isBusy = true;
  const jobs = ['a', 'b'].map(openJob);
  const limit = createLaneLimit(8, () => 0);
  const queue = createQueue(jobs, { connections: 8, limit, isBusy: () => isBusy, onFileDone: () => undefined }, NEVER);
  const begun: string[] = [];
  const lanes = Array.from({ length: 4 }, async () => {
    const task = await queue.next();
    if (task !== undefined) begun.push(task.job.path);
  });
  await Promise.race(lanes);
  queue.wake();
  // Whoever could begin has begun by then: no step of theirs waits for anything but promises.
  await setImmediate();
  expect(begun.toSorted()).toEqual(['a', 'b']);
  isBusy = false;
  queue.wake();
  await Promise.all(lanes);
  expect(begun.toSorted()).toEqual(['a', 'a', 'b', 'b']);
});
