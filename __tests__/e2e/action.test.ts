// The committed action as a runner executes it: outputs, summary, state into post, the cache in every mood, secrets.

import { chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { TOKENS } from '../fakes/access.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { fileBytes, hashFolder, hashRepository } from '../flows/open-flow.ts';
import { createMachine, type Machine, runMain, runPost, type StepResult, type StepSetting } from './runner.ts';

const MIB = 1024 * 1024;
const MODEL = {
  id: 'o/model',
  commits: [
    {
      files: {
        'config.json': '{"a":1}',
        'vocab.txt': 'words\n'.repeat(1000),
        'large.bin': { seed: 'large', sizeBytes: 20 * MIB },
        'middle.bin': { seed: 'middle', sizeBytes: 9 * MIB },
      },
    },
  ],
};
const PRIVATE = {
  id: 'o/secret',
  visibility: 'private',
  commits: [{ files: { 'a.bin': { seed: 's', sizeBytes: 2 * MIB } } }],
} as const;

let fakes: Fakes;
const machines: Machine[] = [];
beforeAll(async () => {
  fakes = await startFakes([MODEL, PRIVATE]);
});
afterAll(() => fakes.close());
afterEach(async () => {
  fakes.reset();
  for (const { key } of [...fakes.cache.entries]) fakes.cache.evict(key);
  Object.assign(fakes.cache.options, { health: 'up', retryAfterSeconds: undefined, access: 'read-write' });
  await Promise.all(machines.splice(0).map((machine) => machine.scrap()));
});

async function machine(): Promise<Machine> {
  const made = await createMachine();
  machines.push(made);
  return made;
}

function setting(inputs: Record<string, string> = {}, env: Record<string, string> = {}): StepSetting {
  return {
    inputs: { model: 'o/model', ...inputs },
    env: {
      MODELSCOPE_ENDPOINT: fakes.modelscope.url,
      HF_ENDPOINT: fakes.huggingface.url,
      ...fakes.cache.environment(),
      ...env,
    },
  };
}

/** One job on a fresh machine: main, then post. */
async function job(step = setting()): Promise<{ main: StepResult; post: StepResult; machine: Machine }> {
  const fresh = await machine();
  const main = await runMain(fresh, step);
  return { main, post: await runPost(fresh, step, main), machine: fresh };
}

const warnings = ({ log }: StepResult) => log.split('\n').filter((line) => line.startsWith('::warning'));
const truth = () => hashRepository(fakes.modelscope.repository('o/model'), 'master');

test('outputs, report and summary say what happened', async () => {
  const { main, post } = await job();
  expect(main.exitCode).toBe(0);
  expect(post.exitCode).toBe(0);
  expect(main.outputs).toMatchObject({ 'cache-hit': 'false', 'files-total': '4', 'files-downloaded': '4' });
  expect(main.outputs['revision']).toBe(fakes.modelscope.repository('o/model').resolve('master')?.id);
  expect(await hashFolder(main.outputs['path'] ?? '')).toEqual(await truth());
  expect(JSON.parse(main.outputs['paths'] ?? '')).toEqual({ 'modelscope:o/model': main.outputs['path'] });
  expect(JSON.parse(main.outputs['sources'] ?? '')).toEqual({ modelscope: Number(main.outputs['bytes-total']) });
  expect(JSON.parse(await readFile(main.outputs['report'] ?? '', 'utf8')).models[0].files).toHaveLength(4);
  expect(main.summary).toMatch(/```mermaid/);
  expect(fakes.cache.entries.map(({ key }) => key.replace(/[0-9a-f]{16,}/g, 'X')).sort()).toEqual([
    'model-fetch-v1-blob-sha256-X',
    'model-fetch-v1-blob-sha256-X',
    'model-fetch-v1-pack-X-X',
  ]);
});

test('a warm cache gives every byte to a fresh machine', async () => {
  await job();
  fakes.reset();
  const { main } = await job();
  expect(fileBytes(fakes)).toBe(0);
  expect(main.outputs).toMatchObject({ 'cache-hit': 'true', 'bytes-downloaded': '0' });
  expect(await hashFolder(main.outputs['path'] ?? '')).toEqual(await truth());
});

test('saved at once, the next job has it whatever becomes of this one; its post step has nothing to do', async () => {
  const fresh = await machine();
  const step = setting({ 'cache-save': 'immediately', 'cache-limit': '15MiB' });
  const main = await runMain(fresh, step);
  expect(main.state).toEqual({});
  expect(fakes.cache.entries.map(({ sizeBytes }) => sizeBytes >= MIB)).toEqual([false, true]);
  expect(main.summary).toMatch(/Runner cache: 0 of 3 entries/);
  const links = fakes.cache.server.requests.flatMap(({ query }) => query.get('sig') ?? []);
  expect(main.masks).toEqual(expect.arrayContaining(links));
  expect((await runPost(fresh, step, main)).exitCode).toBe(0);
  const second = await job();
  expect(second.main.outputs['cache-hit']).toBe('partial');
  expect(JSON.parse(second.main.outputs['sources'] ?? '')).toMatchObject({ cache: 9 * MIB + 7 + 6000 });
});

test('one flipped byte in a cache entry: noticed, fetched from the hub, never green with it', async () => {
  await job();
  const key = fakes.cache.entries.find((entry) => entry.key.includes('-blob-'))?.key ?? '';
  const other = fakes.cache.entries.find((entry) => entry.key.includes('-blob-') && entry.key !== key)?.key ?? '';
  for (const damaged of [key, other]) await fakes.cache.damage(damaged, (bytes) => flip(bytes));
  fakes.reset();
  const { main } = await job();
  expect(main.exitCode).toBe(0);
  expect(main.outputs['cache-hit']).not.toBe('true');
  expect(await hashFolder(main.outputs['path'] ?? '')).toEqual(await truth());
  expect(warnings(main), main.log).toHaveLength(1);

  function flip(bytes: Buffer): Buffer {
    const copy = Buffer.from(bytes);
    const at = Math.floor(copy.length / 2);
    copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
    return copy;
  }
});

test('a cache entry with other content is refused by its digest', async () => {
  await job();
  const [a, b] = fakes.cache.entries.filter((entry) => entry.key.includes('-blob-')).map(({ key }) => key);
  let bytes = Buffer.alloc(0);
  await fakes.cache.damage(b ?? '', (stored) => {
    bytes = Buffer.from(stored);
    return stored;
  });
  await fakes.cache.damage(a ?? '', () => bytes);
  fakes.reset();
  const { main } = await job();
  expect(main.exitCode).toBe(0);
  expect(main.outputs['cache-hit']).toBe('partial');
  expect(await hashFolder(main.outputs['path'] ?? '')).toEqual(await truth());
});

test('a job that fails keeps what it verified: the next one restores it', async () => {
  const { flippedByte } = await import('../fakes/faults.ts');
  fakes.faults.add(flippedByte(Number.POSITIVE_INFINITY), { path: 'large.bin' });
  const { main, post } = await job();
  expect(main.exitCode).toBe(5);
  expect(main.log).toMatch(/::error title=DIGEST_MISMATCH::/);
  expect(post.exitCode).toBe(0);
  fakes.reset();
  const second = await job();
  expect(second.main.exitCode).toBe(0);
  expect(fileBytes(fakes)).toBe(20 * MIB);
});

describe('a cache that fails costs one warning and is left alone', () => {
  test('throttled', async () => {
    fakes.cache.options.retryAfterSeconds = 60;
    const { main, post } = await job();
    expect([main.exitCode, post.exitCode]).toEqual([0, 0]);
    expect([warnings(main).length, warnings(post).length]).toEqual([1, 0]);
    // One call found out; the other entries were not asked for, and nothing was saved.
    expect(fakes.cache.server.count()).toBe(1);
  });

  test('nobody there', async () => {
    const { main, post } = await job(setting({}, { ACTIONS_RESULTS_URL: 'http://127.0.0.1:1/' }));
    expect([main.exitCode, post.exitCode]).toEqual([0, 0]);
    expect([warnings(main).length, warnings(post).length]).toEqual([1, 0]);
  });

  test('read-only token', async () => {
    fakes.cache.options.access = 'read-only';
    const { main, post } = await job();
    expect([main.exitCode, post.exitCode]).toEqual([0, 0]);
    expect(fakes.cache.entries).toEqual([]);
  });
});

describe('a cache that may not be written is not written', () => {
  test.each([
    [{ cache: 'read-only' }, {}],
    [{ cache: 'false' }, {}],
    [{}, { ACTIONS_CACHE_MODE: 'read' }],
    [{}, { GITHUB_EVENT_NAME: 'pull_request_target' }],
  ] as const)('inputs %j, environment %j', async (inputs, env) => {
    const { main } = await job(setting(inputs, env));
    expect(main.exitCode).toBe(0);
    expect(main.state).toEqual({});
    expect(fakes.cache.entries).toEqual([]);
    expect(fakes.cache.server.requests.filter(({ path }) => path.endsWith('/CreateCacheEntry'))).toEqual([]);
  });
});

test('a file that a later step changed is not saved', async () => {
  const fresh = await machine();
  const main = await runMain(fresh, setting());
  const file = path.join(main.outputs['path'] ?? '', 'large.bin');
  await chmod(file, 0o644);
  await writeFile(file, 'changed by a later step', { flag: 'r+' });
  const post = await runPost(fresh, setting(), main);
  expect(post.exitCode).toBe(0);
  expect(warnings(post)).toHaveLength(1);
  expect(fakes.cache.entries.filter((entry) => entry.key.includes('-blob-'))).toHaveLength(1);
});

test('tokens and signed links are masked, in the log and in every file', async () => {
  const step = setting({ model: 'hf:o/secret' }, { HF_TOKEN: TOKENS.reader });
  const { main, post, machine: fresh } = await job(step);
  expect(main.exitCode).toBe(0);
  expect(main.masks).toContain(TOKENS.reader);
  expect(main.masks.some((mask) => mask.includes('Signature='))).toBe(true);
  const written = [main.log, post.log, main.summary, ...Object.values(main.outputs), ...Object.values(main.state)];
  const report = await readFile(main.outputs['report'] ?? '', 'utf8');
  for (const text of [...written, report]) expect(text).not.toMatch(/hf_reader|Signature=/);
  expect(fresh.temp).toBeTruthy();
});

test('bad inputs fail the step with one annotation that names them all', async () => {
  const { main, post } = await job(setting({ model: 'xx:o/n\no', cache: 'maybe' }));
  expect(main.exitCode).toBe(2);
  expect(main.log.match(/::error title=BAD_OPTION::BAD_OPTION: 3 problems/g)).toHaveLength(1);
  expect(post.exitCode).toBe(0);
});

test('on a self-hosted runner the store outlives the job', async () => {
  const fresh = await machine();
  const step = setting({ cache: 'false' }, { RUNNER_ENVIRONMENT: 'self-hosted' });
  await runMain(fresh, step);
  fakes.reset();
  const { rm, mkdir } = await import('node:fs/promises');
  await rm(fresh.temp, { recursive: true });
  await mkdir(fresh.temp);
  const again = await runMain(fresh, step);
  expect(again.outputs['cache-hit']).toBe('true');
  expect(fileBytes(fakes)).toBe(0);
});

test('cancelled by the runner: exit 130, and post still ends well', async () => {
  const { stallAfter } = await import('../fakes/faults.ts');
  fakes.faults.add(stallAfter(), { path: 'large.bin' });
  const fresh = await machine();
  const controller = new AbortController();
  const running = runMain(fresh, { ...setting(), signal: controller.signal });
  await expect.poll(() => fakes.faults.struck.length, { timeout: 20_000 }).toBe(1);
  controller.abort();
  const main = await running;
  fakes.faults.release();
  expect(main.exitCode).toBe(130);
  expect((await runPost(fresh, setting(), main)).exitCode).toBe(0);
});
