// Reads a blob's bytes again, for whoever passes them on. Proves nothing: a blob may be changed by whoever owns the disk.

import type { Chunks } from '../../core/chunks.ts';
import { ModelFetchError } from '../../core/errors.ts';
import type { Range } from '../../core/http.ts';
import { readChunks } from '../read-chunks.ts';

/** @throws DISK_IO, also when the file ends before the range */
export function readBlob(path: string, range: Range): Chunks {
  return readChunks(
    path,
    range,
    (atBytes) =>
      new ModelFetchError('DISK_IO', `"${path}" ended at ${atBytes} bytes, too early, while it was read.`, {
        hint: 'Something changed the store meanwhile: run again.',
      }),
  );
}
