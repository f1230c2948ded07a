// What slow calls cost together.

import { expect, test } from 'vitest';
import { createSlowness, type Slow } from '../../../src/host/cache/slowness.ts';

const PATIENCE_MS = 2000;

/** Calls that begin and end at these times; looked at every fifty milliseconds, as long as one is under way. @returns whether it was too much */
function isTooMuch(calls: readonly (readonly [beginMs: number, endMs: number])[]): boolean {
  const slowness = createSlowness(PATIENCE_MS);
  const open = new Map<number, Slow>();
  const last = Math.max(...calls.map(([, endMs]) => endMs));
  let isOver = false;
  for (let ms = 0; ms <= last; ms += 50) {
    for (const [at, [beginMs, endMs]] of calls.entries()) {
      if (ms === beginMs) open.set(at, slowness.begin());
      else if (ms === endMs) open.get(at)?.end();
      else if (ms > beginMs && ms < endMs) open.get(at)?.wait(ms - beginMs);
      isOver ||= open.get(at)?.isTooMuch() === true;
    }
  }
  return isOver;
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
  expect(isTooMuch(calls)).toBe(expected);
});
