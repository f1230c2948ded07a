// A program as a process: started directly, listened to until it ends, ended with all that it started when it may not go on. The only file
// that starts any; what its output means is told elsewhere.

import { type ChildProcess, spawn } from 'node:child_process';
import type { CommandLine } from '../core/token/command.ts';
import type { Variables } from './environment.ts';

/** For what is still in the pipe when the program has ended. Whoever holds the pipe longer is not the program. */
const REST_MS = 500;

export interface ProgramSetting {
  readonly variables: Variables;
  readonly platform: NodeJS.Platform;
  readonly limitMs: number;
  readonly maxBytes: number;
}

/** How it ended: by itself, with what it wrote to its standard output; or it was ended, and why; or it never began. */
export type ProgramEnd =
  | {
      readonly kind: 'ended';
      readonly exitCode: number | null;
      readonly killer: string | null;
      readonly output: string;
    }
  | { readonly kind: 'slow' | 'talkative' | 'stopped' }
  | { readonly kind: 'unstarted'; readonly error: unknown };

/** Runs it to its end, without a shell, with nothing to read, and with its standard error dropped. What it leaves running on purpose when
 * it ends by itself is left alone; when it is ended, so is what it started. Never rejects. */
export async function runProgram(line: CommandLine, setting: ProgramSetting, signal: AbortSignal): Promise<ProgramEnd> {
  if (signal.aborted) return { kind: 'stopped' };
  let child: ChildProcess;
  try {
    child = start(line, setting);
  } catch (error) {
    // Some failures are thrown, such as arguments that are too long; others are told by the child.
    return { kind: 'unstarted', error };
  }
  const end = await endOf(child, setting, signal);
  // Something that it left running may hold on to it.
  child.stdout?.destroy();
  if (end.kind !== 'ended' && end.kind !== 'unstarted') endAll(child, setting);
  return end;
}

function start([program, ...args]: CommandLine, { variables, platform }: ProgramSetting): ChildProcess {
  return spawn(program, args, {
    env: { ...variables },
    stdio: ['ignore', 'pipe', 'ignore'],
    windowsHide: true,
    shell: false,
    // A group of its own, by which it can be ended with what it started; Windows knows that by itself.
    detached: platform !== 'win32',
  });
}

function endOf(child: ChildProcess, { limitMs, maxBytes }: ProgramSetting, signal: AbortSignal): Promise<ProgramEnd> {
  const { promise, resolve } = Promise.withResolvers<ProgramEnd>();
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const ended = (exitCode: number | null, killer: string | null) =>
    resolve({ kind: 'ended', exitCode, killer, output: Buffer.concat(chunks).toString('utf8') });
  const stop = () => resolve({ kind: 'stopped' });
  const limit = setTimeout(() => resolve({ kind: 'slow' }), limitMs);
  let rest: NodeJS.Timeout | undefined;
  signal.addEventListener('abort', stop, { once: true });
  child.once('error', (error) => resolve({ kind: 'unstarted', error }));
  child.stdout?.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) resolve({ kind: 'talkative' });
  });
  child.once('exit', (...how) => {
    clearTimeout(limit);
    // What lies in the pipe is read before an immediate, and perhaps after a timer that is late.
    rest = setTimeout(() => setImmediate(ended, ...how), REST_MS);
  });
  child.once('close', ended);
  return promise.finally(() => {
    clearTimeout(limit);
    clearTimeout(rest);
    signal.removeEventListener('abort', stop);
  });
}

function endAll(child: ChildProcess, { platform, variables }: ProgramSetting): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (platform === 'win32') endTree(child, pid, variables);
  else endGroup(pid);
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it is gone already.
  }
}

// Windows knows a process's children only as long as it lives, and its own program ends them with it. That is named with its folder.
function endTree(child: ChildProcess, pid: number, variables: Variables): void {
  const root = Object.entries(variables).find(([name]) => name.toUpperCase() === 'SYSTEMROOT')?.[1] ?? 'C:\\Windows';
  const program = `${root}\\System32\\taskkill.exe`;
  // Without it at least the program itself ends.
  const endOne = () => void child.kill('SIGKILL');
  try {
    const killer = spawn(program, ['/pid', String(pid), '/t', '/f'], {
      stdio: 'ignore',
      windowsHide: true,
      shell: false,
    });
    killer.once('error', endOne).once('exit', endOne);
  } catch {
    // It could not even be tried.
    endOne();
  }
}
