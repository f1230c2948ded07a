// What slow calls cost together.

import { expect, test } from 'vitest';
import { createAllowance } from '../../../src/core/cache/allowance.ts';
import { BEAT_MS } from '../../../src/host/cache/patience.ts';
import { createSlowness, type Slow } from '../../../src/host/cache/slowness.ts';

const PATIENCE_MS = 2000;

/** Calls that begin and end at these times; looked at every beat, as long as one is under way.
 * @returns when one of them is ended, if one is, and what was spent */
function run(
  calls: readonly (readonly [beginMs: number, endMs: number])[],
  reachMs = 0,
): { endedMs?: number; spentMs: number } {
  const allowance = createAllowance(PATIENCE_MS);
  const slowness = createSlowness(allowance);
  const open = new Map<number, Slow>();
  const last = Math.max(...calls.map(([, endMs]) => endMs));
  for (let ms = 0; ms <= last; ms += BEAT_MS) {
    for (const [at, [beginMs, endMs]] of calls.entries()) {
      if (ms === beginMs)
        open.set(
          at,
          slowness.begin(() => reachMs),
        );
      else if (ms === endMs) open.get(at)?.end();
      else if (ms > beginMs && ms < endMs) {
        open.get(at)?.wait(ms - beginMs);
        if (ms - beginMs + BEAT_MS >= (open.get(at)?.limitMs() ?? 0))
          return { endedMs: ms, spentMs: allowance.spentMs };
      }
    }
  }
  return { spentMs: allowance.spentMs };
}

test.each<[string, boolean, [number, number][]]>([
  ['one slow call', false, [[0, 1900]]],
  [
    'two, one after the other',
    true,
    [
      [0, 1100],
      [1100, 2300],
    ],
  ],
  [
    'two at once, of which one takes a little longer',
    false,
    [
      [0, 1100],
      [0, 1400],
    ],
  ],
  [
    'a row of calls that overlap, for less than two seconds',
    false,
    [
      [0, 1100],
      [100, 1300],
      [200, 1500],
      [300, 1900],
    ],
  ],
  [
    'a row of calls that overlap, for more',
    true,
    [
      [0, 1100],
      [600, 1700],
      [1200, 2400],
    ],
  ],
  ['many that are not slow', false, Array.from({ length: 20 }, (_, at) => [at * 500, at * 500 + 450])],
  [
    'one behind a quick one',
    true,
    [
      [0, 300],
      [200, 2400],
    ],
  ],
])('%s: too much is %s', (_, expected, calls) => {
  expect(run(calls).endedMs !== undefined).toBe(expected);
});

test('what is left ends the next slow call: two seconds together, and not a beat more', () => {
  const { endedMs, spentMs } = run([
    [0, 1500],
    [1500, 9000],
  ]);
  expect(endedMs).toBe(2000);
  expect(spentMs).toBeLessThanOrEqual(PATIENCE_MS);
});

test('calls that are not slow cost nothing', () => {
  expect(run([[0, 500]])).toEqual({ spentMs: 0 });
});

test('what a connection takes to be made is distance, but no distance is endless', () => {
  expect(run([[0, 850]], 400)).toEqual({ spentMs: 0 });
  expect(run([[0, 1000]], 400).spentMs).toBe(950);
  expect(run([[0, 1500]], 60_000).spentMs).toBe(1450);
});
