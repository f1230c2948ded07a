// Publishing as a whole: only what changed moves, nothing moves twice, and the hub's own state is the truth.

import { createHash } from 'node:crypto';
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RawOptions } from '../../src/core/options.ts';
import type { Hasher } from '../../src/core/ports.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import type { Repository } from '../fakes/repository.ts';
import { countUploads } from '../fakes/upload-counts.ts';
import { hashFolder, hashRepository, openFlow } from './open-flow.ts';
import { type Content, hashContents, openHasher, openUpload, type UploadGround, weights } from './open-upload.ts';

const KIB = 1024;
const OLD = { 'old.txt': 'old', 'README.md': '# Old', 'logs/a.txt': 'a', 'logs/b.txt': 'b' };
const COUNT = 30;
let fakes: Fakes;
let hasher: Hasher;
let used = 0;
const grounds: UploadGround[] = [];
beforeAll(async () => {
  hasher = openHasher();
  const ids = Array.from({ length: COUNT }, (_, index) => `o/m${index}`);
  fakes = await startFakes(
    ids.map((id) => ({ id, commits: [{ files: OLD }] })),
    { huggingface: { rateLimit: { api: 100_000, resolvers: 100_000, resetSeconds: 172 } } },
  );
});
afterAll(() => Promise.all([fakes.close(), hasher.close()]));
afterEach(async () => {
  await Promise.all(grounds.splice(0).map((ground) => ground.close()));
  fakes.reset();
});

const SHARDS = [1, 2, 3, 4].map((n) => `model-0000${n}-of-00004.safetensors`);
const INDEX = JSON.stringify({ weight_map: Object.fromEntries(SHARDS.map((shard, index) => [`w${index}`, shard])) });

/** Weights of their own, since a hub knows contents of other repositories too. */
function releaseOf(seed: string): Record<string, Content> {
  return {
    'config.json': `{"seed":"${seed}"}`,
    'README.md': '---\nlicense: mit\n---\n# Model\n',
    'model.safetensors.index.json': INDEX,
    ...Object.fromEntries(SHARDS.map((name) => [name, weights(`${seed} ${name}`, 300 * KIB)])),
  };
}

async function open(files: Readonly<Record<string, Content>>, setting = {}): Promise<UploadGround> {
  const ground = await openUpload(fakes, { hasher, ...setting });
  grounds.push(ground);
  await ground.write(files);
  return ground;
}

const changedFile = (content: string) => ({
  change: 'changed',
  sha256: createHash('sha256').update(content).digest('hex'),
});
const sizeOf = (...contents: (Content | undefined)[]) =>
  contents.reduce((sum, content) => sum + Buffer.byteLength(content ?? ''), 0);
const code = (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    (error: { code?: string }) => error.code ?? String(error),
  );

