// What the runner cache was worth.

import { expect, test } from 'vitest';
import { type CacheReportInput, createCacheReport, describeCache } from '../../../src/core/report/cache.ts';

const MIB = 1024 * 1024;
const input = (changes: Partial<CacheReportInput>): CacheReportInput => ({
  asked: 2,
  found: 2,
  lookupSeconds: 1,
  packSeconds: 1,
  bytes: 100 * MIB,
  whole: { bytes: 0, seconds: 0 },
  times: {},
  source: 'cache',
  ...changes,
});

test.each<[string, CacheReportInput['times'], number | null]>([
  ['nothing else was measured', { cache: { bytes: 100 * MIB, seconds: 3 } }, null],
  ['another source sent too little', { hub: { bytes: MIB, seconds: 1 } }, null],
  ['a slower hub', { cache: { bytes: 90 * MIB, seconds: 3 }, hub: { bytes: 10 * MIB, seconds: 1 } }, 5],
  ['a quicker hub', { cache: { bytes: 90 * MIB, seconds: 3 }, hub: { bytes: 100 * MIB, seconds: 1 } }, -4],
  ['the quickest of several', { a: { bytes: 10 * MIB, seconds: 1 }, b: { bytes: 50 * MIB, seconds: 1 } }, 0],
])('%s', (_, times, savedSeconds) => {
  expect(createCacheReport(input({ times })).savedSeconds).toBe(savedSeconds);
});

test('it says when it cost time', () => {
  const times = { hub: { bytes: 1000 * MIB, seconds: 1 } };
  expect(describeCache(createCacheReport(input({ times })))).toMatch(/It cost about 1\.9 s/);
  expect(describeCache(createCacheReport(input({})))).not.toMatch(/saved|cost/);
});

test('a run that had everything from the cache says what that took, and that there is nothing to compare it with', () => {
  const whole = { bytes: 40 * MIB, seconds: 2 };
  const report = createCacheReport(input({ whole, times: { cache: { bytes: 60 * MIB, seconds: 3 } } }));
  expect(report).toMatchObject({ seconds: 7, savedSeconds: null, rates: { cache: 20 * MIB } });
  expect(describeCache(report)).toMatch(/100 MiB in 7\.0 s.*No other source/);
});

test('rates are of what can be measured', () => {
  const times = {
    cache: { bytes: 8 * MIB, seconds: 2 },
    hub: { bytes: 10, seconds: 1 },
    other: { bytes: 8 * MIB, seconds: 0 },
  };
  expect(createCacheReport(input({ times })).rates).toEqual({ cache: 4 * MIB });
});
