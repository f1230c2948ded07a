// A terminal, or any CI system's log: messages on stderr, results on stdout.

import type { Lines } from './console.ts';

export function createTerminalLines(stderr: NodeJS.WritableStream): Lines {
  const say = (line: string) => stderr.write(`${line}\n`);
  return {
    info: (line) => say(`  ${line}`),
    warn: (line) => say(`warning: ${line}`),
    section: (title) => say(title),
    end: () => undefined,
    secret: () => undefined,
  };
}