describe.each([
  ['hf', 'main'],
  ['ms', 'master'],
] as const)('%s', (hub, branch) => {
  const fake = () => (hub === 'hf' ? fakes.huggingface : fakes.modelscope);
  const counts = () => countUploads(fake());
  // The hub writes its own rules there.
  const tree = async (repository: Repository) => {
    const { '.gitattributes': _, ...files } = await hashRepository(repository, branch);
    return files;
  };
  const next = () => {
    const id = `o/m${used++}`;
    return { id, ref: `${hub}:${id}`, repository: fake().repository(id) };
  };

  test('the same again costs nothing; one shard and one small file cost exactly themselves', async () => {
    const { ref, repository } = next();
    const first = releaseOf(ref);
    const ground = await open(first);
    const made = await ground.publish(ref);
    expect(made.failure).toBeUndefined();
    expect(made.report.totals).toMatchObject({ filesUploaded: 7, filesUnchanged: 0, filesDeleted: 0 });
    expect(await tree(repository)).toEqual({ ...hashContents(OLD), ...hashContents(first) });
    expect(counts()).toMatchObject({ commits: 1, blobBytes: sizeOf(...SHARDS.map((shard) => first[shard])) });

    fakes.reset();
    const again = await ground.publish(ref);
    expect(again.report.targets[0]).toMatchObject({ changed: false, commit: null, state: 'unchanged' });
    expect(again.report.totals).toMatchObject({ filesUploaded: 0, filesUnchanged: 7, bytesUploaded: 0 });
    expect(counts()).toMatchObject({ commits: 0, blobBytes: 0, tags: 0 });

    fakes.reset();
    const shard = weights('changed', 300 * KIB);
    const changed = { [SHARDS[2] ?? '']: shard, 'config.json': '{"changed":true}' };
    await ground.write(changed);
    const third = await ground.publish(ref);
    expect(counts()).toMatchObject({ commits: 1, blobBytes: shard.length });
    expect(third.report.totals).toMatchObject({
      filesUploaded: 2,
      filesUnchanged: 5,
      bytesUploaded: sizeOf(...Object.values(changed)),
    });
    expect(await tree(repository)).toEqual({ ...hashContents(OLD), ...hashContents({ ...first, ...changed }) });
  });

  test('what was published comes back by the download, byte for byte', async () => {
    const { id, ref } = next();
    const release = releaseOf(ref);
    const ground = await open(release);
    await ground.publish(ref);
    const flow = await openFlow(fakes);
    await flow.run(hub === 'hf' ? 'huggingface' : 'modelscope', { model: id });
    expect(await hashFolder(flow.folder)).toMatchObject({ ...hashContents(OLD), ...hashContents(release) });
    await flow.close();
  });

  test('a tag is put on the commit; a missing one is made without a commit', async () => {
    const { ref, repository } = next();
    const ground = await open(releaseOf(ref));
    const { report } = await ground.publish(ref, { tag: 'v1' });
    expect(repository.tags.get('v1')).toBe(repository.branches.get(branch));
    expect(report.targets[0]).toMatchObject({ tag: 'v1', state: 'published' });
    fakes.reset();
    await ground.publish(ref, { tag: 'v1.0' });
    expect(counts()).toMatchObject({ commits: 0, blobBytes: 0, tags: 1 });
    expect(repository.tags.get('v1.0')).toBe(repository.branches.get(branch));
  });

  test('a tag on another commit ends the run before anything moves', async () => {
    const { ref, repository } = next();
    const release = releaseOf(ref);
    const ground = await open(release);
    await ground.publish(ref, { tag: 'v1' });
    fakes.reset();
    await ground.write({ 'config.json': '{"b":2}', [SHARDS[0] ?? '']: weights('other', 300 * KIB) });
    const before = await tree(repository);
    expect(await code(ground.publish(ref, { tag: 'v1' }))).toBe('TAG_CONFLICT');
    expect(counts()).toMatchObject({ commits: 0, blobBytes: 0 });
    expect(await tree(repository)).toEqual(before);
  });

  test('the tag of the run, the message and the run’s page are the defaults', async () => {
    const { ref, repository } = next();
    const origin = { repository: 'me/train', commit: 'c0ffee', url: 'https://ci.test/run/1', tag: 'v2.0' };
    const ground = await open(releaseOf(ref), { origin });
    await ground.publish(ref);
    const head = repository.branches.get(branch) ?? '';
    expect(repository.tags.get('v2.0')).toBe(head);
    expect(repository.resolve(head)?.message).toMatch(/^Release v2\.0/);
    await ground.write({ 'more.txt': 'more' });
    await ground.publish(ref, { tag: 'false', message: 'My words' });
    expect(repository.resolve(branch)?.message).toMatch(/^My words/);
    expect([...repository.tags.keys()]).toEqual(['v2.0']);
  });

  test('deletes only what is asked for, in the same commit, and never more than the cap', async () => {
    const { ref, repository } = next();
    const ground = await open({ 'config.json': '{"d":1}' });
    expect(await code(ground.publish(ref, { delete: '*', 'max-deletes': '3' }))).toBe('TOO_MANY_DELETES');
    expect(counts()).toMatchObject({ commits: 0, blobBytes: 0 });
    const { report } = await ground.publish(ref, { delete: 'logs/', 'max-deletes': '2' });
    expect(report.totals).toMatchObject({ filesDeleted: 2, filesUploaded: 1 });
    expect(counts().commits).toBe(1);
    expect(Object.keys(await tree(repository)).sort()).toEqual(['README.md', 'config.json', 'old.txt']);
  });

  test('a dry run tells the plan and changes nothing', async () => {
    const { ref, repository } = next();
    const ground = await open({ 'README.md': '# Old', 'old.txt': 'new', 'more.txt': 'more' });
    const { report } = await ground.publish(ref, { delete: 'logs/', 'dry-run': 'true', tag: 'v1' });
    expect(report.targets[0]?.files.map(({ path: name, change }) => `${name} ${change}`)).toEqual([
      'README.md unchanged',
      'logs/a.txt deleted',
      'logs/b.txt deleted',
      'more.txt added',
      'old.txt changed',
    ]);
    expect(report.targets[0]).toMatchObject({ changed: true, commit: null, state: 'planned' });
    expect(fake().server.requests.filter(({ applied }) => applied)).toEqual([]);
    expect(await tree(repository)).toEqual(hashContents(OLD));
  });

  test('a folder of the repository: nothing outside it is touched', async () => {
    const { ref, repository } = next();
    const ground = await open({ 'a.txt': 'new a' });
    await ground.publish(ref, { 'path-in-repo': 'logs', delete: '*' });
    expect(await tree(repository)).toEqual(
      hashContents({ 'old.txt': 'old', 'README.md': '# Old', 'logs/a.txt': 'new a' }),
    );
  });

  test('a repository that is missing is made, private; with `create: false` that is an error', async () => {
    const ground = await open(releaseOf(`${hub} new`));
    const ref = `${hub}:owner/new`;
    expect(await code(ground.publish(ref, { create: 'false' }))).toBe('NOT_FOUND');
    const { report, failure } = await ground.publish(ref, { tag: 'v1', license: 'mit' });
    expect(failure).toBeUndefined();
    expect(report.targets[0]?.state).toBe('published');
    const repository = fake().repository('owner/new');
    expect(repository.visibility).toBe('private');
    expect(await tree(repository)).toMatchObject(hashContents(releaseOf(`${hub} new`)));
  });

  test('a file that was hashed before is not hashed again', async () => {
    const { ref } = next();
    const ground = await open({ 'config.json': '{"receipt":1}' });
    await ground.publish(ref);
    // Whoever believes the receipt believes this.
    const origins = path.join(ground.root, 'store', 'v1', 'origins');
    const receipt = path.join(
      origins,
      (await readdir(origins, { recursive: true })).find((name) => name.endsWith('.json')) ?? '',
    );
    await writeFile(receipt, (await readFile(receipt, 'utf8')).replace(/[0-9a-f]{64}/, 'f'.repeat(64)));
    const trusting = await ground.publish(ref, { 'dry-run': 'true' });
    expect(trusting.report.targets[0]?.files[0]?.sha256).toBe('f'.repeat(64));
    const full = await ground.publish(ref, { 'dry-run': 'true', verify: 'full' });
    expect(full.report.totals.filesUnchanged).toBe(1);
    // Same length, and a time that was set back.
    const file = path.join(ground.folder, 'config.json');
    const { atime, mtime } = await stat(file);
    await writeFile(file, '{"receipt":2}');
    await utimes(file, atime, mtime);
    const third = await ground.publish(ref, { 'dry-run': 'true' });
    expect(third.report.targets[0]?.files[0]).toMatchObject(changedFile('{"receipt":2}'));
  });
});

