// A process that uses a store without leases and can be killed. Arguments: what to do, and the store's folder. Tells its progress in lines.

import { once } from 'node:events';
import { createHashPool } from '../../src/disk/hash/hash-pool.ts';
import { createStore } from '../../src/disk/store/store.ts';
import { CHILD_BYTES, childFile, WORKER } from './child-file.ts';
import { NO_LEASES } from './no-leases.ts';

const NEVER = new AbortController().signal;
const [task, folder = ''] = process.argv.slice(2);

// A clock that jumps, so that every write is due for a checkpoint.
let time = Date.now();
const nowMs = () => {
  time += 1000;
  return time;
};
const hasher = createHashPool({ workerPath: WORKER, threads: 1 });
const store = createStore({ folder, hasher, nowMs, leases: () => NO_LEASES });
const { bytes, file } = childFile();
const slot = await store.open(file, NEVER);
console.log(`opened ${slot.resumedBytes}`);

const PIECE = 256 * 1024;
/** Never the last piece: this process is meant to die before it is done. */
async function writeOnAndOn(): Promise<void> {
  for (;;) {
    for (let start = 0; start < CHILD_BYTES - PIECE; start += PIECE)
      await slot.write(start, bytes.subarray(start, start + PIECE));
    console.log('round');
  }
}

async function commitOnCommand(): Promise<void> {
  for (const { start, end } of slot.missing) await slot.write(start, bytes.subarray(start, end));
  console.log('written');
  await once(process.stdin, 'data');
  const blob = await slot.commit(NEVER);
  console.log(`committed ${blob.sha256}`);
  await hasher.close();
  process.stdin.destroy();
}

if (task === 'write') await writeOnAndOn();
else await commitOnCommand();
