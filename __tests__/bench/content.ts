// Seeded bytes that do not compress: AES-CTR over zeros. Writes files, and says what is in them.

import { createCipheriv, createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

export interface Content {
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly gitSha1: string;
}

const BLOCK = Buffer.alloc(4 * 1024 * 1024);

/** The same seed gives the same bytes on every machine. */
export function writeContent(file: string, seed: string, sizeBytes: number): Content {
  const key = createHash('sha256').update(seed).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const sha256 = createHash('sha256');
  const gitSha1 = createHash('sha1').update(`blob ${sizeBytes}\0`);
  const descriptor = openSync(file, 'w');
  try {
    for (let start = 0; start < sizeBytes; start += BLOCK.length) {
      const bytes = cipher.update(BLOCK.subarray(0, Math.min(BLOCK.length, sizeBytes - start)));
      sha256.update(bytes);
      gitSha1.update(bytes);
      writeSync(descriptor, bytes);
    }
  } finally {
    closeSync(descriptor);
  }
  return { sizeBytes, sha256: sha256.digest('hex'), gitSha1: gitSha1.digest('hex') };
}
