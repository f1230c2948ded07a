// How many connections work at once, by a clock that the test turns.

import { describe, expect, test } from 'vitest';
import { createLaneLimit } from '../../../src/core/transfer/lane-limit.ts';

/** Plays windows of a quarter of a second, each with its speed. @returns what was allowed after each */
function play(most: number, speeds: readonly number[]): number[] {
  let nowMs = 0;
  const limit = createLaneLimit(most, () => nowMs);
  return speeds.map((bytesPerWindow) => {
    nowMs += 250;
    limit.note(bytesPerWindow);
    return limit.allowed;
  });
}

describe('connections', () => {
  test('grow while the total grows', () => {
    expect(play(14, [400, 600, 800, 1000])).toEqual([10, 12, 14, 14]);
  });

  test('stay where they are when more do not help', () => {
    expect(play(16, [400, 410, 405, 400, 900])).toEqual([10, 10, 10, 10, 12]);
  });

  test('are never more than allowed', () => {
    expect(play(3, [100, 200, 300])).toEqual([3, 3, 3]);
    expect(play(1, [100, 200])).toEqual([1, 1]);
  });

  test('are halved when a host asks for it, never to none', () => {
    const limit = createLaneLimit(8, () => 0);
    limit.shrink();
    expect(limit.allowed).toBe(4);
    limit.shrink();
    limit.shrink();
    limit.shrink();
    expect(limit.allowed).toBe(1);
  });

  test('tell when there are more, so that someone can be woken', () => {
    let nowMs = 0;
    const limit = createLaneLimit(16, () => nowMs);
    expect(limit.note(10)).toBe(false);
    nowMs = 300;
    expect(limit.note(10)).toBe(true);
  });
});

test('connections that a host refused come back after a while', () => {
  let nowMs = 0;
  const limit = createLaneLimit(8, () => nowMs);
  const pass = (windows: number) => {
    for (let window = 0; window < windows; window += 1) {
      nowMs += 250;
      limit.note(limit.allowed * 100);
    }
  };
  pass(4);
  limit.shrink();
  const shrunk = limit.allowed;
  pass(10);
  expect(limit.allowed).toBe(shrunk);
  pass(30);
  expect(limit.allowed).toBe(8);
});
