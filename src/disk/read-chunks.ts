// Reads a range of a file for somebody who passes it on: a chunk is read while the one before is on its way. Proves nothing.

import { type FileHandle, open } from 'node:fs/promises';
import type { Chunks } from '../core/chunks.ts';
import type { Range } from '../core/http.ts';
import { onDisk } from './io-error.ts';

const CHUNK_BYTES = 1024 * 1024;
/** One may not have left its socket yet, one is on its way there, one is read. New memory for every chunk costs more than its reading. */
const BUFFERS = 3;

/** All chunks but the last have the same length.
 * @param tooShort the error for a file that ends at this offset, before the range does. @throws DISK_IO */
export async function* readChunks(path: string, range: Range, tooShort: (atBytes: number) => Error): Chunks {
  if (range.end <= range.start) return;
  const file = await onDisk(path, () => open(path, 'r'));
  const nextBuffer = createRing(Math.min(CHUNK_BYTES, range.end - range.start));
  const read = (start: number) => {
    if (start >= range.end) return undefined;
    const work = onDisk(path, () => fill(file, nextBuffer().subarray(0, range.end - start), start, tooShort));
    // Whoever awaits it hears of it; nobody does when the reading is given up.
    work.catch(() => undefined);
    return work;
  };
  let coming = read(range.start);
  try {
    for (let front = range.start; coming !== undefined; ) {
      const chunk = await coming;
      front += chunk.length;
      coming = read(front);
      yield chunk;
    }
  } finally {
    await coming?.catch(() => undefined);
    await file.close();
  }
}

function createRing(sizeBytes: number): () => Uint8Array {
  const buffers: Uint8Array[] = [];
  let turn = -1;
  return () => {
    turn = (turn + 1) % BUFFERS;
    buffers[turn] ??= Buffer.allocUnsafe(sizeBytes);
    return buffers[turn] as Uint8Array;
  };
}

async function fill(
  file: FileHandle,
  buffer: Uint8Array,
  start: number,
  tooShort: (atBytes: number) => Error,
): Promise<Uint8Array> {
  for (let done = 0; done < buffer.length; ) {
    const { bytesRead } = await file.read(buffer, done, buffer.length - done, start + done);
    if (bytesRead === 0) throw tooShort(start + done);
    done += bytesRead;
  }
  return buffer;
}
