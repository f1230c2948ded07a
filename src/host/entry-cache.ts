// The runner cache by the service's own protocol: an entry is the bytes as they are, so that they can be read by ranges straight to
// their place. The first failure is one warning, and the service is left alone. Trusts nothing that it gives.

import { createHash } from 'node:crypto';
import pMap from 'p-map';
import { aborted, codeOf, type ErrorCode, ModelFetchError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { type HttpRequest, type HttpResponse, parseContentRange } from '../core/http.ts';
import type { CacheEntry, CacheHit, Clock, EntryCache, Transport } from '../core/ports.ts';
import { createUpload } from './block-upload.ts';
import type { CacheAccess } from './cache-access.ts';
import { type CacheServiceAddress, createCacheCalls } from './cache-calls.ts';

export interface EntryCacheParts {
  readonly service: CacheServiceAddress;
  readonly access: CacheAccess;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly emit: Emit;
  /** What a fault may cost; two seconds unless given. */
  readonly patienceMs?: number;
}

/** What archives of the same key are told apart by: theirs is a sha256 of paths and a compression. */
const VERSION = createHash('sha256').update('model-fetch: bytes as they are, 1').digest('hex');

const LOOKUPS_AT_ONCE = 16;
const PATIENCE_MS = 2000;
/** What all lookups together may take longer for each entry: a healthy service needs less. */
const LOOKUP_EACH_MS = 10;

export function createEntryCache(parts: EntryCacheParts): EntryCache {
  const { service, access, transport, clock, emit, patienceMs = PATIENCE_MS } = parts;
  const calls = createCacheCalls(service, { transport, clock, patienceMs });
  const upload = createUpload({ transport, patienceMs });
  // Whatever is under way ends with the first failure.
  const ended = new AbortController();

  function fail(code: ErrorCode, reason: string): void {
    if (ended.signal.aborted) return;
    emit({ type: 'warning', code, message: `The runner cache failed and is left alone from here on: ${reason}` });
    ended.abort();
  }

  /** @returns undefined after a failure */
  async function guard<T>(code: ErrorCode, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>) {
    if (signal.aborted) throw aborted();
    if (ended.signal.aborted) return undefined;
    try {
      return await work(AbortSignal.any([signal, ended.signal]));
    } catch (error) {
      if (signal.aborted) throw aborted();
      if (codeOf(error) === undefined) throw error;
      fail(code, (error as ModelFetchError).message);
      return undefined;
    }
  }

  async function look(entry: CacheEntry, signal: AbortSignal): Promise<CacheHit | undefined> {
    const found = await calls.lookUp({ ...entry, version: VERSION }, signal);
    if (found === undefined) return undefined;
    hide(emit, found.url);
    const request: HttpRequest = { method: 'GET', url: found.url };
    // The first byte tells whether the host of the bytes is there, and how many it has.
    const response = await transport.send({ ...request, headers: { range: 'bytes=0-0' } }, signal);
    await response.discard();
    // Evicted this very moment.
    return response.status === 404 ? undefined : { key: found.key, request, sizeBytes: totalOf(response) };
  }

  return {
    kind: 'entries',
    get usable() {
      return !ended.signal.aborted;
    },
    get writable() {
      return access.write && !ended.signal.aborted;
    },
    fail: (reason) => fail('CACHE_RESTORE', reason),
    async find(entries, signal) {
      const hits = new Map<string, CacheHit>();
      if (!access.read) return hits;
      const limitMs = patienceMs + LOOKUP_EACH_MS * entries.length;
      await guard('CACHE_RESTORE', signal, (guarded) =>
        within(limitMs, guarded, async (limited) => {
          const take = async (entry: CacheEntry) => {
            const hit = await look(entry, limited);
            if (hit !== undefined) hits.set(entry.key, hit);
          };
          // The first one alone: when the service is down, one call finds out.
          const [first, ...rest] = entries;
          if (first !== undefined) await take(first);
          await pMap(rest, take, { concurrency: LOOKUPS_AT_ONCE });
        }),
      );
      return hits;
    },
    async save(entry, content, signal) {
      if (!access.write) return 'failed';
      const name = { key: entry.key, version: VERSION };
      const outcome = await guard('CACHE_SAVE', signal, async (guarded) => {
        const found = access.read ? await calls.lookUp({ ...name, restoreKeys: [] }, guarded) : undefined;
        if (found?.key === entry.key) return 'present' as const;
        // The reservation elects one job of a matrix; the others leave the work to it.
        const url = await calls.reserve(name, guarded);
        if (url === undefined) return 'present' as const;
        hide(emit, url);
        await upload(url, content, guarded);
        await calls.finish({ ...name, sizeBytes: content.sizeBytes }, guarded);
        return 'saved' as const;
      });
      return outcome ?? 'failed';
    },
  };
}

function totalOf({ status, headers }: HttpResponse): number | undefined {
  if (status === 206) return parseContentRange(headers['content-range'])?.totalBytes;
  if (status === 416) return 0;
  if (status !== 200) throw new ModelFetchError('CACHE_RESTORE', `a link that it gave was refused (${status})`);
  const length = headers['content-length'] ?? '';
  return /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}

async function within<T>(limitMs: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = AbortSignal.timeout(limitMs);
  try {
    return await work(AbortSignal.any([signal, limit]));
  } catch (error) {
    if (!limit.aborted || signal.aborted) throw error;
    throw new ModelFetchError('CACHE_RESTORE', `looking up took longer than ${limitMs / 1000} seconds`);
  }
}

// The link is a permission: its query as a whole, and the signature in it.
function hide(emit: Emit, url: string): void {
  const { search, searchParams } = new URL(url);
  for (const value of [search.slice(1), searchParams.get('sig') ?? '']) {
    if (value !== '') emit({ type: 'secret', value });
  }
}
