// Plays a GitHub runner: fresh environment, hyphenated inputs, the five files, state into post, masks over the log (github-actions.md 4.1).

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';

const ROOT = path.join(import.meta.dirname, '..', '..');

/** A machine: what is lost with it is lost for the next job. */
export interface Machine {
  readonly folder: string;
  readonly temp: string;
  readonly workspace: string;
  readonly toolCache: string;
  /** The action as a runner checks it out: no node_modules beside or above it. */
  readonly action: string;
  scrap(): Promise<void>;
}

export interface StepResult {
  readonly exitCode: number | null;
  /** stdout and stderr as the log shows them, masks applied. */
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  readonly summary: string;
  /** Every value that the step asked to mask. */
  readonly masks: readonly string[];
}

export interface StepSetting {
  readonly inputs: Readonly<Record<string, string>>;
  /** What the job's `env` and the runner add. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export async function createMachine(): Promise<Machine> {
  const folder = await mkdtemp(path.join(tmpdir(), 'machine-'));
  const at = (name: string) => path.join(folder, name);
  for (const name of ['_temp', 'work', '_tool']) await mkdir(at(name));
  await cp(path.join(ROOT, 'dist'), path.join(at('_action'), 'dist'), { recursive: true });
  await cp(path.join(ROOT, 'action.yml'), path.join(at('_action'), 'action.yml'));
  return {
    folder,
    temp: at('_temp'),
    workspace: at('work'),
    toolCache: at('_tool'),
    action: at('_action'),
    scrap: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Runs the main step of the action. */
export async function runMain(machine: Machine, setting: StepSetting): Promise<StepResult> {
  return runProgram(
    machine,
    'main',
    { ...(await inputVariables(machine, setting.inputs)), ...setting.env },
    setting.signal,
  );
}

/** Runs its post step, as the runner does at the end of the job whatever became of it. */
export async function runPost(machine: Machine, setting: StepSetting, main: StepResult): Promise<StepResult> {
  const state = Object.fromEntries(Object.entries(main.state).map(([name, value]) => [`STATE_${name}`, value]));
  return runProgram(
    machine,
    'post',
    { ...(await inputVariables(machine, setting.inputs)), ...setting.env, ...state },
    setting.signal,
  );
}

interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly runs: Readonly<Record<'main' | 'post', string>>;
}

async function readAction(machine: Machine): Promise<ActionFile> {
  return parse(await readFile(path.join(machine.action, 'action.yml'), 'utf8'));
}

// Names in upper case, blanks as underscores, hyphens as they are; defaults filled in.
async function inputVariables(
  machine: Machine,
  inputs: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const { inputs: declared } = await readAction(machine);
  const unknown = Object.keys(inputs).filter((name) => declared[name] === undefined);
  if (unknown.length > 0) throw new Error(`action.yml has no input ${unknown.join(', ')}`);
  const variables: Record<string, string> = {};
  for (const [name, row] of Object.entries(declared)) {
    variables[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] = inputs[name] ?? row.default ?? '';
  }
  return variables;
}

const FILES = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STEP_SUMMARY'] as const;

async function runProgram(
  machine: Machine,
  entry: 'main' | 'post',
  variables: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<StepResult> {
  const { runs } = await readAction(machine);
  const files = Object.fromEntries(FILES.map((name) => [name, path.join(machine.temp, `${name}_${randomUUID()}`)]));
  for (const file of Object.values(files)) await writeFile(file, '');
  const env: Record<string, string> = { ...baseVariables(machine), ...files, ...variables };
  const { exitCode, output } = await execute(path.join(machine.action, runs[entry]), machine.workspace, env, signal);
  const read = (name: (typeof FILES)[number]) => readFile(files[name] ?? '', 'utf8');
  const masks = [...output.matchAll(/^::add-mask::(.*)$/gm)].map((match) => unescaped(match[1] ?? ''));
  return {
    exitCode,
    // Debug lines show only when someone asks for them.
    log: applyMasks(output.replace(/^::(?:add-mask|debug)::.*\n/gm, ''), masks),
    outputs: parseFile(await read('GITHUB_OUTPUT')),
    state: parseFile(await read('GITHUB_STATE')),
    summary: await read('GITHUB_STEP_SUMMARY'),
    masks,
  };
}

function baseVariables(machine: Machine): Record<string, string> {
  const inherited: Record<string, string> = Object.fromEntries(
    ['PATH', 'Path', 'SystemRoot', 'COMSPEC', 'PATHEXT', 'TMPDIR'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return {
    ...inherited,
    HOME: machine.folder,
    USERPROFILE: machine.folder,
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_WORKSPACE: machine.workspace,
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_TEMP: machine.temp,
    RUNNER_TOOL_CACHE: machine.toolCache,
    RUNNER_OS: 'Linux',
  };
}

async function execute(
  program: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<{ exitCode: number | null; output: string }> {
  const child = spawn(process.execPath, [program], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  signal?.addEventListener('abort', () => child.kill('SIGINT'), { once: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  return { exitCode, output };
}

// `name=value`, or `name<<DELIMITER`, lines, `DELIMITER`: whichever of = and << comes first decides.
function parseFile(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.split(/\r?\n/);
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const match = /^(.*?)(=|<<)(.*)$/.exec(line);
    if (match === null) continue;
    const [, name = '', sign, rest = ''] = match;
    if (sign === '=') values[name] = rest;
    else {
      const end = lines.indexOf(rest);
      values[name] = lines
        .splice(0, end + 1)
        .slice(0, -1)
        .join('\n');
    }
  }
  return values;
}

function applyMasks(text: string, masks: readonly string[]): string {
  const values = masks.flatMap((mask) => [mask, ...mask.split('\n')]).filter((value) => value.trim() !== '');
  return values.reduce((masked, value) => masked.replaceAll(value, '***'), text);
}

function unescaped(text: string): string {
  return text.replaceAll('%0A', '\n').replaceAll('%0D', '\r').replaceAll('%25', '%');
}
