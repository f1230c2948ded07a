// The hashing threads of every machine that a test file opens: to start some for each costs more than most tests. Not a test.

import path from 'node:path';
import { createHashPool } from '../../src/disk/hash/hash-pool.ts';

/** Never closed: idle threads hold no process up. */
export const HASHER = createHashPool({
  workerPath: path.join(import.meta.dirname, '..', '..', 'src', 'entry', 'hash-worker.ts'),
});
