// The clock of the machine.

import { expect, test } from 'vitest';
import { systemClock } from '../../src/host/clock.ts';

test('a wait ends, and time does not run backwards', async () => {
  const before = systemClock.nowMs();
  await systemClock.sleep(1, new AbortController().signal);
  expect(systemClock.nowMs()).toBeGreaterThanOrEqual(before);
});

test('a wait ends with the run', async () => {
  const controller = new AbortController();
  const waiting = systemClock.sleep(2 ** 30, controller.signal);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
  await expect(systemClock.sleep(2 ** 30, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
});

test('chance lies in [0, 1)', () => {
  for (let round = 0; round < 100; round += 1) {
    const number = systemClock.random();
    expect(number >= 0 && number < 1).toBe(true);
  }
});
