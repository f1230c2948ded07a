// What the table of what can go wrong with a release is tried on: its rows for each hub, and a release that meets one. Not a test.

import { expect } from 'vitest';
import { codeOf } from '../../src/core/errors.ts';
import type { Hasher } from '../../src/core/ports.ts';
import { systemClock } from '../../src/host/clock.ts';
import { TOKENS } from '../fakes/access.ts';
import type { Fakes } from '../fakes/index.ts';
import { countUploads } from '../fakes/upload-counts.ts';
import { type HubName, hubsOf, STEP_FAULTS, type StepFault } from '../fakes/upload-faults.ts';
import { openUpload, type UploadGround } from './open-upload.ts';
import { lengthen, look, newRelease, optionsFor, type Place, placeFor } from './upload-ground.ts';

export interface UploadRow {
  readonly name: string;
  readonly hub: HubName;
  readonly fault: StepFault;
  /** Of the repository that is its own. */
  readonly id: string;
}

/** @param isSilent whether they are those that a client gets over only by its own limits of time */
export function uploadRows(isSilent: boolean): readonly UploadRow[] {
  const rows = STEP_FAULTS.flatMap((fault) => hubsOf(fault).map((hub) => ({ hub, fault })));
  return rows
    .map(({ hub, fault }, index) => ({ name: `${hub}: ${fault.name}`, hub, fault, id: `o/f${index}` }))
    .filter(({ fault }) => (fault.needsTimeout === true) === isSilent);
}

/** Puts the row in front of a release and holds what happens against what the row expects. */
export async function meetStepFault(fakes: Fakes, hasher: Hasher, { hub, fault, id }: UploadRow): Promise<void> {
  const step = fault.steps.length === 1 ? fault.steps[0] : undefined;
  const isLong = fault.needsLongBody === true;
  const place: Place = { ...placeFor(hub, step, id), isLong };
  const shorten = isLong ? lengthen(fakes, step === 'part' ? 'part' : 'put') : () => undefined;
  const waited: number[] = [];
  const ground = await open(fakes, hasher, { hub, fault, place, waited });
  try {
    await ground.write(newRelease(place.repository, isLong));
    fakes.steps.add(fault);
    const code = await outcomeOf(ground, place);
    expect(fakes.steps.struck.length).toBeGreaterThan(0);
    expect(code).toBe(fault.expect);
    await expectSound(fakes, { hub, fault, place });
    if (fault.waitMs !== undefined)
      expect(waited.reduce((sum, waitMs) => sum + waitMs, 0)).toBeGreaterThanOrEqual(fault.waitMs);
  } finally {
    await ground.close();
    shorten();
  }
}

interface Meeting {
  readonly hub: HubName;
  readonly fault: StepFault;
  readonly place: Place;
}

function open(
  fakes: Fakes,
  hasher: Hasher,
  { hub, fault, place, waited }: Meeting & { waited: number[] },
): Promise<UploadGround> {
  const isRenewed = fault.untilAnotherToken === true || fault.expect === 'FORBIDDEN';
  return openUpload(fakes, {
    clock: { ...systemClock, sleep: async (waitMs) => void waited.push(waitMs) },
    limits: fault.needsTimeout === true ? { silenceMs: 250, headersMs: 250 } : {},
    // What never ends does so after one retry as after many.
    retries: fault.times === Number.POSITIVE_INFINITY ? 1 : 3,
    hasher,
    ...(isRenewed ? { tokens: renewing(fakes, hub) } : {}),
    ...(place.pushLimits && { pushLimits: place.pushLimits }),
  });
}

function renewing(fakes: Fakes, hub: HubName) {
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

async function outcomeOf(ground: UploadGround, place: Place): Promise<string> {
  const failure = await ground.publish(place.ref, optionsFor(place)).then(
    (outcome) => outcome.failure,
    (error: unknown) => error,
  );
  return failure === undefined ? 'recovers' : (codeOf(failure) ?? String(failure));
}

/** The old release or the new one, and no blob that was sent again. */
async function expectSound(fakes: Fakes, { hub, fault, place }: Meeting): Promise<void> {
  const seen = await look(fakes, hub, place);
  if (fault.expect === 'recovers') expect(seen).toBe('new');
  else if (fault.expect !== 'CONFLICT') expect(['old', 'new']).toContain(seen);
  const { arrived } = countUploads(fakes[hub]);
  expect(arrived.filter((one, at) => arrived.indexOf(one) !== at)).toEqual([]);
}
