// The soaks in short. `npm run soak` has the long form.

import { expect, test } from 'vitest';
import { soakFaults } from './faults.ts';
import { soakKills } from './kill.ts';
import { soakReleases } from './releases.ts';

const quiet = { say: () => undefined };

test('25 random schedules of faults', { timeout: 120_000 }, async () => {
  const { ends, failures } = await soakFaults({ runs: 25, seed: 1, without: [], ...quiet });
  expect(failures).toEqual([]);
  expect(Object.values(ends).reduce((sum, count) => sum + count, 0)).toBe(25);
});

test('16 releases under faults, without processes that are killed', { timeout: 120_000 }, async () => {
  const { ends, failures } = await soakReleases({ runs: 16, seed: 1, without: ['killed'], ...quiet });
  expect(failures).toEqual([]);
  expect(Object.keys(ends).some((end) => end.endsWith('published'))).toBe(true);
});

test('5 kills', { timeout: 60_000 }, async () => {
  const { kills, cycles, failures } = await soakKills({ runs: 5, seed: 1, ...quiet });
  expect(failures).toEqual([]);
  expect(kills).toBe(5);
  expect(cycles).toBeGreaterThan(0);
});
