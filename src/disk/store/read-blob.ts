// Reads a blob's bytes again, for whoever passes them on. Proves nothing: a blob may be changed by whoever owns the disk.

import { createReadStream } from 'node:fs';
import { ModelFetchError } from '../../core/errors.ts';
import type { Range } from '../../core/http.ts';
import { diskError } from '../io-error.ts';

const CHUNK_BYTES = 1024 * 1024;

/** @throws DISK_IO, also when the file ends before the range */
export async function* readBlob(path: string, { start, end }: Range): AsyncIterable<Uint8Array> {
  if (end <= start) return;
  let left = end - start;
  const stream = createReadStream(path, { start, end: end - 1, highWaterMark: CHUNK_BYTES });
  try {
    for await (const chunk of stream) {
      left -= chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw diskError(error, path);
  }
  if (left > 0) {
    throw new ModelFetchError('DISK_IO', `"${path}" ended ${left} bytes early while it was read.`, {
      hint: 'Something changed the store meanwhile: run again.',
    });
  }
}
