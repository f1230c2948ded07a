// What several entries take that are read one after the other.

import { beforeEach, expect, test } from 'vitest';
import { createAllowance } from '../../../src/core/cache/allowance.ts';
import type { Transport } from '../../../src/core/ports.ts';
import { repoPath } from '../../../src/core/repo-path.ts';
import type { RemoteFile } from '../../../src/core/snapshot.ts';
import { beside, type RunRival } from '../../../src/flows/cache/beside.ts';
import { type BeatClock, createBeatClock } from '../../host/cache/beat-clock.ts';

const NEVER = new AbortController().signal;
const transport: Pick<Transport, 'send'> = { send: () => Promise.reject(new Error('away')) };
const files = Array.from({ length: 6 }, (_, at): RemoteFile => {
  const digest = `sha256:${String(at).repeat(64)}` as const;
  return { path: repoPath(`${at}.txt`), sizeBytes: 180_000, digests: [digest] };
});

let clock: BeatClock;
beforeEach(() => {
  clock = createBeatClock();
});

const read = <T>(work: (rival: RunRival) => Promise<T>) =>
  beside(
    files,
    { works: [], clock, cache: { allowance: createAllowance() }, transport: transport as Transport },
    NEVER,
    work,
  );

/** Brings the files, each as an entry of its own, at this pace. @returns when the cache was left, if it was */
async function leftAtMs(bytesPerSecond: number): Promise<number | undefined> {
  return await read(async (rival) => {
    for (const file of files) {
      const arrived = rival.wait();
      for (let bytes = 0; bytes < file.sizeBytes; bytes += bytesPerSecond / 20) {
        rival.note(bytesPerSecond / 20);
        clock.pass(50);
        if (rival.signal.aborted) return clock.nowMs();
      }
      arrived();
      rival.passed([file]);
    }
    return undefined;
  });
}

test('entries that are each a little slow are slow together', async () => {
  expect(await leftAtMs(130_000)).toBeLessThanOrEqual(2000);
});

test('entries that are each quick are waited for', async () => {
  expect(await leftAtMs(400_000)).toBeUndefined();
});
