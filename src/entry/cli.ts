#!/usr/bin/env node

// The command: arguments → the same flows → exit code. Messages on stderr, results on stdout.

import { exitCodeOf } from '../core/errors.ts';
import type { Options, RawOptions } from '../core/options.ts';
import { parseOptions } from '../core/parse-options.ts';
import { reportText } from '../core/report-text.ts';
import { uploadText } from '../core/upload-text.ts';
import { systemClock } from '../host/clock.ts';
import { createCommand } from '../host/command.ts';
import { createConsole } from '../host/console.ts';
import { readEnvironment } from '../host/environment.ts';
import { errorText } from '../host/error-text.ts';
import { exitWhenFlushed } from '../host/exit.ts';
import { pickSemver } from '../host/semver-picker.ts';
import { onCancel } from '../host/signals.ts';
import { createTerminalLines } from '../host/terminal.ts';
import { HUBS } from '../hubs/index.ts';
import { VERSION } from './version.ts';
import { type RunSetting, runDownload, runUpload } from './wiring.ts';

const signal = onCancel();
await createCommand({ version: VERSION, run }).parseAsync(process.argv);
exitWhenFlushed();

async function run(raw: RawOptions, json: boolean): Promise<void> {
  const environment = readEnvironment(process.env, { platform: process.platform, cwd: process.cwd() });
  const isLive = process.stderr.isTTY === true && !environment.isCi;
  const lines = createTerminalLines(process.stderr);
  const { emit, close } = createConsole(lines, {
    nowMs: systemClock.nowMs,
    ...(isLive ? { bar: process.stderr } : {}),
  });
  try {
    const options = parseOptions(raw, HUBS);
    const result = await runMode(options, { environment, emit, pickVersion: pickSemver });
    close();
    process.stdout.write(json ? `${JSON.stringify(result.report, null, 2)}\n` : result.text);
    if (result.failure !== undefined) throw result.failure;
  } catch (error) {
    close();
    process.stderr.write(`${errorText(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}

interface Result {
  readonly report: object;
  readonly text: string;
  readonly failure?: Error;
}

async function runMode(options: Options, setting: Omit<RunSetting, 'options'>): Promise<Result> {
  const { upload } = options;
  if (upload === undefined) {
    const { report } = await runDownload({ ...setting, options }, signal);
    return { report, text: reportText(report) };
  }
  const outcome = await runUpload({ ...setting, options: { ...options, upload } }, signal);
  return { ...outcome, text: uploadText(outcome.report) };
}
