// A small file that holds a secret, read anew each time. What it holds is not judged here, and not kept.

import { readFile } from 'node:fs/promises';
import { onDisk } from './io-error.ts';

/** @throws DISK_IO */
export function readSecretFile(path: string): Promise<string> {
  return onDisk(path, () => readFile(path, 'utf8'));
}
