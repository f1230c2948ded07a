// When a cache that is read before all else is left for the hub.

import { beforeEach, expect, test } from 'vitest';
import { createAllowance } from '../../../src/core/cache/allowance.ts';
import type { HttpResponse } from '../../../src/core/http.ts';
import type { Transport } from '../../../src/core/ports.ts';
import { createRival } from '../../../src/flows/cache/rival.ts';
import { type BeatClock, createBeatClock } from '../../host/cache/beat-clock.ts';

const MB = 1_000_000;
const NEVER = new AbortController().signal;

let clock: BeatClock;
let asked: number;
beforeEach(() => {
  clock = createBeatClock();
  asked = 0;
});

/** A hub whose one connection brings so much, and answers with this status. */
function hub(bytesPerSecond: number, status = 206): Pick<Transport, 'send'> {
  const response: HttpResponse = {
    status,
    headers: {},
    url: '',
    body: (async function* () {
      for (;;) {
        clock.pass(100);
        yield Buffer.alloc(bytesPerSecond / 10);
      }
    })(),
    discard: () => Promise.resolve(),
  };
  return {
    send: () => {
      asked += 1;
      clock.pass(50);
      return status === 0 ? Promise.reject(new Error('away')) : Promise.resolve(response);
    },
  };
}

/** Lets the cache bring its bytes for some seconds. @returns whether it was left */
async function isLeft(
  cachePerSecond: number,
  transport: Pick<Transport, 'send'>,
  { sizeBytes = 400 * MB, wantedBytes = 400 * MB, files = 2 } = {},
) {
  let bytes = sizeBytes;
  const rival = createRival(
    {
      clock,
      allowance: createAllowance(),
      transport: transport as Transport,
      left: () => ({ bytes, wantedBytes: Math.min(bytes, wantedBytes), files }),
      locate: async () => ({ method: 'GET', url: 'https://hub.example/a' }),
    },
    NEVER,
  );
  rival.wait();
  for (let beats = 0; beats < 60 && bytes > 0 && !rival.signal.aborted; beats += 1) {
    bytes -= cachePerSecond / 20;
    rival.note(cachePerSecond / 20);
    clock.pass(50);
    // What was asked is answered between two beats.
    await new Promise(setImmediate);
  }
  rival.end();
  return rival.signal.aborted;
}

test('it is slow, and one connection to the hub is much quicker', async () => {
  expect(await isLeft(12 * MB, hub(100 * MB))).toBe(true);
  expect(asked).toBe(1);
  expect(clock.nowMs()).toBeLessThanOrEqual(2000);
});

test.each([
  ['the hub asks for a pause', 12 * MB, hub(100 * MB, 429)],
  ['the hub is away', 12 * MB, hub(100 * MB, 0)],
  ['the hub is no quicker', 12 * MB, hub(12 * MB)],
])('it is kept when %s', async (_, cachePerSecond, transport) => {
  expect(await isLeft(cachePerSecond, transport)).toBe(false);
});

test('the hub is not asked when the cache is soon done', async () => {
  expect(await isLeft(200 * MB, hub(1000 * MB))).toBe(false);
  expect(asked).toBe(0);
});

test('many small files are worth a wait, since each is a request to the hub', async () => {
  expect(await isLeft(12 * MB, hub(100 * MB), { files: 10_000 })).toBe(false);
});

test('what nobody wants is held against a cache that has to bring it first', async () => {
  expect(await isLeft(12 * MB, hub(12 * MB), { wantedBytes: MB })).toBe(true);
});

test('silence while we are busy with what came is ours', () => {
  const left = () => ({ bytes: MB, wantedBytes: MB, files: 1 });
  const allowance = createAllowance();
  const quiet = { clock, allowance, transport: hub(MB) as Transport, left, locate: async () => undefined };
  const rival = createRival(quiet, NEVER);
  rival.wait();
  const done = rival.work();
  clock.pass(10_000);
  done();
  expect(rival.signal.aborted).toBe(false);
  clock.pass(1500);
  rival.note(MB);
  clock.pass(250);
  // A second and a half of silence that ended is charged, and less is left for the next.
  expect(allowance.spentMs).toBeGreaterThanOrEqual(1500);
  clock.pass(500);
  expect(rival.signal.aborted).toBe(true);
  rival.end();
});

test('what is done with bytes that came is not held against a cache', () => {
  const left = () => ({ bytes: MB, wantedBytes: MB, files: 1 });
  const allowance = createAllowance();
  const quiet = { clock, allowance, transport: hub(MB) as Transport, left, locate: async () => undefined };
  const rival = createRival(quiet, NEVER);
  const arrived = rival.wait();
  clock.pass(1500);
  arrived();
  clock.pass(5000);
  expect(rival.signal.aborted).toBe(false);
  rival.wait();
  clock.pass(2000);
  expect(rival.signal.aborted).toBe(true);
  rival.end();
});
