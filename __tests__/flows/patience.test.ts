// One source and idle connections that could have what another one waits for: neither a host's pause nor its silence is cut short or
// drawn out by them. These only wait, so they wait side by side.

import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/host/clock.ts';
import { stalled } from '../fakes/broken-body.ts';
import { always, type Fault, textAnswer } from '../fakes/faults/fault.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { type Flow, type FlowSetting, openFlow } from './open-flow.ts';

const MIB = 1024 * 1024;
const WHAT = { model: 'o/m', connections: '8' };

/** Two ranges and a few bytes, for eight connections. */
async function withModel(setting: FlowSetting, work: (fakes: Fakes, flow: Flow) => Promise<void>): Promise<void> {
  const files = { 'a.bin': { seed: 'a', sizeBytes: 8 * MIB + 5 } };
  const fakes = await startFakes([{ id: 'o/m', commits: [{ files }] }]);
  const flow = await openFlow(fakes, setting);
  try {
    await work(fakes, flow);
  } finally {
    await flow.close();
    await fakes.close();
  }
}

const stallNearTheEnd: Fault = always('stall near the end', (answer, _context, released) => {
  const restBytes = Math.min(8 * 1024, Math.ceil(answer.sizeBytes / 2));
  return { ...answer, read: () => stalled(answer, answer.sizeBytes - restBytes, released) };
});

describe.concurrent('however many connections are idle', () => {
  test('a server that never sends the last bytes is given up by the limits of time', { timeout: 30_000 }, () =>
    // Longer than a range may take that others could have.
    withModel({ silenceMs: 1500, retries: 1 }, async (fakes, flow) => {
      fakes.faults.add(stallNearTheEnd);
      await expect(flow.run('huggingface', WHAT)).rejects.toMatchObject({ code: 'STALLED' });
    }),
  );

  test('a pause that a host asks for is kept', () =>
    withModel({ clock: { ...systemClock, random: () => 0 } }, async (fakes, flow) => {
      // Twice as long as a range may take that others could have.
      const pause = always('429', () => textAnswer(429, 'not now', { 'Retry-After': '2' }));
      fakes.faults.add(pause, { times: 1 });
      await flow.run('huggingface', WHAT);
      const retries = flow.events.flatMap((event) => (event.type === 'retry' ? [[event.code, event.attempt]] : []));
      expect(retries).toEqual([['RATE_LIMITED', 1]]);
      const ranges = fakes.cdn.server.requests.flatMap(({ headers }) => headers.range ?? []);
      expect(ranges.length - new Set(ranges).size).toBe(1);
    }));
});
