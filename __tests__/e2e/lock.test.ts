// The lock file, offline runs and a hub that refuses everything, through the committed programs: the command and the action.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { hashFolder, hashRepository } from '../flows/open-flow.ts';
import { runCommand } from './command.ts';
import { createMachine, type Machine, runMain, runPost, type StepSetting } from './runner.ts';

const MODEL = {
  id: 'o/model',
  commits: [{ files: { 'config.json': '{"a":1}', 'large.bin': { seed: 'l', sizeBytes: 9_000_000 } } }],
};

let fakes: Fakes;
let cwd: string;
beforeAll(async () => {
  fakes = await startFakes([MODEL]);
});
afterAll(() => fakes.close());
beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'lock-'));
});
afterEach(async () => {
  fakes.reset();
  await rm(cwd, { recursive: true, force: true });
});

const environment = () => ({ MODELSCOPE_ENDPOINT: fakes.modelscope.url, HF_ENDPOINT: fakes.huggingface.url });
const requests = () => fakes.modelscope.server.count() + fakes.huggingface.server.count() + fakes.cdn.server.count();
const truth = () => hashRepository(fakes.modelscope.repository('o/model'), 'master');
const commit = () => fakes.modelscope.repository('o/model').resolve('master')?.id ?? '';

function refuseAll(): void {
  fakes.reset();
  for (const { server } of [fakes.modelscope, fakes.huggingface, fakes.cdn]) server.answer(/./, { status: 429 });
}

describe('the command', () => {
  const run = (...args: string[]) => runCommand(args, { cwd, env: environment() });
  const codeIn = (stderr: string) => /^([A-Z_]+): /m.exec(stderr)?.[1];

  test('lock, then a locked run; the hub refuses everything, and it runs again with no request', async () => {
    const locked = await run('lock', 'o/model');
    expect(locked.exitCode, locked.stderr).toBe(0);
    expect(locked.stdout).toContain(commit());
    const text = await readFile(path.join(cwd, 'model.lock'), 'utf8');
    expect(text).toContain(`"revision": "${commit()}"`);
    const args = ['download', 'o/model', '--path', 'here', '--lock', 'model.lock', '--locked'];
    expect((await run(...args)).exitCode).toBe(0);
    refuseAll();
    const again = await run(...args, '--json');
    expect(again.exitCode, again.stderr).toBe(0);
    expect(JSON.parse(again.stdout).models[0]).toMatchObject({ resolvedBy: 'lock', cacheHit: 'true' });
    expect(requests()).toBe(0);
    expect(await hashFolder(path.join(cwd, 'here'))).toEqual(await truth());
  });

  test('pinned by its commit it needs no request either, and by its branch it says what would help', async () => {
    expect((await run('download', 'o/model')).exitCode).toBe(0);
    refuseAll();
    expect((await run('download', `o/model@${commit()}`)).exitCode).toBe(0);
    expect(requests()).toBe(0);
    const failed = await run('download', 'o/model', '--retries', '0');
    expect([codeIn(failed.stderr), failed.exitCode]).toEqual(['RATE_LIMITED', 4]);
    expect(failed.stderr).toContain(`o/model@${commit()}`);
  });

  test('a check says what moved and writes nothing', async () => {
    await run('lock', 'o/model');
    const before = await readFile(path.join(cwd, 'model.lock'), 'utf8');
    expect((await run('lock', '--locked')).exitCode).toBe(0);
    const repository = fakes.modelscope.repository('o/model');
    const old = commit();
    repository.commit('master', { 'config.json': '{"a":2}' });
    try {
      const stale = await run('lock', '--locked');
      expect([codeIn(stale.stderr), stale.exitCode]).toEqual(['LOCK_MISMATCH', 2]);
      expect(await readFile(path.join(cwd, 'model.lock'), 'utf8')).toBe(before);
      const { stdout } = await run('lock', '--json');
      expect(JSON.parse(stdout)).toMatchObject({ changed: true, models: [{ before: old, changed: ['config.json'] }] });
    } finally {
      repository.branches.set('master', old);
    }
  });

  test('a lock file that cannot be read ends with its code', async () => {
    await writeFile(path.join(cwd, 'model.lock'), '<<<<<<< HEAD\n');
    const result = await run('download', 'o/model', '--locked');
    expect([codeIn(result.stderr), result.exitCode]).toEqual(['BAD_LOCK', 2]);
    expect(requests()).toBe(0);
  });
});

