// Starts processes that a test talks to line by line, and ends them with it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';

const PROGRAM = fileURLToPath(new URL('./child.ts', import.meta.url));

export interface Child {
  /** The next line that matches. Fails when the process ends first. */
  line(pattern: RegExp): Promise<string>;
  say(text: string): void;
  exitCode(): Promise<number | null>;
  /** Ends it without a chance to tidy up. */
  kill(): Promise<void>;
}

/** Children that still run after a test are killed. */
export function useChildren(): (task: 'write' | 'commit', folder: string) => Promise<Child> {
  const running: Child[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((child) => child.kill()));
  });
  return async (task, folder) => {
    const child = toChild(spawn(process.execPath, [PROGRAM, task, folder], { stdio: ['pipe', 'pipe', 'inherit'] }));
    running.push(child);
    await child.line(/^opened/);
    return child;
  };
}

function toChild(process: ChildProcess): Child {
  if (process.stdout === null) throw new Error('the child says nothing');
  const lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
  const exit = once(process, 'exit');
  return {
    async line(pattern) {
      for (;;) {
        const { done, value } = await lines.next();
        if (done) throw new Error(`the child ended before it said ${pattern}`);
        if (pattern.test(value)) return value;
      }
    },
    say: (text) => process.stdin?.write(`${text}\n`),
    exitCode: async () => (await exit)[0] as number | null,
    async kill() {
      process.kill('SIGKILL');
      await exit;
    },
  };
}
