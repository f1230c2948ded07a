// Files that a hub writes or amends by itself: a release of them settles, and deletions leave git's rules alone.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Hasher } from '../../src/core/ports.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { openHasher, openUpload, type UploadGround, weights } from './open-upload.ts';

let fakes: Fakes;
let hasher: Hasher;
let ground: UploadGround;
beforeAll(async () => {
  hasher = openHasher();
  const ids = ['o/rules', 'o/deletes'];
  fakes = await startFakes(ids.map((id) => ({ id, commits: [{ files: { 'config.json': '{}' } }] })));
});
beforeEach(async () => {
  ground = await openUpload(fakes, { hasher });
});
afterEach(async () => {
  await ground.close();
  fakes.reset();
});
afterAll(() => Promise.all([fakes.close(), hasher.close()]));

test('a tagged release with rules of its own is the same again, and a dry run says so', async () => {
  const files = {
    '.gitattributes': '*.foo filter=lfs diff=lfs merge=lfs -text\n',
    'm.safetensors': weights('rules', 3000),
  };
  await ground.write({ ...files, 'weights.zzz': Buffer.alloc(4000) });
  await ground.publish('hf:o/rules', { tag: 'w1' });
  const planned = await ground.publish('hf:o/rules', { tag: 'w1', 'dry-run': 'true' });
  expect(planned.report.targets[0]).toMatchObject({ state: 'planned', changed: false });
  const again = await ground.publish('hf:o/rules', { tag: 'w1' });
  expect(again.report.targets[0]).toMatchObject({ state: 'unchanged', changed: false, tag: 'w1' });
});
