// The main step: inputs → download or upload → outputs, summary, and what the post step must know.

import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { CachePart } from '../core/cache-key.ts';
import type { Options } from '../core/options.ts';
import { createOutputs } from '../core/outputs.ts';
import { parseOptions } from '../core/parse-options.ts';
import { createSummary } from '../core/summary.ts';
import { createUploadOutputs } from '../core/upload-outputs.ts';
import { createUploadSummary } from '../core/upload-summary.ts';
import { writeJson } from '../disk/json-file.ts';
import { createActionLines, fail, mask, readInputs, saveState, setOutputs, writeSummary } from '../host/actions.ts';
import { systemClock } from '../host/clock.ts';
import { createConsole } from '../host/console.ts';
import { type Environment, readEnvironment } from '../host/environment.ts';
import { exitWhenFlushed } from '../host/exit.ts';
import { stateFolder } from '../host/folders.ts';
import { createRunnerCache } from '../host/runner-cache.ts';
import { onCancel } from '../host/signals.ts';
import { pickToolVersion } from '../host/tool-cache.ts';
import { HUBS } from '../hubs/index.ts';
import type { PostState } from './post-state.ts';
import { type PublishSetting, runDownload, runUpload, tokensOf } from './wiring.ts';

const signal = onCancel();
const console = createConsole(createActionLines(), { nowMs: systemClock.nowMs });
try {
  await main();
} catch (error) {
  fail(error);
} finally {
  console.close();
}
exitWhenFlushed();

async function main(): Promise<void> {
  const environment = readEnvironment(process.env, { platform: process.platform, cwd: process.cwd() });
  const options = parseOptions(readInputs(), HUBS);
  for (const token of tokensOf({ options, environment })) mask(token);
  const { upload } = options;
  if (upload === undefined) await fetchModels(options, environment);
  else await publishModels({ ...options, upload }, environment);
}

async function fetchModels(options: Options, environment: Environment): Promise<void> {
  const cache = createRunnerCache({ cache: options.cache, emit: console.emit, variables: process.env });
  const state = stateOf(environment);
  const run = randomUUID();

  const onFetch = async (parts: readonly CachePart[]) => {
    if (cache?.writable !== true || parts.length === 0) return;
    const file = path.join(state, `post-${run}.json`);
    await writeJson(file, { store: options.store ?? null, parts } satisfies PostState);
    saveState(file);
  };
  const setting = { options, environment, emit: console.emit, pickVersion: pickToolVersion, onFetch };
  const { report, folder } = await runDownload(cache === undefined ? setting : { ...setting, cache }, signal);

  const reportPath = path.join(state, `report-${run}.json`);
  await writeJson(reportPath, report);
  setOutputs(createOutputs({ report, folder, reportPath }));
  await writeSummary(createSummary(report));
}

// What became of the release is told also when it is not complete.
async function publishModels(options: PublishSetting['options'], environment: Environment): Promise<void> {
  const setting = { options, environment, emit: console.emit, pickVersion: pickToolVersion };
  const { report, failure } = await runUpload(setting, signal);
  const reportPath = path.join(stateOf(environment), `report-${randomUUID()}.json`);
  await writeJson(reportPath, report);
  setOutputs(createUploadOutputs({ report, reportPath }));
  await writeSummary(createUploadSummary(report));
  if (failure !== undefined) throw failure;
}

function stateOf({ runner, workingFolder }: Environment): string {
  return stateFolder(runner?.temp ?? workingFolder);
}