describe('offline', () => {
  let listener: Server;
  let connections = 0;
  let endpoint: string;
  beforeEach(async () => {
    connections = 0;
    listener = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const address = listener.address();
    endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  });
  afterEach(() => new Promise((resolve) => listener.close(resolve)));

  test('the command opens no connection, whether all is here or nothing', async () => {
    const env = { MODELSCOPE_ENDPOINT: endpoint, HF_ENDPOINT: endpoint, HTTP_PROXY: endpoint, HTTPS_PROXY: endpoint };
    const offline = (...args: string[]) => runCommand(['download', '--offline', ...args], { cwd, env });
    const nothing = await offline('o/model', 'hf:o/other');
    expect(nothing.exitCode).toBe(2);
    for (const part of ['OFFLINE: ', 'modelscope:o/model', 'huggingface:o/other'])
      expect(nothing.stderr).toContain(part);
    // The content is brought with the lock file of another endpoint: what it holds is by digest.
    const fetched = await runCommand(['lock', 'o/model'], { cwd, env: environment() });
    expect(fetched.exitCode).toBe(0);
    const online = ['download', 'o/model', '--path', 'here', '--locked'];
    expect((await runCommand(online, { cwd, env: environment() })).exitCode).toBe(0);
    const all = await offline('o/model', '--path', 'here', '--locked');
    expect(all.exitCode, all.stderr).toBe(0);
    expect(await hashFolder(path.join(cwd, 'here'))).toEqual(await truth());
    expect(connections).toBe(0);
  });

  test('the action asks neither the hub nor the runner cache', async () => {
    const machine = await createMachine();
    try {
      const env = {
        MODELSCOPE_ENDPOINT: endpoint,
        ACTIONS_RESULTS_URL: `${endpoint}/`,
        ACTIONS_CACHE_URL: `${endpoint}/`,
      };
      const cache = { ACTIONS_CACHE_SERVICE_V2: 'true', ACTIONS_RUNTIME_TOKEN: 'token' };
      const setting = { inputs: { model: 'o/model', offline: 'true' }, env: { ...env, ...cache } };
      const main = await runMain(machine, setting);
      expect(main.exitCode).toBe(2);
      expect(main.log).toContain('OFFLINE');
      expect((await runPost(machine, setting, main)).exitCode).toBe(0);
      expect(connections).toBe(0);
    } finally {
      await machine.scrap();
    }
  });
});

describe('the action', () => {
  const machines: Machine[] = [];
  afterEach(async () => {
    for (const { key } of [...fakes.cache.entries]) fakes.cache.evict(key);
    await Promise.all(machines.splice(0).map((machine) => machine.scrap()));
  });
  const machine = async (lock?: string) => {
    const made = await createMachine();
    machines.push(made);
    if (lock !== undefined) await writeFile(path.join(made.workspace, 'model.lock'), lock);
    return made;
  };
  const step = (inputs: Record<string, string>): StepSetting => ({
    inputs,
    env: { ...environment(), ...fakes.cache.environment() },
  });

  test('mode lock writes the file into the workspace and says so', async () => {
    const first = await machine();
    const main = await runMain(first, step({ mode: 'lock', model: 'o/model' }));
    expect(main.exitCode, main.log).toBe(0);
    expect(main.outputs).toMatchObject({ 'lock-changed': 'true', revision: commit(), 'files-total': '2' });
    expect(main.summary).toMatch(/### Lock file/);
    expect(JSON.parse(await readFile(main.outputs['report'] ?? '', 'utf8')).models).toHaveLength(1);
    expect((await runPost(first, step({ mode: 'lock', model: 'o/model' }), main)).exitCode).toBe(0);
    // Without a model: all that the file has.
    const again = await runMain(first, step({ mode: 'lock' }));
    expect(again.outputs).toMatchObject({ 'lock-changed': 'false', revision: commit() });
  });

  test('a locked job on a fresh machine with a warm runner cache asks the hub nothing, which refuses everything', async () => {
    const writer = await machine();
    await runMain(writer, step({ mode: 'lock', model: 'o/model' }));
    const lock = await readFile(path.join(writer.workspace, 'model.lock'), 'utf8');
    const inputs = { model: 'o/model', lock: 'model.lock', locked: 'true' };
    const cold = await machine(lock);
    const main = await runMain(cold, step(inputs));
    expect(main.exitCode, main.log).toBe(0);
    await runPost(cold, step(inputs), main);
    refuseAll();
    const warm = await runMain(await machine(lock), step(inputs));
    expect(warm.exitCode, warm.log).toBe(0);
    expect(warm.outputs['cache-hit']).toBe('true');
    expect(await hashFolder(warm.outputs['path'] ?? '')).toEqual(await truth());
    expect(requests()).toBe(0);
  });
});
