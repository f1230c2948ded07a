// The sha256 of a file. Where it is likely to be a known content it is held against that byte by byte, which proves the same in a
// fraction of the time. Not a test.

import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Body } from '../fakes/content.ts';
import type { Repository } from '../fakes/repository.ts';

const CHUNK_BYTES = 256 * 1024;

/** Hex. @param likely contents that it may have; any other is hashed */
export async function hashFile(path: string, likely: readonly Body[] = []): Promise<string> {
  const file = openSync(path, 'r');
  try {
    const sizeBytes = fstatSync(file).size;
    for (const body of likely.filter((one) => one.sizeBytes === sizeBytes))
      if (await hasBytesOf(file, body)) return (await body.digests()).sha256;
    return hashOpen(file);
  } finally {
    closeSync(file);
  }
}

/** Every content that a repository ever had. */
export function bodiesOf(repository: Repository): Body[] {
  return [...repository.commits()].flatMap(({ entries }) => [...entries.values()].map(({ body }) => body));
}

async function hasBytesOf(file: number, body: Body): Promise<boolean> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let offset = 0;
  for await (const chunk of body.read(0, body.sizeBytes)) {
    for (let at = 0; at < chunk.length; ) {
      const read = readSync(file, buffer, 0, Math.min(CHUNK_BYTES, chunk.length - at), offset + at);
      if (read === 0 || buffer.compare(chunk, at, at + read, 0, read) !== 0) return false;
      at += read;
    }
    offset += chunk.length;
  }
  return true;
}

function hashOpen(file: number): string {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let offset = 0; ; ) {
    const read = readSync(file, buffer, 0, CHUNK_BYTES, offset);
    if (read === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, read));
    offset += read;
  }
}
