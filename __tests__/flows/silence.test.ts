// The rows of the table that a client gets over by its own limits of time. They only wait, so they wait side by side, each on a ground
// of its own.

import { describe, expect, test } from 'vitest';
import { ANSWER_FAULTS, placesOf } from '../fakes/faults.ts';
import { HUB_NAMES, LARGE, meetFault, openFaultGround, SMALL } from './fault-ground.ts';

const cases = HUB_NAMES.flatMap((hub) =>
  ANSWER_FAULTS.filter((fault) => fault.needsTimeout === true).flatMap((fault) => {
    const files = placesOf(fault).includes('api') ? [SMALL] : [LARGE, SMALL];
    return files.map((file) => ({ hub, file, name: fault.name, fault }));
  }),
);

describe.concurrent('silence', () => {
  test.each(cases)('$hub, $file: $name', { timeout: 30_000 }, async ({ hub, file, fault }) => {
    const ground = await openFaultGround();
    try {
      const hasStruck = await meetFault(ground, fault, { hub, file });
      expect(hasStruck || file === SMALL).toBe(true);
    } finally {
      await ground.close();
    }
    expect(ground.failures()).toEqual([]);
  });
});
