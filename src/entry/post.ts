// The post step: saves to the runner cache what the main step fetched. A failure here never fails the job.

import { createAllowance } from '../core/cache/allowance.ts';
import { type CacheTrouble, createCacheWarnings } from '../core/cache/warnings.ts';
import { codeOf } from '../core/errors.ts';
import { readJson } from '../disk/json-file.ts';
import { saveToCache } from '../flows/cache/save.ts';
import { createActionLines, readState } from '../host/actions.ts';
import { createRunnerCache } from '../host/cache/runner-cache.ts';
import { systemClock } from '../host/clock.ts';
import { createConsole } from '../host/console.ts';
import { readEnvironment } from '../host/environment.ts';
import { errorText } from '../host/error-text.ts';
import { exitWhenFlushed } from '../host/exit.ts';
import { onCancel } from '../host/signals.ts';
import { parsePostState } from './post-state.ts';
import { openStore, openTransport } from './wire-ground.ts';

const signal = onCancel();
const console = createConsole(createActionLines(), { nowMs: systemClock.nowMs });
const told = new Set<CacheTrouble>();
const emit = createCacheWarnings(console.emit, told);
try {
  await main();
} catch (error) {
  emit({
    type: 'warning',
    code: codeOf(error) ?? 'CACHE_SAVE',
    message: `The runner cache was not written: ${errorText(error)}`,
  });
} finally {
  console.close();
}
exitWhenFlushed();

async function main(): Promise<void> {
  const state = readState();
  if (state === undefined)
    return emit({ type: 'notice', message: 'Nothing was fetched, so there is nothing to save.' });
  const { store: folder, parts, spentMs, told: before } = parsePostState(await readJson(state.file), state.seal);
  for (const trouble of before) told.add(trouble);
  if (parts.length === 0)
    return emit({ type: 'notice', message: 'The runner cache failed in the main step, so nothing is saved.' });
  const environment = readEnvironment(process.env, { platform: process.platform, cwd: process.cwd() });
  const transport = openTransport({ environment, emit });
  const allowance = createAllowance(undefined, spentMs);
  const ground = { variables: process.env, clock: systemClock, emit, allowance };
  const cache = createRunnerCache({ ...ground, cache: 'true', transport });
  const { store, hasher } = openStore({ folder: folder ?? undefined, environment });
  try {
    if (cache !== undefined) await saveToCache(parts, { cache, store, emit }, signal);
  } finally {
    await hasher.close();
    await transport.close();
  }
}
