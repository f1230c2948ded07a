// Builds a run from its options: every room's pieces, joined. No logic of its own, and no @actions package.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readEndpoint } from '../core/endpoint.ts';
import type { Emit } from '../core/events.ts';
import type { LockReport } from '../core/lock-report.ts';
import { DEFAULT_LOCK, type Options } from '../core/options.ts';
import type { Hub, HubEntry, LockFile, RunnerCache, Source, Transport, VersionPicker } from '../core/ports.ts';
import type { ModelRef } from '../core/ref.ts';
import { createRetryPolicy, type RetryPolicy } from '../core/retry.ts';
import type { StoreTask } from '../core/store-actions.ts';
import type { StoreReport } from '../core/store-report.ts';
import { readToken } from '../core/token.ts';
import { createHashPool } from '../disk/hash-pool.ts';
import { createLockFile } from '../disk/lock-file.ts';
import { createStore } from '../disk/store.ts';
import { placeStore } from '../disk/tool-stores.ts';
import { createFolderView } from '../disk/view-folder.ts';
import { createDisk } from '../disk/volume.ts';
import { download } from '../flows/download.ts';
import { lock, readLock } from '../flows/lock.ts';
import { lookAfterStore } from '../flows/look-after-store.ts';
import { tendStore } from '../flows/tend-store.ts';
import { systemClock } from '../host/clock.ts';
import type { Environment } from '../host/environment.ts';
import { modelFolders, storePlaces } from '../host/folders.ts';
import { findHub, HUBS } from '../hubs/index.ts';
import { createMirror } from '../mirrors/index.ts';
import { createClosedTransport } from '../net/closed-transport.ts';
import { createTransport } from '../net/transport.ts';
import { VERSION } from './version.ts';

export interface RunSetting {
  readonly options: Options;
  readonly environment: Environment;
  readonly emit: Emit;
  readonly pickVersion: VersionPicker;
  /** The runner cache, where the host has one. */
  readonly openCache?: (transport: Transport) => RunnerCache | undefined;
  readonly onFetch?: Parameters<typeof download>[1]['onFetch'];
}

/** The secrets that a run will use, to be masked before anything is said. Which models a lock file names is not known yet. */
export function tokensOf({ options, environment }: Pick<RunSetting, 'options' | 'environment'>): string[] {
  const anyHub = HUBS.map(({ name }): ModelRef => ({ hub: name, kind: 'model', repo: '' }));
  const refs = options.models.length === 0 ? anyHub : options.models;
  const tokens = refs.map((ref) => tokenFor(ref, options, environment));
  return [...new Set(tokens.filter((token) => token !== undefined))];
}

// A variable's token belongs to the hub's own endpoint, not to another site that a pasted address names.
function tokenFor(ref: ModelRef, options: Options, environment: Environment): string | undefined {
  if (options.token !== undefined) return options.token;
  const variable = ref.site === undefined ? environment.first(findHub(ref.hub).tokenVariables) : undefined;
  return variable === undefined ? undefined : readToken(variable.name, variable.value);
}

/** Runs a download with everything that it opens, and closes it again. */
export async function runDownload(setting: RunSetting, signal: AbortSignal) {
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
    hubOf: (ref: ModelRef) => createHub(ref, { ...setting, transport }),
    mirrorsOf: (ref: ModelRef) => createMirrors(ref, { ...setting, transport }),
    folderOf: folders.of,
    store,
    view: createFolderView({ store, verify: options.verify }),
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
  const hubOf = (ref: ModelRef) => createHub(ref, { ...setting, transport });
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

function openLockFile(name: string, { workingFolder }: Environment): LockFile {
  return createLockFile(resolve(workingFolder, name));
}

/** The one door to the network. */
export function openTransport({ policy = createRetryPolicy(0), environment, emit }: TransportParts): Transport {
  const userAgent = `model-fetch/${VERSION}`;
  return createTransport({ policy, clock: systemClock, emit, userAgent, proxy: environment.proxy });
}

type TransportParts = Pick<RunSetting, 'environment' | 'emit'> & { readonly policy?: RetryPolicy };

/** The store and the threads that prove what is in it. */
export function openStore({ folder, environment, isReadOnly = false, isExact = false, emit }: StoreSetting) {
  // In dist each program has a folder of its own; from the sources the worker lies beside this file.
  const here = fileURLToPath(import.meta.url);
  const workerPath = here.endsWith('.ts')
    ? fileURLToPath(new URL(['.', 'hash-worker.ts'].join('/'), import.meta.url))
    : fileURLToPath(new URL(['..', 'hash-worker', 'index.js'].join('/'), import.meta.url));
  const hasher = createHashPool({ workerPath });
  const place = placeStore(storePlaces(folder, environment), isExact ? () => true : undefined);
  return { hasher, store: createStore({ ...place, hasher, isReadOnly, ...(emit === undefined ? {} : { emit }) }) };
}

export interface StoreSetting {
  /** As the `store` option gave it. */
  readonly folder: string | undefined;
  readonly environment: Environment;
  readonly isReadOnly?: boolean;
  /** The folder itself is meant, whether or not it may be written to. */
  readonly isExact?: boolean;
  readonly emit?: Emit;
}

type HubParts = Pick<RunSetting, 'options' | 'environment' | 'emit' | 'pickVersion'> & {
  readonly transport: ReturnType<typeof createTransport>;
};

function createHub(ref: ModelRef, { options, environment, emit, pickVersion, transport }: HubParts): Hub {
  const hub = findHub(ref.hub);
  const token = tokenFor(ref, options, environment);
  const endpoint = endpointFor(hub, ref, options, environment);
  if (token !== undefined && isInTheOpen(endpoint)) {
    emit({ type: 'warning', message: `The token for ${hub.title} goes to ${endpoint} without encryption.` });
  }
  return hub.create({ endpoint, ...(token === undefined ? {} : { token }) }, { transport, pickVersion, emit });
}

function createMirrors(ref: ModelRef, parts: HubParts): Source[] {
  const siteSource = (endpoint: string) => findHub(ref.hub).create({ endpoint }, parts).source;
  return parts.options.mirrors.map((mirror) => createMirror(mirror, siteSource));
}

function endpointFor(hub: HubEntry, ref: ModelRef, options: Options, environment: Environment): string {
  const variable = environment.first(hub.endpointVariables);
  const fromVariable = variable === undefined ? undefined : readEndpoint(variable.name, variable.value);
  return options.endpoint ?? ref.site ?? fromVariable ?? hub.defaultEndpoint;
}

function isInTheOpen(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint);
  return protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}
