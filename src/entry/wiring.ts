// Builds downloads, locking and the care of a store from their options: every room's pieces, joined. No logic of its own, and no
// @actions package.

import type { StoreTask } from '../core/options/store-actions.ts';
import { DEFAULT_LOCK } from '../core/options.ts';
import type { RunnerCache, Transport } from '../core/ports.ts';
import type { ModelRef } from '../core/ref.ts';
import type { LockReport } from '../core/report/lock.ts';
import type { StoreReport } from '../core/report/store.ts';
import { createRetryPolicy } from '../core/retry.ts';
import { createFolderView } from '../disk/view/folder.ts';
import { createDisk } from '../disk/volume.ts';
import { download } from '../flows/download.ts';
import { lock, readLock } from '../flows/lock.ts';
import { lookAfterStore } from '../flows/look-after-store.ts';
import { tendStore } from '../flows/tend-store.ts';
import { systemClock } from '../host/clock.ts';
import type { Environment } from '../host/environment.ts';
import { modelFolders } from '../host/folders.ts';
import { HUBS } from '../hubs/index.ts';
import { createClosedTransport } from '../net/closed-transport.ts';
import { openLockFile, openStore, openTransport, type RunSetting } from './wire-ground.ts';
import { createHubs, createMirrors } from './wire-hub.ts';

export interface DownloadSetting extends RunSetting {
  /** The runner cache, where the host has one. */
  readonly openCache?: (transport: Transport) => RunnerCache | undefined;
  readonly onFetch?: Parameters<typeof download>[1]['onFetch'];
}

/** Runs a download with everything that it opens, and closes it again. */
export async function runDownload(setting: DownloadSetting, signal: AbortSignal) {
  const { options, environment, emit } = setting;
  const lockFile = options.lock === undefined ? undefined : openLockFile(options.lock, environment);
  const locked = lockFile === undefined ? undefined : await readLock(lockFile, HUBS);
  const policy = createRetryPolicy(options.retries);
  const transport = options.offline ? createClosedTransport() : openTransport({ policy, environment, emit });
  const cache = options.offline ? undefined : setting.openCache?.(transport);
  const { store, hasher } = openStore({ folder: options.store, environment, isReadOnly: options.dryRun, emit });
  const tending = {
    store,
    care: store.care,
    limit: options.storeLimit,
    dryRun: options.dryRun,
    lock: lockFile === undefined || locked === undefined ? undefined : { path: lockFile.path, content: locked },
    emit,
  };
  const folders = modelFolders(options.path, options.models, environment);
  const dependencies = {
    hubOf: createHubs({ ...setting, transport }),
    mirrorsOf: (ref: ModelRef) => createMirrors(ref, { ...setting, transport }),
    folderOf: folders.of,
    store,
    view: createFolderView({ store, verify: options.verify, random: systemClock.random }),
    disk: createDisk(),
    transport,
    clock: systemClock,
    policy,
    emit,
    ...(locked === undefined ? {} : { lock: locked }),
    ...(cache === undefined ? {} : { cache }),
    ...(setting.onFetch === undefined ? {} : { onFetch: setting.onFetch }),
  };
  try {
    const report = await tendStore(tending, () => download(options, dependencies, signal), signal);
    return { report, folder: folders.root };
  } finally {
    await hasher.close();
    await transport.close();
  }
}

/** Brings a lock file up to date. */
export async function runLock(setting: RunSetting, signal: AbortSignal): Promise<LockReport> {
  const { options, environment, emit } = setting;
  const transport = openTransport({ policy: createRetryPolicy(options.retries), environment, emit });
  const { store, hasher } = openStore({ folder: options.store, environment, isReadOnly: true });
  const lockFile = openLockFile(options.lock ?? DEFAULT_LOCK, environment);
  const hubOf = createHubs({ ...setting, transport });
  try {
    return await lock(options, { hubOf, store, lockFile, hubs: HUBS, emit }, signal);
  } finally {
    await hasher.close();
    await transport.close();
  }
}

/** Looks after a store as a whole. */
export async function runStoreTask(
  task: StoreTask,
  environment: Environment,
  signal: AbortSignal,
): Promise<StoreReport> {
  const lock = task.lock === undefined ? undefined : await readLock(openLockFile(task.lock, environment), HUBS);
  const { store, hasher } = openStore({ folder: task.store, environment, isExact: task.store !== undefined });
  try {
    return await lookAfterStore(task, { care: store.care, lock }, signal);
  } finally {
    await hasher.close();
  }
}
