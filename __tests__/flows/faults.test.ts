// Every row of the table that strikes answers, in front of a large and a small file of each hub: verified in the end, or the exact
// code; never a wrong byte to be seen, never a credential elsewhere, never a hang. Silences are in silence.test.ts.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ANSWER_FAULTS, FAULTS, type Fault, placesOf } from '../fakes/faults.ts';
import { type FaultGround, HUB_NAMES, LARGE, meetFault, openFaultGround, SMALL } from './fault-ground.ts';

let ground: FaultGround;
beforeAll(async () => {
  ground = await openFaultGround();
});
afterEach(() => ground.fakes.reset());
afterAll(async () => {
  await ground.close();
  expect(ground.failures()).toEqual([]);
});

const rows = (belongs: (fault: Fault) => boolean) =>
  ANSWER_FAULTS.filter((fault) => fault.needsTimeout !== true && belongs(fault)).map(
    (fault) => [fault.name, fault] as const,
  );
const isOfListing = (fault: Fault) => placesOf(fault).includes('api');

describe.each(HUB_NAMES)('%s', (hub) => {
  test.each(rows((fault) => !isOfListing(fault)))('a large file: %s', { timeout: 10_000 }, async (_name, fault) => {
    expect(await meetFault(ground, fault, { hub, file: LARGE })).toBe(true);
  });

  // It travels whole and on no other origin, so some rows have nothing to strike there.
  test.each(rows((fault) => !isOfListing(fault)))('a small file: %s', { timeout: 10_000 }, async (_name, fault) => {
    await meetFault(ground, fault, { hub, file: SMALL });
  });

  test.each(rows(isOfListing))('%s', { timeout: 10_000 }, async (_name, fault) => {
    expect(await meetFault(ground, fault, { hub, file: SMALL })).toBe(true);
  });
});

test('each row has a name of its own', () => {
  const names = FAULTS.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
