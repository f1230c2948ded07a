// Starts processes that share a store and hears what they say. Not a test.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach } from 'vitest';
import type { ProcessSetting, Said } from './process.ts';

export interface StartedProcess {
  /** The next thing of this kind that it says. Fails when the process ends first. */
  hear<T extends Said['type']>(type: T): Promise<Said & { type: T }>;
  /** Ends it without a chance to tidy up. */
  kill(): Promise<void>;
}

/** Those that still run after a test are killed. */
export function useProcesses(): (setting: ProcessSetting) => StartedProcess {
  const running: StartedProcess[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.kill()));
  });
  return (setting) => {
    const program = path.join(import.meta.dirname, 'process.ts');
    const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
    const started = toStarted(spawn(process.execPath, [program, JSON.stringify(setting)], { stdio }));
    running.push(started);
    return started;
  };
}

function toStarted(child: ChildProcess): StartedProcess {
  if (child.stdout === null) throw new Error('the process says nothing');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exit = once(child, 'exit');
  return {
    async hear(type) {
      for (;;) {
        const { done, value } = await lines.next();
        if (done) throw new Error(`the process ended before it said ${type}`);
        const said = JSON.parse(value) as Said;
        if (isOf(said, type)) return said;
      }
    },
    async kill() {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

function isOf<T extends Said['type']>(said: Said, type: T): said is Said & { type: T } {
  return said.type === type;
}
