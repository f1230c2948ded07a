// The main step: inputs → download, lock or upload → outputs, summary, and what the post step must know.

import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { createAllowance } from '../core/cache/allowance.ts';
import { type CacheTrouble, createCacheWarnings } from '../core/cache/warnings.ts';
import { expandHome } from '../core/options/home.ts';
import { parseOptions } from '../core/options/parse.ts';
import { createLockOutputs } from '../core/outputs/lock.ts';
import { createUploadOutputs } from '../core/outputs/upload.ts';
import { createOutputs } from '../core/outputs.ts';
import type { RunnerCache, Transport } from '../core/ports.ts';
import { lockSummary } from '../core/report/lock.ts';
import { createSummary } from '../core/report/summary.ts';
import { createUploadSummary } from '../core/report/upload-summary.ts';
import { writeJson } from '../disk/json-file.ts';
import { createActionLines, fail, mask, readInputs, setOutputs, writeSummary } from '../host/actions.ts';
import { createRunnerCache } from '../host/cache/runner-cache.ts';
import { systemClock } from '../host/clock.ts';
import { createConsole } from '../host/console.ts';
import { readEnvironment } from '../host/environment.ts';
import { exitWhenFlushed } from '../host/exit.ts';
import { stateFolder } from '../host/folders.ts';
import { keepHeapSmall } from '../host/heap.ts';
import { onCancel } from '../host/signals.ts';
import { pickToolVersion } from '../host/tool-cache.ts';
import { HUBS } from '../hubs/index.ts';
import { createHandOn } from './hand-on.ts';
import type { RunSetting } from './wire-ground.ts';
import { tokensOf } from './wire-hub.ts';
import { runUpload, type UploadRunSetting } from './wire-upload.ts';
import { runDownload, runLock } from './wiring.ts';

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

/** Where a run leaves its papers. */
interface Papers {
  readonly state: string;
  readonly run: string;
  readonly reportPath: string;
}

async function main(): Promise<void> {
  const environment = readEnvironment(process.env, { platform: process.platform, cwd: process.cwd() });
  const options = parseOptions(expandHome(readInputs(), environment), HUBS);
  for (const token of tokensOf({ options, environment })) mask(token);
  const state = stateFolder(environment.runner?.temp ?? environment.workingFolder);
  const run = randomUUID();
  const papers = { state, run, reportPath: path.join(state, `report-${run}.json`) };
  const told = new Set<CacheTrouble>();
  const emit = createCacheWarnings(console.emit, told);
  const setting = { options, environment, emit, told, pickVersion: pickToolVersion };
  const { upload } = options;
  if (upload !== undefined) await publish({ ...setting, options: { ...options, upload } }, papers);
  else if (options.mode === 'lock') await lock(setting, papers);
  else await download(setting, papers);
}

async function download(
  setting: RunSetting & { readonly told: ReadonlySet<CacheTrouble> },
  { state, run, reportPath }: Papers,
): Promise<void> {
  const { options, emit, told } = setting;
  const allowance = createAllowance();
  const ground = { variables: process.env, clock: systemClock, emit, allowance };
  let cache: RunnerCache | undefined;
  const openCache = (transport: Transport) => {
    cache = createRunnerCache({ ...ground, cache: options.cache, transport });
    return cache;
  };
  const left = { state, run, store: options.store ?? null, allowance, told };
  const handOn = createHandOn({ ...left, cache: () => cache });
  const { report, folder } = await runDownload({ ...setting, openCache, onFetch: handOn.note }, signal).finally(
    handOn.finish,
  );
  await writeJson(reportPath, report);
  setOutputs(createOutputs({ report, folder, reportPath }));
  await writeSummary(createSummary(report));
}

async function lock(setting: RunSetting, { reportPath }: Papers): Promise<void> {
  const report = await runLock(setting, signal);
  await writeJson(reportPath, report);
  setOutputs(createLockOutputs({ report, reportPath }));
  await writeSummary(lockSummary(report));
}

// What became of the release is told also when it is not complete.
async function publish(setting: UploadRunSetting, { reportPath }: Papers): Promise<void> {
  const { report, failure } = await runUpload(setting, signal);
  await writeJson(reportPath, report);
  setOutputs(createUploadOutputs({ report, reportPath }));
  await writeSummary(createUploadSummary(report));
  if (failure !== undefined) throw failure;
}
