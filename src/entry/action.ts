// The main step: inputs → download or lock → outputs, summary, and what the post step must know.

import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { CachePart } from '../core/cache-key.ts';
import { lockSummary } from '../core/lock-report.ts';
import { createLockOutputs, createOutputs } from '../core/outputs.ts';
import { parseOptions } from '../core/parse-options.ts';
import type { RunnerCache, Transport } from '../core/ports.ts';
import { createSummary } from '../core/summary.ts';
import { writeJson } from '../disk/json-file.ts';
import { createActionLines, fail, mask, readInputs, saveState, setOutputs, writeSummary } from '../host/actions.ts';
import { systemClock } from '../host/clock.ts';
import { createConsole } from '../host/console.ts';
import { readEnvironment } from '../host/environment.ts';
import { exitWhenFlushed } from '../host/exit.ts';
import { stateFolder } from '../host/folders.ts';
import { keepHeapSmall } from '../host/heap.ts';
import { createRunnerCache } from '../host/runner-cache.ts';
import { onCancel } from '../host/signals.ts';
import { pickToolVersion } from '../host/tool-cache.ts';
import { HUBS } from '../hubs/index.ts';
import { formatPostState } from './post-state.ts';
import { type RunSetting, runDownload, runLock, tokensOf } from './wiring.ts';

keepHeapSmall();
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
  let cache: RunnerCache | undefined;
  const openCache = (transport: Transport) => {
    const parts = { transport, clock: systemClock, emit: console.emit };
    cache = createRunnerCache({ cache: options.cache, variables: process.env, ...parts });
    return cache;
  };
  const state = stateFolder(environment.runner?.temp ?? environment.workingFolder);
  const run = randomUUID();

  const onFetch = async (parts: readonly CachePart[]) => {
    if (cache?.writable !== true) return;
    const file = path.join(state, `post-${run}.json`);
    const left = formatPostState({ store: options.store ?? null, parts });
    await writeJson(file, left.json);
    saveState({ file, seal: left.seal });
  };
  const setting = { options, environment, emit: console.emit, pickVersion: pickToolVersion, openCache, onFetch };
  const reportPath = path.join(state, `report-${run}.json`);
  if (options.mode === 'lock') return await lock(setting, reportPath);
  const { report, folder } = await runDownload(setting, signal);
  await writeJson(reportPath, report);
  setOutputs(createOutputs({ report, folder, reportPath }));
  await writeSummary(createSummary(report));
}

async function lock(setting: RunSetting, reportPath: string): Promise<void> {
  const report = await runLock(setting, signal);
  await writeJson(reportPath, report);
  setOutputs(createLockOutputs({ report, reportPath }));
  await writeSummary(lockSummary(report));
}
