#!/usr/bin/env node

// The command: arguments → the same flows → exit code. Messages on stderr, results on stdout.

import { exitCodeOf } from '../core/errors.ts';
import { expandHome } from '../core/options/home.ts';
import { parseOptions } from '../core/options/parse.ts';
import { parseStoreTask, type StoreAction } from '../core/options/store-actions.ts';
import type { RawOptions } from '../core/options.ts';
import { lockText } from '../core/report/lock.ts';
import { storeExitCode, storeText } from '../core/report/store.ts';
import { reportText } from '../core/report/text.ts';
import { uploadText } from '../core/report/upload-text.ts';
import { systemClock } from '../host/clock.ts';
import { createCommand } from '../host/command.ts';
import { createConsole } from '../host/console.ts';
import { readEnvironment } from '../host/environment.ts';
import { errorText } from '../host/error-text.ts';
import { exitWhenFlushed } from '../host/exit.ts';
import { keepHeapSmall } from '../host/heap.ts';
import { pickSemver } from '../host/semver-picker.ts';
import { onCancel } from '../host/signals.ts';
import { createTerminalLines } from '../host/terminal.ts';
import { HUBS } from '../hubs/index.ts';
import { VERSION } from './version.ts';
import type { RunSetting } from './wire-ground.ts';
import { runUpload, type UploadRunSetting } from './wire-upload.ts';
import { runDownload, runLock, runStoreTask } from './wiring.ts';

keepHeapSmall();
const signal = onCancel();
const run = (raw: RawOptions, json: boolean) =>
  inTerminal(json, async ({ environment, emit }) => {
    const options = parseOptions(expandHome(raw, environment), HUBS);
    const setting = { options, environment, emit, pickVersion: pickSemver };
    const { upload } = options;
    if (upload !== undefined) return await publish({ ...setting, options: { ...options, upload } });
    return options.mode === 'lock' ? await lock(setting) : await download(setting);
  });

const runStore = (action: StoreAction, raw: RawOptions, json: boolean) =>
  inTerminal(json, async ({ environment }) => {
    const report = await runStoreTask(parseStoreTask(action, expandHome(raw, environment)), environment, signal);
    return { report, text: storeText(report), exitCode: storeExitCode(report) };
  });

interface Outcome {
  readonly report: object;
  readonly text: string;
  readonly exitCode?: number;
  /** What went wrong after all that the report tells. */
  readonly failure?: Error;
}

// Messages go to stderr while the work goes on, its outcome to stdout.
async function inTerminal(
  json: boolean,
  work: (parts: Pick<RunSetting, 'environment' | 'emit'>) => Promise<Outcome>,
): Promise<void> {
  const environment = readEnvironment(process.env, { platform: process.platform, cwd: process.cwd() });
  const isLive = process.stderr.isTTY === true && !environment.isCi;
  const { emit, close } = createConsole(createTerminalLines(process.stderr), {
    nowMs: systemClock.nowMs,
    ...(isLive ? { bar: process.stderr } : {}),
  });
  try {
    const { report, text, exitCode = 0, failure } = await work({ environment, emit });
    close();
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : text);
    if (failure !== undefined) throw failure;
    process.exitCode = exitCode;
  } catch (error) {
    close();
    process.stderr.write(`${errorText(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}

async function download(setting: RunSetting): Promise<Outcome> {
  const { report } = await runDownload(setting, signal);
  return { report, text: reportText(report) };
}

async function lock(setting: RunSetting): Promise<Outcome> {
  const report = await runLock(setting, signal);
  return { report, text: lockText(report) };
}

// What became of the release is told also when it is not complete.
async function publish(setting: UploadRunSetting): Promise<Outcome> {
  const outcome = await runUpload(setting, signal);
  return { ...outcome, text: uploadText(outcome.report) };
}

await createCommand({ version: VERSION, run, runStore }).parseAsync(process.argv);
exitWhenFlushed();
