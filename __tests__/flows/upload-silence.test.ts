// The rows of the table of what can go wrong with a release that a client gets over by its own limits of time. They only wait, so they
// wait side by side, each with hubs of its own.

import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Hasher } from '../../src/core/ports.ts';
import { openHasher } from './open-upload.ts';
import { meetStepFault, uploadRows } from './upload-fault-ground.ts';
import { startReleaseFakes } from './upload-ground.ts';

let hasher: Hasher;
beforeAll(() => {
  hasher = openHasher();
});
afterAll(() => hasher.close());

describe.concurrent('silence', () => {
  test.each(uploadRows(true))('$name', { timeout: 30_000 }, async (row) => {
    const fakes = await startReleaseFakes([row.id]);
    try {
      await meetStepFault(fakes, hasher, row);
    } finally {
      await fakes.close();
    }
  });
});
