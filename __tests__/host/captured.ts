// What a piece of work writes to the standard output, which in a runner is where commands are read.

import { afterAll, beforeAll, vi } from 'vitest';

/** Everything that was written while the work ran. */
export async function captureStdout(work: () => unknown): Promise<string> {
  const written: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    written.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
    return true;
  });
  try {
    await work();
  } finally {
    spy.mockRestore();
  }
  return written.join('');
}

/** Keeps what the runner's packages say to the runner alone, debug lines and masks, out of the output of a test file. */
export function useQuietRunner(): void {
  beforeAll(() => {
    const write = process.stdout.write.bind(process.stdout) as (...args: unknown[]) => boolean;
    vi.spyOn(process.stdout, 'write').mockImplementation((...args: unknown[]) => {
      const [text] = args;
      return typeof text === 'string' && /^::(?:debug|add-mask)::/.test(text) ? true : write(...args);
    });
  });
  afterAll(() => vi.restoreAllMocks());
}

/** Workflow commands in a log, found as a runner finds them: a line that begins with two colons, or `##[` anywhere. */
export function commandsIn(log: string): string[] {
  return log.split(/\r?\n|\r/).filter((line) => line.trim().startsWith('::') || line.includes('##['));
}
