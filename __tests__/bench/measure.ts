// One command, measured with everything that it starts. Knows nothing of what the command does.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { watchMemory } from './memory.ts';

/** Longer than any run should take. */
const LIMIT_MS = 5 * 60_000;

export interface Command {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Measured {
  /** Undefined: stopped at the time limit. */
  readonly exitCode: number | undefined;
  readonly wallSeconds: number;
  /** User and system time of all processes, as the kernel adds them up when they end. */
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  /** Bytes that reading system calls gave to all processes: files, sockets and their own programs. */
  readonly readBytes: number;
  /** Milliseconds of the epoch. */
  readonly endMs: number;
  /** The last line of its output that speaks of an error, else the last line. */
  readonly complaint: string;
}

// bash waits for the command, and so has the exact CPU time and I/O counts of the tree; sampling could miss the end.
const SCRIPT = `
result=$1 log=$2
shift 2
TIMEFORMAT='cpu %U %S'
echo "start $EPOCHREALTIME" >"$result"
{ time "$@" >"$log" 2>&1 </dev/null; } 2>>"$result"
exit=$?
echo "end $EPOCHREALTIME" >>"$result"
echo "exit $exit" >>"$result"
grep rchar /proc/$$/io >>"$result"
`;

/** @param folder where the command runs, and where its output is kept
 * @throws Error when the signal fires; the processes are ended */
export async function measure(command: Command, folder: string, signal: AbortSignal): Promise<Measured> {
  signal.throwIfAborted();
  const result = path.join(folder, 'measured');
  const log = path.join(folder, 'output');
  const child = spawn('bash', ['-c', SCRIPT, 'measure', result, log, ...command.argv], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, LC_ALL: 'C', ...command.env },
    stdio: 'ignore',
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('bash is not installed.');
  const kill = () => process.kill(-pid, 'SIGKILL');
  const timer = setTimeout(kill, LIMIT_MS);
  signal.addEventListener('abort', kill, { once: true });
  const memory = watchMemory(pid);
  await once(child, 'close');
  const peakBytes = memory.stop();
  clearTimeout(timer);
  signal.removeEventListener('abort', kill);
  signal.throwIfAborted();
  return { ...readResult(readText(result)), peakBytes, complaint: complaintOf(readText(log)) };
}

function readResult(text: string): Omit<Measured, 'peakBytes' | 'complaint'> {
  const field = (name: string) =>
    new RegExp(`^${name}:? ([\\d. ]+)$`, 'm').exec(text)?.[1]?.split(' ').map(Number) ?? [];
  const [startSeconds = 0] = field('start');
  const [endSeconds = 0] = field('end');
  const [userSeconds = 0, systemSeconds = 0] = field('cpu');
  return {
    exitCode: field('exit')[0],
    wallSeconds: endSeconds - startSeconds,
    cpuSeconds: userSeconds + systemSeconds,
    readBytes: field('rchar')[0] ?? 0,
    endMs: endSeconds * 1000,
  };
}

function readText(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function complaintOf(output: string): string {
  const lines = output.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  return (lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? '').trim();
}
