// Publishing as a whole: only what changed moves, nothing moves twice, and the hub's own state is the truth.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { hashRepository } from './open-flow.ts';
import { type Content, hashContents, openUpload, type UploadGround, weights } from './open-upload.ts';

const KIB = 1024;
let fakes: Fakes;
let ground: UploadGround;
beforeAll(async () => {
  fakes = await startFakes([{ id: 'o/model', commits: [{ files: { 'old.txt': 'old', 'README.md': '# Old' } }] }]);
});
afterAll(() => fakes.close());
afterEach(async () => {
  await ground?.close();
  fakes.reset();
});

const SHARDS = [1, 2, 3, 4].map((n) => `model-0000${n}-of-00004.safetensors`);
const RELEASE: Record<string, Content> = {
  'config.json': '{"a":1}',
  'README.md': '---\nlicense: mit\n---\n# Model\n',
  'model.safetensors.index.json': JSON.stringify({
    weight_map: Object.fromEntries(SHARDS.map((s, i) => [`w${i}`, s])),
  }),
  ...Object.fromEntries(SHARDS.map((name) => [name, weights(name, 900 * KIB)])),
};

describe.each(['hf', 'ms'])('%s', (hub) => {
  const fake = () => (hub === 'hf' ? fakes.huggingface : fakes.modelscope);
  test('a release, the same again, and one with one shard and one small file changed', async () => {
    ground = await openUpload(fakes);
    await ground.write(RELEASE);
    const first = await ground.publish(`${hub}:o/model`);
    expect(first.failure).toBeUndefined();
    expect(first.report.totals).toMatchObject({ filesUploaded: 7, filesUnchanged: 0, filesDeleted: 0 });
    const repository = fake().repository('o/model');
    expect(await hashRepository(repository, hub === 'hf' ? 'main' : 'master')).toMatchObject(hashContents(RELEASE));
  });
});
