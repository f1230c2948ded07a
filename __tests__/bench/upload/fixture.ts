// The release that is published: four shards, a smaller one, 20 small files. Made once, and read into the page cache.

import { createCipheriv, createHash } from 'node:crypto';
import { closeSync, createReadStream, existsSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';

const MIB = 1024 * 1024;

export interface UploadFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export async function uploadFixture(folder: string, sizeMib: number): Promise<UploadFile[]> {
  mkdirSync(folder, { recursive: true });
  const large = [1, 2, 3, 4].map((n) => ({ name: `shard-${n}.bin`, sizeBytes: sizeMib * MIB }));
  const small = Array.from({ length: 20 }, (_, n) => ({ name: `small-${n}.txt`, sizeBytes: 1000 + n }));
  const files = [...large, { name: 'adapter.bin', sizeBytes: Math.ceil((sizeMib * MIB) / 8) }, ...small];
  const made: UploadFile[] = [];
  for (const { name, sizeBytes } of files) {
    const file = path.join(folder, name);
    if (!existsSync(file)) write(file, name, sizeBytes);
    made.push({ name, sizeBytes, sha256: await digestOf(file) });
  }
  return made;
}

/** A file that is a hole: it reads as zeros and takes no space. It is read once, because some machines take long to give a hole its
 * place in the page cache, and no client is to pay for another. */
export async function hollowFixture(folder: string, sizeMib: number): Promise<UploadFile[]> {
  mkdirSync(folder, { recursive: true });
  const name = 'hollow.bin';
  const file = openSync(path.join(folder, name), 'w');
  ftruncateSync(file, sizeMib * MIB);
  closeSync(file);
  return [{ name, sizeBytes: sizeMib * MIB, sha256: await digestOf(path.join(folder, name)) }];
}

function write(file: string, seed: string, sizeBytes: number): void {
  const cipher = createCipheriv('aes-256-ctr', createHash('sha256').update(seed).digest(), Buffer.alloc(16));
  const handle = openSync(file, 'w');
  for (let left = sizeBytes; left > 0; left -= MIB) {
    const block = cipher.update(Buffer.alloc(Math.min(MIB, left)));
    writeSync(handle, file.endsWith('.txt') ? Buffer.from(block.toString('hex').slice(0, block.length)) : block);
  }
  closeSync(handle);
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: MIB })) hash.update(chunk);
  return hash.digest('hex');
}
