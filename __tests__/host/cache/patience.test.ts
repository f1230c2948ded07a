// How long somebody else is waited for.

import { expect, test } from 'vitest';
import { createPatience } from '../../../src/host/cache/patience.ts';
import { createBeatClock } from './beat-clock.ts';

test('as long as was said, counted from the last sign of life, and no longer', () => {
  const clock = createBeatClock();
  const patience = createPatience({ clock, limitMs: () => 2000 });
  for (let times = 0; times < 10; times += 1) {
    clock.pass(1900);
    patience.renew();
  }
  clock.pass(1900);
  expect(patience.signal.aborted).toBe(false);
  clock.pass(100);
  expect(patience.signal.aborted).toBe(true);
});

test('only while it is their turn', () => {
  const clock = createBeatClock();
  let isTheirs = false;
  const patience = createPatience({ clock, limitMs: () => 2000, isTheirTurn: () => isTheirs });
  clock.pass(60_000);
  expect(patience.signal.aborted).toBe(false);
  isTheirs = true;
  clock.pass(2000);
  expect(patience.signal.aborted).toBe(true);
});

test('a beat that comes late counts as one: we were late, not they', () => {
  let late: (() => void) | undefined;
  const clock = {
    every(_: number, work: () => void) {
      late = work;
      return () => undefined;
    },
  };
  const patience = createPatience({ clock, limitMs: () => 2000 });
  // However long each of them took.
  for (let beats = 0; beats < 38; beats += 1) late?.();
  expect(patience.signal.aborted).toBe(false);
});

test('what is over ends nothing', () => {
  const clock = createBeatClock();
  const patience = createPatience({ clock, limitMs: () => 2000 });
  patience.end();
  clock.pass(60_000);
  expect(patience.signal.aborted).toBe(false);
});
