// The example "publish on tag push" of README, run as a runner runs it, through the committed action: for each hub, and for both.

import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { TOKENS } from '../fakes/access.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { countUploads } from '../fakes/upload-counts.ts';
import { hashRepository } from '../flows/open-flow.ts';
import { hashContents, weights } from '../flows/open-upload.ts';
import { runCommand } from './command.ts';
import { createMachine, type Machine, runMain, type StepSetting } from './runner.ts';

interface Step {
  readonly with?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

function exampleStep(): Required<Step> {
  const readme = readFileSync(path.join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');
  const text = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, one = '']) => one);
  const steps = text.flatMap(
    (one) => (parse(one) as { jobs: Record<string, { steps: Step[] }> }).jobs['publish']?.steps ?? [],
  );
  const step = steps.find((one) => one.with?.['mode'] === 'upload');
  if (step?.with === undefined || step.env === undefined) throw new Error('README has no example that publishes');
  return { with: step.with, env: step.env };
}

const EXAMPLE = exampleStep();
const [MS = '', HF = ''] = (EXAMPLE.with['model'] ?? '').trim().split('\n');
const ID = MS.replace('ms:', '');
const RELEASE = {
  'config.json': '{"released":true}',
  'README.md': '---\nlicense: apache-2.0\n---\n# Awesome\n',
  'model.safetensors': weights('released', 3_000_000),
};

let fakes: Fakes;
let machine: Machine;
beforeAll(async () => {
  fakes = await startFakes([{ id: 'o/other', commits: [{ files: { 'a.txt': 'a' } }] }]);
});
afterEach(async () => {
  fakes.reset();
  await machine.scrap();
});
afterAll(() => fakes.close());

async function checkpoint(): Promise<void> {
  machine = await createMachine();
  const folder = path.join(machine.workspace, EXAMPLE.with['path'] ?? '');
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(RELEASE)) await writeFile(path.join(folder, name), content);
}

function step(tag: string, inputs: Readonly<Record<string, string>> = {}): StepSetting {
  const secrets = Object.fromEntries(Object.keys(EXAMPLE.env).map((name) => [name, TOKENS.writer]));
  return {
    inputs: { ...EXAMPLE.with, ...inputs },
    env: {
      ...secrets,
      MODELSCOPE_ENDPOINT: fakes.modelscope.url,
      HF_ENDPOINT: fakes.huggingface.url,
      GITHUB_REPOSITORY: 'acme/training',
      GITHUB_SHA: 'c0ffee',
      GITHUB_RUN_ID: '7',
      GITHUB_REF_TYPE: 'tag',
      GITHUB_REF_NAME: tag,
    },
  };
}

test.each([
  ['ModelScope', MS, 'acme/for-one', ['modelscope']],
  ['Hugging Face', HF, 'acme/for-another', ['huggingface']],
  ['both', EXAMPLE.with['model'] ?? '', ID, ['modelscope', 'huggingface']],
] as const)('published to %s', async (_name, model, id, hubs) => {
  await checkpoint();
  const result = await runMain(machine, step('v1.0', { model: model.replaceAll(ID, id) }));
  expect(result.log).not.toMatch(/^::error/m);
  expect(result.exitCode).toBe(0);
  const repositories = hubs.map((hub) => fakes[hub].repository(id));
  const heads = repositories.map((repository) => repository.branches.get(repository.defaultBranch));
  expect(result.outputs['commit']?.split('\n')).toEqual(heads);
  expect(result.outputs['tag']?.split('\n')).toEqual(hubs.map(() => 'v1.0'));
  expect(result.outputs).toMatchObject({ changed: 'true', 'files-uploaded': String(3 * hubs.length) });
  for (const repository of repositories) {
    expect(repository.tags.get('v1.0')).toBe(repository.branches.get(repository.defaultBranch));
    expect(await hashRepository(repository, 'v1.0')).toMatchObject(hashContents(RELEASE));
    expect(repository.resolve('v1.0')?.message).toContain('Release v1.0');
  }
  expect(JSON.parse(await readFile(result.outputs['report'] ?? '', 'utf8'))).toMatchObject({ mode: 'upload' });
  expect(result.summary).toContain('Every digest was read back');
  expect([result.log, result.summary].join()).not.toContain(TOKENS.writer);
});

