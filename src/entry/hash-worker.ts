// The program of a hashing thread. Hashes, and nothing else.

import { parentPort } from 'node:worker_threads';
import { serveHashing } from '../disk/hash-worker-loop.ts';

if (parentPort === null) throw new Error('this program runs as a thread only');
serveHashing(parentPort);
