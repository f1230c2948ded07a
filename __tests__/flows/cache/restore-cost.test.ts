// What a fault of the runner cache's host costs when it shows while entries are read: the time until the hub is asked instead.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { trickled } from '../../fakes/broken-body.ts';
import { always, textAnswer } from '../../fakes/faults/fault.ts';
import { ANSWER_FAULTS, type Fault, stallAfter } from '../../fakes/faults.ts';
import type { Answer } from '../../fakes/file-answer.ts';
import { createBeatClock } from '../../host/cache/beat-clock.ts';
import { type CacheGround, openCacheGround } from '../cache-ground.ts';

let ground: CacheGround;
beforeAll(async () => {
  ground = await openCacheGround();
  await ground.run();
});
afterAll(() => ground.close());

/** So many bytes that there seemed to be nothing wrong. */
const STALL_BYTES = 305_000;
/** What was on its way when time began is written meanwhile. */
const ON_ITS_WAY_MS = 1000;
const STALL = always('silent in the middle', stallAfter(STALL_BYTES).apply);
const FAULTS: readonly Fault[] = [
  always('silent from the start', stallAfter(0).apply),
  STALL,
  always('a trickle', (answer, _, released) => ({ ...answer, read: () => trickled(answer, 0, released) })),
  always('an expired link', () => textAnswer(403, 'expired')),
  always('down', () => textAnswer(503, 'away')),
];
// Of the small files the one whose digest comes last.
const LAST = 'vocab.txt';
const WAYS = [
  { way: 'a pack', include: '*.small\n*.txt\n*.json', ranges: true },
  { way: 'the last member of an older pack', include: LAST, ranges: true },
  { way: 'ranges', include: '*.bin', ranges: true },
  { way: 'whole files', include: '*.bin', ranges: false },
];
const cases = FAULTS.flatMap((fault) => WAYS.map((way) => ({ ...way, fault, name: fault.name })));

const NO_RANGES = ANSWER_FAULTS.find(({ name }) => name === 'ranges are never honoured');

test.each(cases)('$way: $name', async ({ fault, include, ranges }) => {
  const { faults } = ground.fakes;
  const clock = createBeatClock();
  const times: { struckMs?: number; hubMs?: number } = {};
  const strike: Fault['apply'] = (answer, context, released) => {
    const shaped = ranges ? answer : (NO_RANGES?.apply(answer, context, released) ?? answer);
    // The first byte of each entry, which is looked at before any work, comes as it should.
    if (answer.sizeBytes < 2) return shaped;
    times.struckMs ??= clock.nowMs();
    // Not before: what comes first takes a busy machine as long as it takes.
    if (fault !== STALL) clock.run();
    const spoiled = fault.apply(shaped, context, released);
    return fault === STALL ? { ...spoiled, read: () => noted(spoiled.read()) } : spoiled;
  };
  // Time begins when nothing more comes.
  async function* noted(chunks: ReturnType<Answer['read']>): AsyncGenerator<Uint8Array> {
    let sentBytes = 0;
    for await (const chunk of chunks) {
      yield chunk;
      sentBytes += chunk.length;
      if (sentBytes === STALL_BYTES) clock.run();
    }
  }
  faults.add(always(fault.name, strike, { places: ['cache'] }));
  const watch: Fault['apply'] = (answer) => {
    times.hubMs ??= clock.nowMs();
    return answer;
  };
  faults.add(always('watched', watch, { places: ['hub', 'cdn'] }));
  const run = await ground.run({ include, 'cache-save': 'post' }, clock).finally(() => {
    clock.stop();
    ground.fakes.reset();
  });
  const { struckMs = Number.NaN, hubMs = Number.NaN } = times;
  expect(hubMs - struckMs).toBeLessThanOrEqual(fault === STALL ? 2000 + ON_ITS_WAY_MS : 2000);
  expect(run.wrongBlobs).toEqual([]);
  expect(run.warnings.length).toBeLessThanOrEqual(1);
});
