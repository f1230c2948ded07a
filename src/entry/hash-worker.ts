// The program of a thread: hashes files, and fetches into them what it hashes on the way.

import { parentPort } from 'node:worker_threads';
import { serveHashing } from '../disk/hash/hash-worker-loop.ts';
import { createLeanReader } from '../net/lean-reader.ts';

if (parentPort === null) throw new Error('this program runs as a thread only');
serveHashing(parentPort, createLeanReader());
