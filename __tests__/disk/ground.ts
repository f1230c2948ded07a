// What the tests of the disk room stand on: a folder that is removed afterwards, real hashing threads, and files to store.

import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from 'vitest';
import { type Algorithm, digestOf } from '../../src/core/digest.ts';
import type { Slot } from '../../src/core/ports.ts';
import { repoPath } from '../../src/core/repo-path.ts';
import type { RemoteFile } from '../../src/core/snapshot.ts';
import { createHashPool } from '../../src/disk/hash/hash-pool.ts';
import { WORKER } from './child-file.ts';

export { WORKER } from './child-file.ts';
export { sampleBytes } from './sample.ts';

export const NEVER = new AbortController().signal;
export const MIB = 1024 * 1024;
/** Just long enough to be resumed. */
export const LARGE_BYTES = 17 * MIB + 5;

/** One pool for a test file. */
export function useHasher() {
  const hasher = createHashPool({ workerPath: WORKER, threads: 2 });
  afterAll(() => hasher.close());
  return hasher;
}

/** Makes folders that are gone after the test. */
export function useFolders(): () => Promise<string> {
  const made: string[] = [];
  afterEach(async () => {
    await Promise.all(made.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
  });
  return async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'model-fetch-disk-')));
    made.push(folder);
    return folder;
  };
}

/** What a hub would list for these bytes. */
export function fileOf(
  bytes: Uint8Array,
  path = 'model.bin',
  algorithms: readonly [Algorithm, ...Algorithm[]] = ['sha256'],
): RemoteFile {
  const [first, ...rest] = algorithms;
  return {
    path: repoPath(path),
    sizeBytes: bytes.length,
    digests: [digestOf(first, bytes), ...rest.map((other) => digestOf(other, bytes))],
  };
}

/** Writes what the slot lacks, in pieces, last range first. */
export async function fill(slot: Slot, bytes: Uint8Array, pieceBytes = MIB): Promise<void> {
  for (const range of slot.missing.toReversed()) {
    for (let start = range.start; start < range.end; start += pieceBytes) {
      await slot.write(start, bytes.subarray(start, Math.min(range.end, start + pieceBytes)));
    }
  }
}

/** Whether the file holds exactly these bytes. */
export async function holds(path: string, bytes: Uint8Array): Promise<boolean> {
  return (await readFile(path)).equals(bytes);
}