describe('several targets', () => {
  const both = (id: string): [string, RawOptions] => [`hf:${id}\nms:${id}`, { tag: 'v1' }];

  test('get the same release', async () => {
    const id = `o/m${used++}`;
    const release = releaseOf(id);
    const ground = await open(release);
    const { report, failure } = await ground.publish(...both(id));
    expect(failure).toBeUndefined();
    expect(report.targets.map(({ state }) => state)).toEqual(['published', 'published']);
    for (const [fake, branch] of [
      [fakes.huggingface, 'main'],
      [fakes.modelscope, 'master'],
    ] as const) {
      expect(await hashRepository(fake.repository(id), branch)).toMatchObject(hashContents(release));
    }
  });

  test('two repositories of a hub with one storage: each content travels once', async () => {
    const [one, two] = [`o/m${used++}`, `o/m${used++}`];
    const release = releaseOf(one);
    const ground = await open(release);
    const { failure } = await ground.publish(`ms:${one}\nms:${two}`);
    expect(failure).toBeUndefined();
    const bytes = SHARDS.reduce((sum, shard) => sum + (release[shard]?.length ?? 0), 0);
    expect(countUploads(fakes.modelscope)).toMatchObject({ commits: 2, blobBytes: bytes });
    expect(await hashRepository(fakes.modelscope.repository(two), 'master')).toMatchObject(hashContents(release));
  });

  test('a failure before the first commit leaves all of them as they were', async () => {
    const id = `o/m${used++}`;
    const ground = await open(releaseOf(id), { retries: 0 });
    fakes.steps.at('put', 'before', ({ hub }) => (hub === 'modelscope' ? 'reset' : 'go on'), 0);
    for (let n = 1; n < 10; n += 1)
      fakes.steps.at('put', 'before', ({ hub }) => (hub === 'modelscope' ? 'reset' : 'go on'));
    expect(await code(ground.publish(...both(id)))).toBe('NETWORK');
    expect(countUploads(fakes.huggingface).commits + countUploads(fakes.modelscope).commits).toBe(0);
  });

  test('a failure between the commits says which is where, and the next run completes it', async () => {
    const id = `o/m${used++}`;
    const release = releaseOf(id);
    const ground = await open(release);
    fakes.steps.add(
      {
        name: 'no commit here',
        times: Number.POSITIVE_INFINITY,
        expect: 'READ_ONLY',
        steps: ['commit'],
        hubs: ['modelscope'],
        when: 'before',
        strike: () => ({
          status: 403,
          body: { Code: 403, Message: 'no write permission to repository', Success: false },
        }),
      },
      {},
    );
    const { report, failure } = await ground.publish(...both(id));
    expect(failure).toMatchObject({ code: 'PARTLY_PUBLISHED' });
    expect(report.targets.map(({ state }) => state)).toEqual(['committed', 'untouched']);
    fakes.reset();
    const again = await ground.publish(...both(id));
    expect(again.report.targets.map(({ state }) => state)).toEqual(['unchanged', 'published']);
    expect(countUploads(fakes.huggingface)).toMatchObject({ commits: 0, blobBytes: 0, tags: 1 });
    expect(countUploads(fakes.modelscope)).toMatchObject({ commits: 1, blobBytes: 0, tags: 1 });
  });
});

