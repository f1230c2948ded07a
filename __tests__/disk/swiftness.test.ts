import { expect, test } from 'vitest';
import { createSwiftness } from '../../src/disk/swiftness.ts';

/** Steps of so many milliseconds, on a clock of their own. */
function disk() {
  let nowMs = 0;
  const swiftness = createSwiftness(() => nowMs);
  const step = (tookMs: number): boolean => {
    if (!swiftness.isSwift()) return false;
    swiftness.timed(() => (nowMs += tookMs));
    return true;
  };
  return { step, steps: (count: number, tookMs: number) => Array.from({ length: count }, () => step(tookMs)) };
}

const isTrue = (value: boolean) => value;

test('a quick disk stays quick, however many steps it has had', () => {
  expect(disk().steps(10_000, 0.02).every(isTrue)).toBe(true);
});

test('one step that waited for something else does not make a disk slow', () => {
  const { step, steps } = disk();
  steps(100, 0.02);
  expect(step(8)).toBe(true);
  expect(steps(1000, 0.02).every(isTrue)).toBe(true);
});

test('a slow disk holds up the thread for a few steps in hundreds', () => {
  const taken = disk().steps(10_000, 3).filter(isTrue);
  expect(taken.length).toBeGreaterThan(0);
  expect(taken.length).toBeLessThan(10_000 / 50);
});

test('a step that hangs is the last one for a while', () => {
  const { step, steps } = disk();
  expect(step(5000)).toBe(true);
  expect(steps(200, 0.02).some(isTrue)).toBe(false);
  expect(steps(200, 0.02).some(isTrue)).toBe(true);
});

test('what the work throws comes through, and its time counts', () => {
  let nowMs = 0;
  const swiftness = createSwiftness(() => nowMs);
  const work = () => {
    nowMs += 5000;
    throw new Error('no such file');
  };
  expect(() => swiftness.timed(work)).toThrow('no such file');
  expect(swiftness.isSwift()).toBe(false);
});
