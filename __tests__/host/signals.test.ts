// How a run is stopped from outside, in a process of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';

const SIGNALS = new URL('../../src/host/signals.ts', import.meta.url).href;
const PROGRAM = `
  import { onCancel } from ${JSON.stringify(SIGNALS)};
  const signal = onCancel();
  signal.addEventListener('abort', () => console.log('cancelled'));
  setInterval(() => undefined, 2 ** 30);
  console.log('ready');
`;

// Windows has no signals that a process could send to another.
describe.skipIf(process.platform === 'win32')('the first signal cancels, the second ends the process', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s', async (signal) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(child, 'exit');
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      expect((await lines.next()).value).toBe('ready');
      child.kill(signal);
      expect((await lines.next()).value).toBe('cancelled');
      expect(child.exitCode).toBeNull();
      child.kill(signal);
      expect((await exit)[0]).toBe(130);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