test('many small files cost few requests', async () => {
  const id = `o/m${used++}`;
  const names = Array.from({ length: 300 }, (_, index) => `data/${index}.bin`);
  const ground = await open(Object.fromEntries(names.map((name) => [name, weights(`${id} ${name}`, 100)])));
  await ground.publish(`hf:${id}`);
  const { commits, steps } = countUploads(fakes.huggingface);
  expect(commits).toBe(1);
  expect((steps.preupload ?? 0) + (steps.offer ?? 0)).toBeLessThan(10);
});

describe('two publishers at once', () => {
  test('of different files: both are there in the end', async () => {
    const id = `o/m${used++}`;
    const [one, two] = [await open({ 'one.txt': 'one' }), await open({ 'two.txt': 'two' })];
    const outcomes = await Promise.all([one.publish(`hf:${id}`), two.publish(`hf:${id}`)]);
    expect(outcomes.map(({ failure }) => failure)).toEqual([undefined, undefined]);
    const tree = await hashRepository(fakes.huggingface.repository(id), 'main');
    expect(tree).toMatchObject(hashContents({ 'one.txt': 'one', 'two.txt': 'two' }));
  });

  test('of one file: one wins, the other hears of it', async () => {
    const id = `o/m${used++}`;
    const [one, two] = [await open({ 'a.txt': 'one' }), await open({ 'a.txt': 'two' })];
    // The other’s whole release comes between the look and the commit.
    fakes.steps.at('commit', 'before', async () => {
      await two.publish(`hf:${id}`);
    });
    expect(await code(one.publish(`hf:${id}`))).toBe('CONFLICT');
    const tree = await hashRepository(fakes.huggingface.repository(id), 'main');
    expect(tree).toMatchObject(hashContents({ 'a.txt': 'two' }));
  });
});
