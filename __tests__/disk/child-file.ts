// The file that a child process and its test agree on. Free of the test runner, which the child does not have.

import { fileURLToPath } from 'node:url';
import { digestOf } from '../../src/core/digest.ts';
import { repoPath } from '../../src/core/repo-path.ts';
import type { RemoteFile } from '../../src/core/snapshot.ts';
import { sampleBytes } from './sample.ts';

export const WORKER = fileURLToPath(new URL('../../src/entry/hash-worker.ts', import.meta.url));
export const CHILD_BYTES = 18 * 1024 * 1024;

export function childFile(): { bytes: Buffer; file: RemoteFile } {
  const bytes = sampleBytes(CHILD_BYTES, 42);
  return { bytes, file: { path: repoPath('big.bin'), sizeBytes: CHILD_BYTES, digests: [digestOf('sha256', bytes)] } };
}
