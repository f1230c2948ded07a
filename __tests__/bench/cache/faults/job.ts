// One job on a machine that has nothing: the action's two steps as a runner runs them, their time, their warnings, their files.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createMachine, runMain, runPost, type StepSetting } from '../../../e2e/runner.ts';

export interface JobSetting {
  readonly hubUrl: string;
  readonly model: string;
  /** What the runner sets for the cache. */
  readonly cache: Readonly<Record<string, string>>;
  /** The sha256 of every file by its path. */
  readonly truth: Readonly<Record<string, string>>;
}

export interface Job {
  readonly mainSeconds: number;
  readonly postSeconds: number;
  readonly warnings: readonly string[];
  readonly isGreen: boolean;
  readonly isRight: boolean;
}

export async function runJob({ hubUrl, model, cache, truth }: JobSetting): Promise<Job> {
  const machine = await createMachine();
  try {
    const setting: StepSetting = { inputs: { model }, env: { MODELSCOPE_ENDPOINT: hubUrl, ...cache } };
    const main = await timed(() => runMain(machine, setting));
    const post = await timed(() => runPost(machine, setting, main.value));
    const steps = [main.value, post.value];
    return {
      mainSeconds: main.seconds,
      postSeconds: post.seconds,
      warnings: steps.flatMap(({ log }) => log.split('\n').filter((line) => line.startsWith('::warning'))),
      isGreen: steps.every(({ exitCode }) => exitCode === 0),
      isRight: await areRight(main.value.outputs['path'] ?? '', truth),
    };
  } finally {
    await machine.scrap();
  }
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const beganMs = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - beganMs) / 1000 };
}

async function areRight(folder: string, truth: JobSetting['truth']): Promise<boolean> {
  for (const [name, sha256] of Object.entries(truth)) {
    const found = await digestOf(path.join(folder, name)).catch(() => undefined);
    if (found !== sha256) return false;
  }
  return folder !== '';
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}
