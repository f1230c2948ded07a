// Runs the program that the user named as the one that gives the token. The only file that starts a program: that one, directly, without
// a shell, and with nothing of it shown.

import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { aborted, ModelFetchError } from '../core/errors.ts';
import { printable } from '../core/repo-path.ts';
import type { CommandLine } from '../core/token/command.ts';
import { isToken } from '../core/token.ts';
import type { Variables } from './environment.ts';

/** Longer than a person needs to confirm, and a job can wait. */
const LIMIT_MS = 60_000;
/** In which what a program wrote before it ended is read, where something that it started still holds on to its output. */
const LAST_WORDS_MS = 500;
/** No token is longer. */
const MAX_BYTES = 64 * 1024;

export interface CommandGround {
  readonly variables: Variables;
  readonly platform: NodeJS.Platform;
  readonly limitMs?: number;
}

/** What the program writes to its standard output, as a token; blanks around it do not count. What it writes to its standard error is
 * dropped, since programs tell secrets there when they are asked to be talkative.
 * @throws TOKEN_COMMAND, ABORTED */
export async function runTokenCommand(line: CommandLine, ground: CommandGround, signal: AbortSignal): Promise<string> {
  const [program] = line;
  const name = printable(path.win32.basename(program));
  refuseBatch(program, name, ground.platform);
  if (ground.platform === 'win32') passWorkspaceBy();
  if (signal.aborted) throw aborted();
  const child = start(line, name, ground.variables);
  const text = await outputOf(child, { name, limitMs: ground.limitMs ?? LIMIT_MS }, signal);
  const token = text.trim();
  if (token === '') throw failed(name, 'wrote nothing to its standard output');
  if (!isToken(token))
    throw failed(name, 'wrote more than a token: a blank, a line break or a letter that no token has');
  return token;
}

// Some failures are thrown, such as a file where a folder is meant, or arguments that are too long; others are told by the child.
function start([program, ...args]: CommandLine, name: string, variables: Variables): ChildProcess {
  try {
    return spawn(program, args, {
      env: innocent(variables),
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
      shell: false,
    });
  } catch (error) {
    throw unstartable(name, error);
  }
}

// Since it would be a shell that runs it, which reads its arguments in a way that nobody can quote for.
function refuseBatch(program: string, name: string, platform: NodeJS.Platform): void {
  if (platform !== 'win32' || !/\.(cmd|bat)[ .]*$/i.test(program)) return;
  throw failed(name, 'is a batch file, which only a shell can run', {
    hint: 'Name the program that it starts, or the shell itself: `command: ["cmd.exe", "/d", "/c", "…"]`.',
  });
}

// Windows looks for a program where the process stands before it looks along the path, and a job stands among files that a pull request
// may have brought. Read from the environment of who starts it.
function passWorkspaceBy(): void {
  process.env['NoDefaultCurrentDirectoryInExePath'] = '1';
}

// What the runner gives to actions alone is not for programs, as a step with `run` does not have it either.
function innocent(variables: Variables): NodeJS.ProcessEnv {
  const isOurs = (name: string) => /^(INPUT_|STATE_|ACTIONS_(RUNTIME|RESULTS|CACHE)_)/i.test(name);
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !isOurs(name)));
}

interface Limits {
  readonly name: string;
  readonly limitMs: number;
}

function outputOf(child: ChildProcess, { name, limitMs }: Limits, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    let last: NodeJS.Timeout | undefined;
    const end = (settle: () => void) => {
      clearTimeout(timer);
      clearTimeout(last);
      signal.removeEventListener('abort', cancel);
      child.kill('SIGKILL');
      child.stdout?.destroy();
      settle();
    };
    const cancel = () => end(() => reject(aborted()));
    const slow = () => end(() => reject(failed(name, `did not end within ${limitMs / 1000} seconds`)));
    const timer = setTimeout(slow, limitMs);
    signal.addEventListener('abort', cancel, { once: true });
    child.once('error', (error) => end(() => reject(unstartable(name, error))));
    child.stdout?.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_BYTES) end(() => reject(failed(name, 'wrote more than any token is long')));
    });
    const judge = (exitCode: number | null, killer: string | null) => {
      if (exitCode === 0) return end(() => resolve(Buffer.concat(chunks).toString('utf8')));
      end(() => reject(failed(name, `ended with ${exitCode === null ? killer : `exit code ${exitCode}`}`)));
    };
    child.once('close', judge);
    // An agent that it has left running may keep its output open for as long as it lives.
    child.once('exit', (exitCode, killer) => {
      // What lies in the pipe is read before an immediate, and after a timer that is late.
      last = setTimeout(() => setImmediate(judge, exitCode, killer), LAST_WORDS_MS);
    });
  });
}

// Its message shows the arguments.
function unstartable(name: string, error: unknown): ModelFetchError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
  const said = code === 'ENOENT' ? 'is not there' : `could not be started (${code})`;
  return failed(name, said, {
    hint: 'Check its name and that it is installed before this step; on Windows name it with `.exe`.',
  });
}

const HINT =
  'Run it in a step of its own to see what it says: it is to write the token, and nothing else, to its standard output.';

function failed(name: string, what: string, { hint = HINT } = {}): ModelFetchError {
  return new ModelFetchError('TOKEN_COMMAND', `The program "${name}" of \`token\` ${what}.`, { hint });
}
