// How a file ends when the disk gives out: the queue must hear of it, whatever else cannot be done any more.

import { expect, test } from 'vitest';
import { ModelFetchError } from '../../../src/core/errors.ts';
import type { Slot, Store, Transport } from '../../../src/core/ports.ts';
import { createRetryPolicy } from '../../../src/core/retry.ts';
import { PACE } from '../../../src/core/transfer/pace.ts';
import { createFileJob } from '../../../src/flows/transfer/file-job.ts';
import { createStandings } from '../../../src/flows/transfer/standings.ts';
import { systemClock } from '../../../src/host/clock.ts';
import { snapshotOf } from '../../core/sample.ts';

const NEVER = new AbortController().signal;
const snapshot = snapshotOf(['a']);

const full = (what: string) => new ModelFetchError('DISK_FULL', `No space is left for ${what}.`);

/** A file of which everything has come, on a disk that takes nothing more. */
function openJob(commit: Slot['commit']) {
  const [file] = snapshot.files;
  if (file === undefined) throw new Error('no file');
  const slot: Slot = {
    missing: [],
    lostBytes: 0,
    resumedBytes: 0,
    marks: [],
    write: async () => undefined,
    reset: async () => undefined,
    doubt: () => undefined,
    commit,
    suspend: () => Promise.reject(full('the record')),
  };
  return createFileJob(
    { snapshot, file, sources: [] },
    {
      transport: {} as Transport,
      store: { openUnlessHeld: async () => slot } as Partial<Store> as Store,
      clock: systemClock,
      policy: createRetryPolicy(0),
      pace: PACE,
      standings: createStandings(systemClock.nowMs, () => undefined),
      onProgress: () => undefined,
      onRetry: () => undefined,
    },
  );
}

test('a record that cannot be kept does not hide what the file failed with', async () => {
  const job = openJob(() => Promise.reject(full('the file')));
  await job.open(NEVER);
  expect(await job.settle(NEVER)).toBe('done');
  expect(job.result().error?.message).toContain('the file');
});

test('a record that cannot be kept is what a file fails with that was given up', async () => {
  const job = openJob(() => Promise.reject(full('the file')));
  await job.open(NEVER);
  await job.close();
  expect(job.result().error?.message).toContain('the record');
});
