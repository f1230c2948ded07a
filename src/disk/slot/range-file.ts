// A private file that is filled in any order, and the record of what of it was written. Proves nothing.

import { type FileHandle, open } from 'node:fs/promises';
import type { Range } from '../../core/http.ts';
import { mergeRanges, withoutRange } from '../../core/transfer/schedule.ts';
import { onDisk } from '../io-error.ts';

export interface RangeFile {
  /** Completely written; sorted, disjoint. */
  readonly ranges: readonly Range[];
  /** Everything before this offset is written. */
  readonly frontBytes: number;
  /** @throws DISK_FULL, DISK_IO */
  write(offsetBytes: number, chunk: Uint8Array): Promise<void>;
  /** Someone else writes to the file: told when it has, and waited for like a write of our own. */
  note(offsetBytes: number, countBytes: number): void;
  waitFor(work: Promise<unknown>): void;
  /** Counts a range as not written; the bytes stay where they are. */
  forget(range: Range): void;
  /** Waits until no write is under way. */
  settled(): Promise<void>;
  /** Flushes what was written so far. */
  sync(): Promise<void>;
  /** Makes it empty again, and of its full length. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the file, or makes it, with its full length; blocks that nobody wrote take no space.
 * @param have what of it is there already. @throws DISK_FULL, DISK_IO */
export async function openRangeFile(path: string, sizeBytes: number, have: readonly Range[]): Promise<RangeFile> {
  const handle = await onDisk(path, () => openSized(path, sizeBytes, have.length > 0));
  const underWay = new Set<Promise<unknown>>();
  let ranges: readonly Range[] = mergeRanges(have);

  const note = (start: number, countBytes: number) => {
    ranges = mergeRanges([...ranges, { start, end: start + countBytes }]);
  };
  const waitFor = (work: Promise<unknown>) => {
    const watched = work.catch(() => undefined).finally(() => underWay.delete(watched)); // Its failure is its caller's to hear.
    underWay.add(watched);
  };
  return {
    get ranges() {
      return ranges;
    },
    get frontBytes() {
      return ranges[0]?.start === 0 ? ranges[0].end : 0;
    },
    async write(offsetBytes, chunk) {
      const work = onDisk(path, () => writeAll(handle, offsetBytes, chunk));
      waitFor(work);
      await work;
      note(offsetBytes, chunk.length);
    },
    note,
    waitFor,
    forget(range) {
      ranges = withoutRange(ranges, range);
    },
    async settled() {
      await Promise.all(underWay);
    },
    sync: () => onDisk(path, () => handle.datasync()),
    async clear() {
      ranges = [];
      await onDisk(path, () => handle.truncate(0).then(() => handle.truncate(sizeBytes)));
    },
    close: () => onDisk(path, () => handle.close()),
  };
}

async function openSized(path: string, sizeBytes: number, isThere: boolean): Promise<FileHandle> {
  const handle = await open(path, isThere ? 'r+' : 'w+');
  try {
    await handle.truncate(sizeBytes);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function writeAll(handle: FileHandle, offsetBytes: number, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, offsetBytes + done);
    if (bytesWritten === 0) throw Object.assign(new Error('nothing was written'), { code: 'EIO', errno: -5 });
    done += bytesWritten;
  }
}
