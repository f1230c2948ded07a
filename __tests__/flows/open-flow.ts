// A machine of its own for a test: real store, real folder, real transport, against the fakes. Not a test.

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Emit, Event } from '../../src/core/events.ts';
import { parseOptions } from '../../src/core/options/parse.ts';
import type { RawOptions } from '../../src/core/options.ts';
import type { Clock, RunnerCache, Transport } from '../../src/core/ports.ts';
import type { ModelRef } from '../../src/core/ref.ts';
import type { LockReport } from '../../src/core/report/lock.ts';
import type { Report } from '../../src/core/report.ts';
import { createRetryPolicy } from '../../src/core/retry.ts';
import type { TokenSource } from '../../src/core/token.ts';
import type { Pace } from '../../src/core/transfer/pace.ts';
import type { Leases } from '../../src/disk/lease/lease.ts';
import { createLockFile } from '../../src/disk/lock-file.ts';
import { createStore } from '../../src/disk/store/store.ts';
import { createFolderView } from '../../src/disk/view/folder.ts';
import { createDisk } from '../../src/disk/volume.ts';
import { download } from '../../src/flows/download.ts';
import { lock, readLock } from '../../src/flows/lock.ts';
import { systemClock } from '../../src/host/clock.ts';
import { pickSemver } from '../../src/host/semver-picker.ts';
import { findHub, HUBS } from '../../src/hubs/index.ts';
import { createMirror } from '../../src/mirrors/index.ts';
import { createClosedTransport } from '../../src/net/closed-transport.ts';
import { createSmallReader } from '../../src/net/small-reader.ts';
import { createTransport, type TransportSetting } from '../../src/net/transport.ts';
import type { Body } from '../fakes/content.ts';
import type { Fakes } from '../fakes/index.ts';
import type { Repository } from '../fakes/repository.ts';
import { hashFile } from './hash-file.ts';
import { HASHER } from './hasher.ts';

export type HubName = 'modelscope' | 'huggingface';

/** What a flow must know of the fakes. */
export type HubAddresses = Readonly<Record<HubName, { readonly url: string }>>;

export interface Flow {
  /** Everything of this machine. */
  readonly root: string;
  readonly folder: string;
  readonly store: string;
  readonly events: readonly Event[];
  /** Runs a download of one model of the hub, into `folder`. */
  run(hub: HubName, raw: RawOptions & { model: string }, signal?: AbortSignal): Promise<Report>;
  /** Locks models of the hub, or without any what the lock file has. Relative to `root`. */
  lock(hub: HubName, raw: RawOptions): Promise<LockReport>;
  close(): Promise<void>;
}

export interface FlowSetting {
  readonly cache?: RunnerCache;
  readonly silenceMs?: number;
  /** Further limits of time. */
  readonly limits?: NonNullable<TransportSetting['limits']>;
  /** What a range must bring at least. */
  readonly pace?: Pace;
  readonly clock?: Clock;
  /** Three unless given. */
  readonly retries?: number;
  /** Sent to the hub. */
  readonly token?: string;
  /** Asked for it at each request. */
  readonly tokens?: TokenSource;
  /** Told what happens, besides `events`. */
  readonly emit?: Emit;
  /** The store's folder, where others share it; one of its own unless given. */
  readonly store?: string;
  /** Those of the store itself unless given. */
  readonly leases?: Leases;
}

