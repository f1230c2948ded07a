// What every run stands on: its setting, the door to the network, the store, a lock file. No logic of its own, and no @actions package.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Emit } from '../core/events.ts';
import type { Options } from '../core/options.ts';
import type { LockFile, Transport, VersionPicker } from '../core/ports.ts';
import { createRetryPolicy, type RetryPolicy } from '../core/retry.ts';
import { createHashPool } from '../disk/hash/hash-pool.ts';
import { createLockFile } from '../disk/lock-file.ts';
import { createStore } from '../disk/store/store.ts';
import { placeStore } from '../disk/store/tool-stores.ts';
import { systemClock } from '../host/clock.ts';
import type { Environment } from '../host/environment.ts';
import { storePlaces } from '../host/folders.ts';
import { createSmallReader } from '../net/small-reader.ts';
import { createTransport } from '../net/transport.ts';
import { VERSION } from './version.ts';

export interface RunSetting {
  readonly options: Options;
  readonly environment: Environment;
  readonly emit: Emit;
  readonly pickVersion: VersionPicker;
}

export type TransportParts = Pick<RunSetting, 'environment' | 'emit'> & { readonly policy?: RetryPolicy };

/** The one door to the network. */
export function openTransport({ policy = createRetryPolicy(0), environment, emit }: TransportParts): Transport {
  const userAgent = `model-fetch/${VERSION}`;
  return createTransport({ policy, clock: systemClock, emit, userAgent, proxy: environment.proxy });
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

/** The store and the threads that prove what is in it. */
export function openStore({ folder, environment, isReadOnly = false, isExact = false, emit }: StoreSetting) {
  // In dist each program has a folder of its own; from the sources the worker lies beside this file.
  const here = fileURLToPath(import.meta.url);
  const workerPath = here.endsWith('.ts')
    ? fileURLToPath(new URL(['.', 'hash-worker.ts'].join('/'), import.meta.url))
    : fileURLToPath(new URL(['..', 'hash-worker', 'index.js'].join('/'), import.meta.url));
  const hasher = createHashPool({ workerPath });
  const place = placeStore(storePlaces(folder, environment), isExact ? () => true : undefined);
  const parts = { ...place, hasher, reader: createSmallReader(), isReadOnly };
  return { hasher, store: createStore({ ...parts, ...(emit === undefined ? {} : { emit }) }) };
}

export function openLockFile(name: string, { workingFolder }: Environment): LockFile {
  return createLockFile(resolve(workingFolder, name));
}
