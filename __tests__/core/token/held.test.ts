// A token that is dear: asked for once, and once more for each that is refused.

import { describe, expect, test } from 'vitest';
import { aborted } from '../../../src/core/errors.ts';
import type { Event } from '../../../src/core/events.ts';
import { holdToken } from '../../../src/core/token/held.ts';

const NEVER = new AbortController().signal;

const still = () => 0;

function hold(tokens: readonly string[], nowMs = still) {
  const events: Event[] = [];
  let asked = 0;
  const ask = async () => {
    const token = tokens[Math.min(asked, tokens.length - 1)] ?? '';
    asked += 1;
    return token;
  };
  return { events, asked: () => asked, source: holdToken(ask, (event) => events.push(event), nowMs) };
}

describe('a held token', () => {
  test('is asked for once, however many want it, and told as a secret before it is used', async () => {
    const { source, asked, events } = hold(['one']);
    const all = await Promise.all([source.current(NEVER), source.current(NEVER), source.current(NEVER)]);
    expect([...all, await source.current(NEVER)]).toEqual(['one', 'one', 'one', 'one']);
    expect(asked()).toBe(1);
    expect(events).toEqual([{ type: 'secret', value: 'one' }]);
  });

  test('is asked for once more when it is refused, and stays then', async () => {
    const { source, asked } = hold(['one', 'two', 'three']);
    await source.current(NEVER);
    expect(await Promise.all([source.renew('one', NEVER), source.renew('one', NEVER)])).toEqual(['two', 'two']);
    // A refusal of before, told late.
    expect(await source.renew('one', NEVER)).toBe('two');
    expect(await source.current(NEVER)).toBe('two');
    expect(asked()).toBe(2);
  });

  test('is no other when the same comes again', async () => {
    const { source, asked } = hold(['one']);
    await source.current(NEVER);
    expect(await source.renew('one', NEVER)).toBeUndefined();
    expect(asked()).toBe(2);
  });

  test('is had by those who still want it when the one who asked is stopped', async () => {
    const stop = new AbortController();
    const ask = (signal: AbortSignal) =>
      new Promise<string>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(aborted()));
        if (signal !== stop.signal) resolve('one');
      });
    const source = holdToken(ask, () => undefined, still);
    const stopped = expect(source.current(stop.signal)).rejects.toMatchObject({ code: 'ABORTED' });
    const others = Promise.all([source.current(NEVER), source.current(NEVER)]);
    stop.abort();
    await stopped;
    expect(await others).toEqual(['one', 'one']);
  });

  test('is asked for again after a failure', async () => {
    let tries = 0;
    const ask = async () => {
      tries += 1;
      if (tries === 1) throw new Error('not yet');
      return 'one';
    };
    const source = holdToken(ask, () => undefined, still);
    await expect(source.current(NEVER)).rejects.toThrow('not yet');
    expect(await source.current(NEVER)).toBe('one');
  });

  test('is not asked for again and again, when it is refused for what it may do', async () => {
    let nowMs = 0;
    const { source, asked } = hold(['one', 'two', 'three'], () => nowMs);
    await source.current(NEVER);
    expect(await source.renew('one', NEVER)).toBe('two');
    for (let file = 0; file < 100; file += 1) expect(await source.renew('two', NEVER)).toBeUndefined();
    expect(asked()).toBe(2);
    nowMs = 20_000;
    expect(await source.renew('two', NEVER)).toBe('three');
  });

  test('whose successor cannot be had fails each who asks, and is asked for once', async () => {
    let asked = 0;
    const ask = async () => {
      asked += 1;
      if (asked > 1) throw new Error('sealed');
      return 'one';
    };
    const source = holdToken(ask, () => undefined, still);
    await source.current(NEVER);
    for (let file = 0; file < 100; file += 1) await expect(source.renew('one', NEVER)).rejects.toThrow('sealed');
    expect(asked).toBe(2);
  });

  test('keeps nobody waiting who is stopped, and comes to the others', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const source = holdToken(
      () => promise,
      () => undefined,
      still,
    );
    const stop = new AbortController();
    const first = source.current(NEVER);
    const stopped = source.current(stop.signal);
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
    resolve('one');
    expect(await first).toBe('one');
  });
});
