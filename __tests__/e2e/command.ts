// Runs the committed command as a process of its own, outside the repository and with a fresh environment. Not a test.

import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { COMPILED } from '../compiled.ts';

const COMMAND = path.join(import.meta.dirname, '..', '..', 'dist', 'cli', 'index.js');

export interface CommandResult {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandSetting {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The committed one unless given. */
  readonly program?: string;
}

export interface RunningCommand {
  readonly child: ChildProcess;
  readonly result: Promise<CommandResult>;
}

export function startCommand(args: readonly string[], setting: CommandSetting): RunningCommand {
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: setting.cwd,
    USERPROFILE: setting.cwd,
    ...COMPILED,
    ...setting.env,
  };
  const child = spawn(process.execPath, [setting.program ?? COMMAND, ...args], {
    cwd: setting.cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
    });
  }
  const result = new Promise<CommandResult>((resolve, reject) => {
    child.on('error', reject).on('close', (exitCode, signal) => resolve({ exitCode, signal, ...text }));
  });
  return { child, result };
}

export function runCommand(args: readonly string[], setting: CommandSetting): Promise<CommandResult> {
  return startCommand(args, setting).result;
}
