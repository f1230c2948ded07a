// What faults of the cache may cost a job.

import { expect, test } from 'vitest';
import { createAllowance } from '../../../src/core/cache/allowance.ts';

test('is used up, never less than nothing, and goes on where the step before ended', () => {
  const main = createAllowance();
  main.spend(1500);
  expect(main.leftMs).toBe(500);
  const post = createAllowance(undefined, main.spentMs);
  expect(post.leftMs).toBe(500);
  post.spend(900);
  expect([post.leftMs, post.spentMs]).toEqual([0, 2400]);
});