export async function openFlow(fakes: HubAddresses, setting: FlowSetting = {}): Promise<Flow> {
  const root = await mkdtemp(path.join(tmpdir(), 'flow-'));
  const folder = path.join(root, 'model');
  const events: Event[] = [];
  const emit = (event: Event) => {
    events.push(event);
    setting.emit?.(event);
  };
  const { leases } = setting;
  const store = createStore({
    folder: setting.store ?? path.join(root, 'store'),
    hasher: HASHER,
    reader: createSmallReader(),
    emit,
    ...(leases === undefined ? {} : { leases: () => leases }),
  });
  const { clock = systemClock, pace, retries = 3, token, tokens } = setting;
  // Failures are tried again at once: the waits themselves are tested where they are computed.
  const policy = { ...createRetryPolicy(retries), baseMs: 0 };
  const transport = createTransport({
    policy,
    clock,
    emit,
    userAgent: 'test',
    limits: { silenceMs: setting.silenceMs ?? 5000, ...setting.limits },
  });
  const hubFor = (ref: ModelRef, by: Transport) =>
    findHub(ref.hub).create(
      {
        endpoint: fakes[ref.hub as HubName].url,
        ...(token === undefined ? {} : { token }),
        ...(tokens === undefined ? {} : { tokens }),
      },
      { transport: by, pickVersion: pickSemver, emit },
    );
  return {
    root,
    folder,
    store: store.folder,
    events,
    async run(hub, raw, signal = new AbortController().signal) {
      const models = raw.model.split('\n').map((line) => `${hub}:${line}`);
      const options = parseOptions({ ...raw, model: models.join('\n') }, HUBS);
      const hubOf = (ref: ModelRef) => hubFor(ref, options.offline ? createClosedTransport() : transport);
      const lockFile = options.lock === undefined ? undefined : createLockFile(path.resolve(root, options.lock));
      const locked = lockFile === undefined ? undefined : await readLock(lockFile, HUBS);
      const folderOf = (ref: ModelRef) => (models.length === 1 ? folder : path.join(folder, ref.repo));
      const { cache } = setting;
      const parts = {
        hubOf,
        mirrorsOf: (ref: ModelRef) =>
          options.mirrors.map((mirror) =>
            createMirror(
              mirror,
              (endpoint) => findHub(ref.hub).create({ endpoint }, { transport, pickVersion: pickSemver, emit }).source,
            ),
          ),
        folderOf,
        store,
        view: createFolderView({ store, verify: options.verify, random: clock.random }),
        disk: createDisk(),
        transport,
        clock,
        policy,
        emit,
        ...(pace === undefined ? {} : { pace }),
        ...(locked === undefined ? {} : { lock: locked }),
      };
      return download(options, cache === undefined ? parts : { ...parts, cache }, signal);
    },
    async lock(hub, raw) {
      const model = raw.model?.replace(/^(?=.)/gm, `${hub}:`) ?? '';
      const options = parseOptions({ ...raw, model, mode: 'lock' }, HUBS);
      const lockFile = createLockFile(path.resolve(root, options.lock ?? ''));
      const hubOf = (ref: ModelRef) => hubFor(ref, transport);
      return lock(options, { hubOf, store, lockFile, hubs: HUBS, emit }, new AbortController().signal);
    },
    async close() {
      await transport.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** path → sha256 of every file in a folder, but for the view's own manifest. @param likely contents that are to be expected there */
export async function hashFolder(folder: string, likely: readonly Body[] = []): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const hashes: Record<string, string> = {};
  for (const entry of entries) {
    if (!entry.isFile() || entry.name === '.model-fetch.json') continue;
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(folder, file).split(path.sep).join('/');
    hashes[name] = await hashFile(file, likely);
  }
  return hashes;
}

/** path → sha256 of every file that a repository has at a revision: the truth. */
export async function hashRepository(repository: Repository, revision: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const [name, entry] of repository.resolve(revision)?.entries ?? []) {
    hashes[name] = (await entry.body.digests()).sha256;
  }
  return hashes;
}

/** Requests for bytes of files, hubs and CDN together. */
export function fileRequests({ modelscope, huggingface, cdn }: Fakes): number {
  return [modelscope, huggingface, cdn].reduce(
    (sum, { server }) => sum + server.count('file') + server.count('cdn'),
    0,
  );
}

/** Bytes of files that were sent; what a redirect says is not a file. */
export function fileBytes({ modelscope, huggingface, cdn }: Fakes): number {
  const logs = [modelscope, huggingface, cdn].flatMap(({ server }) => server.requests);
  const files = logs.filter(
    ({ kind, status }) => (kind === 'file' || kind === 'cdn') && (status === 200 || status === 206),
  );
  return files.reduce((sum, { bytesSent }) => sum + bytesSent, 0);
}
