// What the engine underneath is told, tried in a process of its own: whether it still understands, and whether it obeys.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const HEAP = new URL('../../src/host/heap.ts', import.meta.url).href;

/** Objects that live for a while, with pauses in which the process hears of collections. Prints the young generation's bytes. */
const PROGRAM = `
  import { setImmediate } from 'node:timers/promises';
  import { getHeapSpaceStatistics } from 'node:v8';
  import { keepHeapSmall } from ${JSON.stringify(HEAP)};
  if (process.argv[1] === 'small') keepHeapSmall();
  let kept = [];
  for (let count = 0; count < 1_000_000; count += 1) {
    kept.push({ count, more: [count] });
    if (kept.length === 50_000) kept = kept.slice(25_000);
    if (count % 2000 === 0) await setImmediate();
  }
  console.log(getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size);
`;

async function youngBytes(how: 'small' | 'as it is'): Promise<number> {
  // Room for the largest young generation, however small the machine is.
  const args = ['--max-semi-space-size=64', '--input-type=module', '--eval', PROGRAM, how];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
  expect(stderr).toBe('');
  return Number(stdout);
}

test('the young generation grows to 16 MB, where it would grow on', async () => {
  const [small, otherwise] = await Promise.all([youngBytes('small'), youngBytes('as it is')]);
  expect(small).toBeLessThanOrEqual(20 * 1024 * 1024);
  expect(otherwise).toBeGreaterThan(small);
});