test.each([
  ['ModelScope', 'modelscope', 'ms:acme/by-program'],
  ['Hugging Face', 'huggingface', 'hf:acme/by-program'],
] as const)('a program gives the token to %s, and another one when that ends on the way', async (_name, hub, model) => {
  await checkpoint();
  const tokens = ['first-of-the-program', 'second-of-the-program'];
  const count = path.join(machine.folder, 'count');
  const program = path.join(machine.folder, 'give-token.mjs');
  const code = `import { appendFileSync, readFileSync } from 'node:fs';
    appendFileSync(process.argv[2], 'x');
    console.log(${JSON.stringify(tokens)}[readFileSync(process.argv[2]).length - 1]);`;
  await writeFile(program, code);
  const { options } = fakes[hub];
  options.tokens = { ...TOKENS, writer: tokens[0] ?? '' };
  // All contents are there by then; the hub itself says 401.
  fakes.steps.at('commit', 'before', () => {
    options.tokens = { ...TOKENS, writer: tokens[1] ?? '' };
    return undefined;
  });
  const token = `command: ${JSON.stringify([process.execPath, program, count])}`;
  const result = await runMain(machine, step('v1.0', { model, token }));
  options.tokens = TOKENS;
  expect(result.log).not.toMatch(/^::error/m);
  expect(result).toMatchObject({ exitCode: 0, outputs: { tag: 'v1.0', changed: 'true' } });
  expect(await hashRepository(fakes[hub].repository('acme/by-program'), 'v1.0')).toMatchObject(hashContents(RELEASE));
  expect(await readFile(count, 'utf8')).toBe('xx');
  expect(countUploads(fakes[hub]).commits).toBe(1);
  expect(result.masks).toEqual(expect.arrayContaining(tokens));
  expect([result.log, result.summary, JSON.stringify(result.outputs)].join()).not.toMatch(/-of-the-program/);
});

test('a failure after the first commit fails the step, and its outputs say which target is where', async () => {
  await checkpoint();
  fakes.steps.at('tag', 'before', () => ({ status: 403, body: { error: 'Forbidden' } }));
  const result = await runMain(machine, step('v9', { model: 'hf:acme/partly' }));
  expect(result.exitCode).not.toBe(0);
  expect(result.log).toMatch(/^::error title=READ_ONLY/m);
  expect(JSON.parse(await readFile(result.outputs['report'] ?? '', 'utf8')).targets[0].state).toBe('committed');
});

test('an option of downloads is refused by name', async () => {
  await checkpoint();
  const result = await runMain(machine, step('v1', { cache: 'false' }));
  expect(result.exitCode).toBe(2);
  expect(result.log).toMatch(/`cache` is for mode download/);
  expect(countUploads(fakes.huggingface).commits + countUploads(fakes.modelscope).commits).toBe(0);
});

test('the command prints the plan, and publishes it', async () => {
  await checkpoint();
  const { env } = step('v1');
  const run = (...args: string[]) =>
    runCommand(['upload', 'ms:acme/by-command', '--path', 'checkpoint', ...args], {
      cwd: machine.workspace,
      env: { ...env, GITHUB_ACTIONS: '' },
    });
  const plan = await run('--dry-run');
  expect(plan).toMatchObject({ exitCode: 0 });
  expect(plan.stdout).toMatch(/model\.safetensors \(2\.86 MiB\): add/);
  expect(countUploads(fakes.modelscope)).toMatchObject({ commits: 0, blobBytes: 0 });
  const done = await run('--json', '--tag', 'v1');
  expect(done).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(done.stdout).targets[0]).toMatchObject({ state: 'published', tag: 'v1' });
});
