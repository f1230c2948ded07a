import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { followSignal } from '../../../src/core/signal/follow-signal.ts';

test('what follows a signal ends with it, for its reason', () => {
  const run = new AbortController();
  const { control } = followSignal(run.signal);
  expect(control.signal.aborted).toBe(false);
  run.abort('enough');
  expect(control.signal.reason).toBe('enough');
});

test('what begins after the end has ended', () => {
  expect(followSignal(AbortSignal.abort('before')).control.signal.reason).toBe('before');
});

test('what ends by itself ends alone, and leaves nothing with the signal', () => {
  const run = new AbortController();
  const { control, release } = followSignal(run.signal);
  control.abort();
  release();
  expect(run.signal.aborted).toBe(false);
  expect(getEventListeners(run.signal, 'abort')).toEqual([]);
});
