// Files that a hub writes or amends by itself: a release of them settles, and deletions leave git's rules alone.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Hasher } from '../../src/core/ports.ts';
import { HUGGINGFACE_LIMITS } from '../../src/hubs/huggingface/push.ts';
import { MODELSCOPE_LIMITS } from '../../src/hubs/modelscope/push.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { hashRepository } from './open-flow.ts';
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

test('`delete: "*"` leaves the rules of git, and takes other files that the hub made in a new repository', async () => {
  await ground.write({ 'config.json': '{"new":1}', 'w.zzz': Buffer.alloc(12 << 20, 1) });
  for (const ref of ['hf:o/deletes', 'hf:o/fresh', 'ms:o/fresh']) {
    expect((await ground.publish(ref, { delete: '*' })).failure).toBeUndefined();
    const again = await ground.publish(ref, { delete: '*' });
    expect(again.report.targets[0]).toMatchObject({ state: 'unchanged', changed: false });
  }
  await ground.write({ 'w.yyy': Buffer.alloc(12 << 20, 2) });
  await ground.publish('hf:o/fresh', { delete: '*' });
  const repository = fakes.huggingface.repository('o/fresh');
  expect(Object.keys(await hashRepository(repository, 'main'))).toContain('.gitattributes');
});

test('a folder beyond what the hub takes', async () => {
  const names = Array.from({ length: 10_001 }, (_, index) => `f/${index}`);
  await ground.write(Object.fromEntries(names.map((name) => [name, ''])));
  await expect(ground.publish('hf:o/rules', { 'dry-run': 'true' })).rejects.toMatchObject({ code: 'TOO_LARGE' });
});

test('every file reads back as it was sent, but for the rules that the hub adds to', () => {
  const paths = ['.gitattributes', 'sub/.gitattributes', 'config.json'];
  expect(paths.filter(HUGGINGFACE_LIMITS.isAmended)).toEqual(['.gitattributes']);
  expect(paths.filter(MODELSCOPE_LIMITS.isAmended)).toEqual([]);
});

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
