// Every row of the table of what can go wrong with a release, on each hub that it can strike: the release in the end, or the exact code;
// the old release or the new one to be seen, and no blob sent again that had arrived. Silences are in upload-silence.test.ts.

import { afterAll, afterEach, beforeAll, test } from 'vitest';
import type { Hasher } from '../../src/core/ports.ts';
import { TOKENS } from '../fakes/access.ts';
import type { Fakes } from '../fakes/index.ts';
import { openHasher } from './open-upload.ts';
import { meetStepFault, uploadRows } from './upload-fault-ground.ts';
import { startReleaseFakes } from './upload-ground.ts';

const ROWS = uploadRows(false);

let fakes: Fakes;
let hasher: Hasher;
beforeAll(async () => {
  hasher = openHasher();
  fakes = await startReleaseFakes(ROWS.map(({ id }) => id));
});
afterEach(() => {
  fakes.steps.release();
  fakes.reset();
  for (const hub of ['modelscope', 'huggingface'] as const) fakes[hub].options.tokens = TOKENS;
});
afterAll(() => Promise.all([fakes.close(), hasher.close()]));

test.each(ROWS)('$name', { timeout: 15_000 }, (row) => meetStepFault(fakes, hasher, row));
