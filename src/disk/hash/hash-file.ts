// The hashing loop: reads a file from its start, as far as it may, into all wanted digests, and marks its sha256 on the way. Blocks
// its thread; meant for a worker, or for small files.

import type { Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { type Algorithm, createDigester, type Digest } from '../../core/digest.ts';
import { ModelFetchError } from '../../core/errors.ts';
import { PIECE_BYTES } from '../../core/transfer/schedule.ts';
import { diskError } from '../io-error.ts';

export interface HashTask {
  readonly path: string;
  readonly sizeBytes: number;
  readonly algorithms: readonly Algorithm[];
}

export interface FileHash {
  readonly hashedBytes: number;
  /** The sha256, in hex, of all before each multiple of PIECE_BYTES that was passed and lies inside the file. */
  readonly marks: readonly string[];
  /** Reads and hashes up to this offset. @throws DISK_IO, also when the file ends before it */
  advance(toBytes: number): void;
  /** Hashes bytes that were just written, when they are the next ones; others are read back by `advance`. */
  feed(offsetBytes: number, bytes: Uint8Array): void;
  /** The digests of what was hashed; ends it. */
  digests(): Digest[];
  /** Harmless when it has ended. */
  close(): void;
}

/** @param buffer what is read goes through it; its length is the length of one read. @throws DISK_IO */
export function openFileHash(task: HashTask, buffer: Uint8Array): FileHash {
  const digesters = task.algorithms.map((algorithm): [Algorithm, Hash] => [
    algorithm,
    createDigester(algorithm, task.sizeBytes),
  ]);
  let file: number | undefined = onFile(task.path, () => openSync(task.path, 'r'));
  const sha256 = digesters.find(([algorithm]) => algorithm === 'sha256')?.[1];
  const marks: string[] = [];
  let hashedBytes = 0;
  const update = (bytes: Uint8Array) => {
    for (let done = 0; done < bytes.length; ) {
      const part = bytes.subarray(done, done + PIECE_BYTES - (hashedBytes % PIECE_BYTES));
      for (const [, digester] of digesters) digester.update(part);
      done += part.length;
      hashedBytes += part.length;
      const isMark = hashedBytes % PIECE_BYTES === 0 && hashedBytes < task.sizeBytes;
      if (isMark && sha256 !== undefined) marks.push(sha256.copy().digest('hex'));
    }
  };
  const close = () => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  return {
    get hashedBytes() {
      return hashedBytes;
    },
    marks,
    advance(toBytes) {
      while (hashedBytes < toBytes) {
        update(readChunk(task.path, file, buffer.subarray(0, toBytes - hashedBytes), hashedBytes));
      }
    },
    feed(offsetBytes, bytes) {
      if (offsetBytes === hashedBytes) update(bytes);
    },
    digests() {
      close();
      return digesters.map(([algorithm, digester]): Digest => `${algorithm}:${digester.digest('hex')}`);
    },
    close,
  };
}

function readChunk(path: string, file: number | undefined, buffer: Uint8Array, offsetBytes: number): Uint8Array {
  if (file === undefined) throw new Error('this hash has ended');
  const bytes = onFile(path, () => readSync(file, buffer, 0, buffer.length, offsetBytes));
  if (bytes > 0) return buffer.subarray(0, bytes);
  throw new ModelFetchError('DISK_IO', `"${path}" ends at ${offsetBytes} bytes, earlier than it should.`, {
    hint: 'Something else changed the file while it was read; run again.',
  });
}

function onFile<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw diskError(error, path);
  }
}
