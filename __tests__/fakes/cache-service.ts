// The cache service of a GitHub runner: the three calls of its second protocol in Twirp's JSON (github-actions.md 2.3), those of the first,
// and links to a blob store.

import { createBlobStore } from './block-blob.ts';
import { answer, type CacheCounters, type CacheServiceOptions, type Entry, type Service } from './cache-calls.ts';
import { createFaultPlan, type FaultPlan } from './faults.ts';
import { type Exchange, type FakeServer, serve } from './server.ts';

export interface StoredEntry {
  readonly key: string;
  readonly version: string;
  readonly sizeBytes: number;
}

export interface FakeCacheService {
  readonly url: string;
  readonly server: FakeServer;
  /** Where it keeps the bytes of entries. */
  readonly folder: string;
  readonly options: CacheServiceOptions;
  readonly counters: Readonly<CacheCounters>;
  readonly faults: FaultPlan;
  /** Finished entries, oldest first. */
  readonly entries: readonly StoredEntry[];
  bytesDownloaded(): number;
  /** Changes the stored bytes of a key, in every version of it. @throws when there is no such entry */
  damage(key: string, change: (bytes: Buffer) => Uint8Array): Promise<void>;
  evict(key: string): void;
  /** What a runner sets for its steps. */
  environment(): Record<'ACTIONS_CACHE_SERVICE_V2' | 'ACTIONS_RESULTS_URL' | 'ACTIONS_RUNTIME_TOKEN', string>;
  /** What one of GitHub Enterprise Server sets, which speaks the first protocol only. */
  firstEnvironment(): Record<'ACTIONS_CACHE_URL' | 'ACTIONS_RUNTIME_TOKEN' | 'GITHUB_SERVER_URL', string>;
  close(): Promise<void>;
}

export interface CacheServiceSetup {
  readonly port?: number;
  readonly faults?: FaultPlan;
  readonly options?: Partial<CacheServiceOptions>;
  /** In front of every request. @returns whether the request was answered, or is to be without an answer */
  readonly gate?: (exchange: Exchange) => Promise<boolean>;
}

const DEFAULTS: CacheServiceOptions = {
  token: 'runtime-token',
  health: 'up',
  retryAfterSeconds: undefined,
  access: 'read-write',
  links: 'good',
  roomBytes: Number.POSITIVE_INFINITY,
  conflict: '409',
};

export async function startCacheService(setup: CacheServiceSetup = {}): Promise<FakeCacheService> {
  const { port, faults = createFaultPlan(), gate } = setup;
  const service: Service = {
    options: { ...DEFAULTS, ...setup.options },
    counters: { lookups: 0, hits: 0, reservations: 0, saves: 0 },
    entries: [],
    blobs: await createBlobStore(faults),
  };
  const handle = async (exchange: Exchange) => {
    if ((await gate?.(exchange)) !== true) await answer(service, exchange);
  };
  const server = await serve(handle, port === undefined ? {} : { port });
  return {
    url: server.url,
    server,
    folder: service.blobs.folder,
    options: service.options,
    counters: service.counters,
    faults,
    get entries() {
      return finished(service.entries);
    },
    bytesDownloaded: () => downloadedBytes(server),
    damage: (key, change) => damage(service, key, change),
    evict: (key) => void service.entries.splice(0, Infinity, ...service.entries.filter((entry) => entry.key !== key)),
    environment: () => ({
      ACTIONS_CACHE_SERVICE_V2: 'true',
      ACTIONS_RESULTS_URL: `${server.url}/`,
      ACTIONS_RUNTIME_TOKEN: service.options.token,
    }),
    firstEnvironment: () => ({
      ACTIONS_CACHE_URL: `${server.url}/`,
      ACTIONS_RUNTIME_TOKEN: service.options.token,
      GITHUB_SERVER_URL: 'https://ghes.example',
    }),
    async close() {
      faults.release();
      await server.close();
      await service.blobs.remove();
    },
  };
}

function finished(entries: readonly Entry[]): StoredEntry[] {
  return entries.flatMap(({ key, version, sizeBytes }) =>
    sizeBytes === undefined ? [] : [{ key, version, sizeBytes }],
  );
}

function downloadedBytes(server: FakeServer): number {
  const downloads = server.requests.filter((log) => log.kind === 'blob' && log.method === 'GET');
  return downloads.reduce((sum, log) => sum + log.bytesSent, 0);
}

async function damage({ entries, blobs }: Service, key: string, change: (bytes: Buffer) => Uint8Array): Promise<void> {
  const damaged = entries.filter((entry) => entry.key === key);
  if (damaged.length === 0) throw new Error(`no entry has the key ${key}`);
  for (const entry of damaged) await blobs.change(entry.name, change);
}
