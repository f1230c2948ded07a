// Every row of the table of what can go wrong with a release, on each hub that it can strike: the release in the end, or the exact code;
// the old release or the new one to be seen, and no blob sent again that had arrived.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Hasher } from '../../src/core/ports.ts';
import { systemClock } from '../../src/host/clock.ts';
import { TOKENS } from '../fakes/access.ts';
import type { Fakes } from '../fakes/index.ts';
import { countUploads } from '../fakes/upload-counts.ts';
import { type HubName, hubsOf, STEP_FAULTS } from '../fakes/upload-faults.ts';
import { openHasher, openUpload } from './open-upload.ts';
import { lengthen, look, newRelease, optionsFor, placeFor, startReleaseFakes } from './upload-ground.ts';

const ROWS = STEP_FAULTS.flatMap((fault) => hubsOf(fault).map((hub) => [`${hub}: ${fault.name}`, hub, fault] as const));

let fakes: Fakes;
let hasher: Hasher;
let shorten: () => void = () => undefined;
const id = (index: number) => `o/f${index}`;
beforeAll(async () => {
  hasher = openHasher();
  fakes = await startReleaseFakes(ROWS.map((_, index) => id(index)));
});
afterEach(() => {
  fakes.steps.release();
  fakes.reset();
  shorten();
  for (const hub of ['modelscope', 'huggingface'] as const) fakes[hub].options.tokens = TOKENS;
});
afterAll(() => Promise.all([fakes.close(), hasher.close()]));

function renewing(hub: HubName) {
  let token: string = TOKENS.writer;
  return {
    current: async () => token,
    async renew() {
      token = 'hf_renewed';
      fakes[hub].options.tokens = { ...TOKENS, writer: token };
      return token;
    },
  };
}

describe.each([
  ['answers', ROWS.filter(([, , fault]) => fault.needsTimeout !== true)],
  ['silences', ROWS.filter(([, , fault]) => fault.needsTimeout === true)],
] as const)('%s', (kind, rows) => {
  test.each(rows)('%s', { timeout: 15_000 }, async (name, hub, fault) => {
    const index = ROWS.findIndex(([other]) => other === name);
    const step = fault.steps.length === 1 ? fault.steps[0] : undefined;
    const isLong = fault.needsLongBody === true;
    const place = { ...placeFor(hub, step, id(index)), isLong };
    if (isLong) shorten = lengthen(fakes, step === 'part' ? 'part' : 'put');
    let waitedMs = 0;
    const sleep = async (waitMs: number) => {
      waitedMs += waitMs;
    };
    const limits = kind === 'silences' ? { silenceMs: 250, headersMs: 250 } : {};
    const isRenewed = fault.untilAnotherToken === true || fault.expect === 'FORBIDDEN';
    const ground = await openUpload(fakes, {
      clock: { ...systemClock, sleep },
      limits,
      // What never ends does so after one retry as after many.
      retries: fault.times === Number.POSITIVE_INFINITY ? 1 : 3,
      hasher,
      ...(isRenewed ? { tokens: renewing(hub) } : {}),
      ...(place.pushLimits && { pushLimits: place.pushLimits }),
    });
    await ground.write(newRelease(place.repository, isLong));
    fakes.steps.add(fault);
    const code = await ground.publish(place.ref, optionsFor(place)).then(
      ({ failure }) => (failure === undefined ? 'recovers' : ((failure as { code?: string }).code ?? String(failure))),
      (error: { code?: string }) => error.code ?? String(error),
    );
    await ground.close();
    expect(fakes.steps.struck.length).toBeGreaterThan(0);
    expect(code).toBe(fault.expect);
    const seen = await look(fakes, hub, place);
    if (code === 'recovers') expect(seen).toBe('new');
    else if (fault.expect !== 'CONFLICT') expect(['old', 'new']).toContain(seen);
    const { arrived } = countUploads(fakes[hub]);
    expect(arrived.filter((one, at) => arrived.indexOf(one) !== at)).toEqual([]);
    if (fault.waitMs !== undefined) expect(waitedMs).toBeGreaterThanOrEqual(fault.waitMs);
  });
});
