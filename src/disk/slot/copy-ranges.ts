// Copies what another run has of a file into a file of our own. Reads only what that run's journal vouches for.

import { type FileHandle, open } from 'node:fs/promises';
import type { Range } from '../../core/http.ts';
import { throwIfAborted } from '../abort.ts';
import { ifOurs } from '../io-error.ts';
import { untilFresh } from '../stale.ts';
import { openRangeFile, type RangeFile } from './range-file.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;

/** @returns what was copied and is on disk; less than asked for when the other file goes away meanwhile, nothing when it is not for this user.
 * @throws DISK_FULL, DISK_IO, ABORTED */
export async function copyRanges(
  from: { readonly data: string; readonly ranges: readonly Range[]; readonly sizeBytes: number },
  to: string,
  signal: AbortSignal,
): Promise<readonly Range[]> {
  const source = await ifOurs(untilFresh(() => open(from.data, 'r')));
  if (source === undefined) return [];
  try {
    const target = await openRangeFile(to, from.sizeBytes, []);
    try {
      for (const range of from.ranges) await copyRange(source, target, range, signal);
      await target.sync();
      return target.ranges;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function copyRange(source: FileHandle, target: RangeFile, range: Range, signal: AbortSignal): Promise<void> {
  const buffer = new Uint8Array(Math.min(CHUNK_BYTES, range.end - range.start));
  for (let offset = range.start; offset < range.end; ) {
    throwIfAborted(signal);
    const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, range.end - offset), offset);
    if (bytesRead === 0) return;
    await target.write(offset, buffer.subarray(0, bytesRead));
    offset += bytesRead;
  }
}
