// What the program says that the user named as the one that gives the token, and what is told when it says none. Nothing of its words is
// shown, and nothing of its arguments.

import path from 'node:path';
import { aborted, ModelFetchError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import type { CommandLine } from '../core/token/command.ts';
import { isToken } from '../core/token.ts';
import type { Variables } from './environment.ts';
import { findProgram, type SearchGround } from './find-program.ts';
import { type ProgramEnd, runProgram } from './program.ts';

/** Longer than a person needs to confirm, and a job can wait. */
const LIMIT_MS = 60_000;
/** No token is longer. */
const MAX_BYTES = 64 * 1024;

export interface CommandGround extends SearchGround {
  readonly limitMs?: number;
}

/** What the program writes to its standard output, as a token; blanks around it do not count. What it writes to its standard error is
 * dropped, since programs tell secrets there when they are asked to be talkative.
 * @throws TOKEN_COMMAND, ABORTED */
export async function runTokenCommand(line: CommandLine, ground: CommandGround, signal: AbortSignal): Promise<string> {
  const [program, ...args] = line;
  const name = path.win32.basename(program);
  refuseBatch(program, name, ground.platform);
  if (signal.aborted) throw aborted();
  const found = await findProgram(program, ground);
  if (found === undefined) throw missing(name);
  const { platform, limitMs = LIMIT_MS } = ground;
  const setting = { variables: innocent(ground.variables), platform, limitMs, maxBytes: MAX_BYTES };
  const token = outputOf(await runProgram([found, ...args], setting, signal), { name, limitMs }).trim();
  if (token === '') throw failed(name, 'wrote nothing to its standard output');
  if (!isToken(token))
    throw failed(name, 'wrote more than a token: a blank, a line break or a letter that no token has');
  return token;
}

// Since it would be a shell that runs it, which reads its arguments in a way that nobody can quote for.
function refuseBatch(program: string, name: string, platform: NodeJS.Platform): void {
  if (platform !== 'win32' || !/\.(cmd|bat)[ .]*$/i.test(program)) return;
  throw failed(name, 'is a batch file, which only a shell can run', {
    hint: 'Name the program that it starts, or the shell itself: `command: ["cmd.exe", "/d", "/c", "…"]`.',
  });
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

function outputOf(end: ProgramEnd, { name, limitMs }: Limits): string {
  if (end.kind === 'ended' && end.exitCode === 0) return end.output;
  if (end.kind === 'ended')
    throw failed(name, `ended with ${end.exitCode === null ? end.killer : `exit code ${end.exitCode}`}`);
  if (end.kind === 'unstarted') throw unstartable(name, end.error);
  if (end.kind === 'stopped') throw aborted();
  if (end.kind === 'slow') throw failed(name, `did not end within ${limitMs / 1000} seconds`);
  throw failed(name, 'wrote more than any token is long');
}

// Its message shows the arguments.
function unstartable(name: string, error: unknown): ModelFetchError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
  return code === 'ENOENT' ? missing(name) : failed(name, `could not be started (${code})`, { hint: START_HINT });
}

function missing(name: string): ModelFetchError {
  return failed(name, 'is not there', { hint: START_HINT });
}

const START_HINT =
  'Check its name and that it is installed before this step. On Windows it is an `.exe` in a folder of `PATH`; one that lies elsewhere is named with its folder.';
const HINT =
  'Run it in a step of its own to see what it says: it is to write the token, and nothing else, to its standard output.';

function failed(name: string, what: string, { hint = HINT } = {}): ModelFetchError {
  return new ModelFetchError('TOKEN_COMMAND', `The program ${quote(name)} of \`token\` ${what}.`, { hint });
}
