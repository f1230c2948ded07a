// Builds a run from its options: every room's pieces, joined. No logic of its own, and no @actions package.

import { fileURLToPath } from 'node:url';
import { readEndpoint } from '../core/endpoint.ts';
import type { Emit } from '../core/events.ts';
import type { Options } from '../core/options.ts';
import type { Hub, HubEntry, HubSetting, RunnerCache, VersionPicker } from '../core/ports.ts';
import type { ModelRef } from '../core/ref.ts';
import { createRetryPolicy } from '../core/retry.ts';
import { readToken, type TokenWay, tokenFrom, tokenWay } from '../core/token.ts';
import type { UploadOptions } from '../core/upload-options.ts';
import { createHashPool } from '../disk/hash-pool.ts';
import { createLocalFiles } from '../disk/local-files.ts';
import { readSecretFile } from '../disk/secret-file.ts';
import { createStore } from '../disk/store.ts';
import { createFolderView } from '../disk/view-folder.ts';
import { createDisk } from '../disk/volume.ts';
import { download } from '../flows/download.ts';
import { type UploadOutcome, upload } from '../flows/upload.ts';
import { systemClock } from '../host/clock.ts';
import type { Environment } from '../host/environment.ts';
import { modelFolders, storeFolder } from '../host/folders.ts';
import { createIdentity } from '../host/identity.ts';
import { findHub } from '../hubs/index.ts';
import { createTransport } from '../net/transport.ts';
import { VERSION } from './version.ts';

export interface RunSetting {
  readonly options: Options;
  readonly environment: Environment;
  readonly emit: Emit;
  readonly pickVersion: VersionPicker;
  readonly cache?: RunnerCache;
  readonly onFetch?: Parameters<typeof download>[1]['onFetch'];
}

export type PublishSetting = Omit<RunSetting, 'cache' | 'onFetch' | 'options'> & {
  readonly options: Options & { readonly upload: UploadOptions };
};

/** The secrets that a run will use and that are known beforehand, to be masked before anything is said. */
export function tokensOf({ options, environment }: Pick<RunSetting, 'options' | 'environment'>): string[] {
  const ways = options.models.map((ref) => tokenFor(ref, options, environment));
  return [...new Set(ways.flatMap((way) => (way?.kind === 'token' ? [way.token] : [])))];
}

// A variable's token belongs to the hub's own endpoint, not to another site that a pasted address names. A hub that trusts no
// identity takes its variable too, so that one step can publish to both kinds.
function tokenFor(ref: ModelRef, options: Options, environment: Environment): TokenWay | undefined {
  const hub = findHub(ref.hub);
  const way = options.token === undefined ? undefined : tokenWay(options.token);
  if (way !== undefined && (way.kind !== 'identity' || hub.keyless !== undefined)) return way;
  const variable = ref.site === undefined ? environment.first(hub.tokenVariables) : undefined;
  const token = variable === undefined ? undefined : readToken(variable.name, variable.value);
  return token === undefined ? undefined : { kind: 'token', token };
}

/** Runs a download with everything that it opens, and closes it again. */
export async function runDownload(setting: RunSetting, signal: AbortSignal) {
  const { options, environment, emit } = setting;
  const { policy, transport } = openNetwork(setting);
  const { store, hasher } = openStore(options.store, environment, options.dryRun);
  const folders = modelFolders(options.path, options.models, environment);
  const dependencies = {
    hubOf: (ref: ModelRef) => createHub(ref, { ...setting, transport }),
    folderOf: folders.of,
    store,
    view: createFolderView({ store, verify: options.verify }),
    disk: createDisk(),
    transport,
    clock: systemClock,
    policy,
    emit,
    ...(setting.cache === undefined ? {} : { cache: setting.cache }),
    ...(setting.onFetch === undefined ? {} : { onFetch: setting.onFetch }),
  };
  try {
    return { report: await download(options, dependencies, signal), folder: folders.root };
  } finally {
    await hasher.close();
    await transport.close();
  }
}

/** Runs a release with everything that it opens, and closes it again. */
export async function runUpload(setting: PublishSetting, signal: AbortSignal): Promise<UploadOutcome> {
  const { options, environment, emit } = setting;
  const { policy, transport } = openNetwork(setting);
  const { store, hasher } = openStore(options.store, environment, options.dryRun);
  const dependencies = {
    hubOf: (ref: ModelRef) => createHub(ref, { ...setting, transport }),
    files: createLocalFiles({
      workspace: environment.workingFolder,
      store: store.folder,
      hasher,
      isReadOnly: options.dryRun,
    }),
    transport,
    clock: systemClock,
    policy,
    emit,
    ...(environment.origin === undefined ? {} : { origin: environment.origin }),
  };
  try {
    return await upload(options, dependencies, signal);
  } finally {
    await hasher.close();
    await transport.close();
  }
}

function openNetwork({ options, environment, emit }: Pick<RunSetting, 'options' | 'environment' | 'emit'>) {
  const policy = createRetryPolicy(options.retries);
  const transport = createTransport({
    policy,
    clock: systemClock,
    emit,
    userAgent: `model-fetch/${VERSION}`,
    proxy: environment.proxy,
  });
  return { policy, transport };
}

/** The store and the threads that prove what is in it. */
export function openStore(folder: string | undefined, environment: Environment, isReadOnly = false) {
  // In dist each program has a folder of its own; from the sources the worker lies beside this file.
  const here = fileURLToPath(import.meta.url);
  const workerPath = here.endsWith('.ts')
    ? fileURLToPath(new URL(['.', 'hash-worker.ts'].join('/'), import.meta.url))
    : fileURLToPath(new URL(['..', 'hash-worker', 'index.js'].join('/'), import.meta.url));
  const hasher = createHashPool({ workerPath });
  return { hasher, store: createStore({ folder: storeFolder(folder, environment), hasher, isReadOnly }) };
}

type HubParts = Pick<RunSetting, 'options' | 'environment' | 'emit' | 'pickVersion'> & {
  readonly transport: ReturnType<typeof createTransport>;
};

function createHub(ref: ModelRef, parts: HubParts): Hub {
  const { options, environment, emit, pickVersion, transport } = parts;
  const hub = findHub(ref.hub);
  const way = tokenFor(ref, options, environment);
  const endpoint = endpointFor(hub, ref, options, environment);
  if (way !== undefined && isInTheOpen(endpoint)) {
    emit({ type: 'warning', message: `The token for ${hub.title} goes to ${endpoint} without encryption.` });
  }
  return hub.create(
    { endpoint, ...(way === undefined ? {} : tokenSetting(way, { hub, ref, endpoint }, parts)) },
    { transport, pickVersion, emit },
  );
}

function tokenSetting(
  way: TokenWay,
  { hub, ref, endpoint }: { hub: HubEntry; ref: ModelRef; endpoint: string },
  { environment, emit, transport }: HubParts,
): Pick<HubSetting, 'token' | 'tokens'> {
  if (way.kind === 'token') return { token: way.token };
  if (way.kind === 'file') return { tokens: tokenFrom('token', () => readSecretFile(way.path), emit) };
  const identity = createIdentity(environment.first, { transport, emit });
  const tokens = hub.keyless?.({ endpoint, ref, identity, transport, clock: systemClock, emit });
  return tokens === undefined ? {} : { tokens };
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
