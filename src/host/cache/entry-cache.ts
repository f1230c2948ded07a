// The runner cache by the service's own protocol: an entry is the bytes as they are, so that they can be read by ranges straight to
// their place. The first failure is one warning, and the service is left alone. Trusts nothing that it gives.

import { createHash } from 'node:crypto';
import pMap from 'p-map';
import { type Allowance, createAllowance } from '../../core/cache/allowance.ts';
import { aborted, codeOf, type ErrorCode, familyOf, ModelFetchError } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import { type HttpRequest, type HttpResponse, parseContentRange } from '../../core/http.ts';
import type { CacheEntry, CacheHit, CacheSave, Clock, EntryCache, Saving, Transport } from '../../core/ports.ts';
import { linkSecrets } from '../../core/signed-link.ts';
import type { CacheAccess } from './access.ts';
import { createUpload } from './block-upload.ts';
import { type CacheServiceAddress, createCacheCalls } from './calls.ts';
import { createEntryUpload } from './entry-upload.ts';
import { createPatience } from './patience.ts';
import { createSlowCalls } from './slow-call.ts';
import { farMs } from './slowness.ts';
import { createUploadPace } from './upload-pace.ts';

export interface EntryCacheParts {
  readonly service: CacheServiceAddress;
  readonly access: CacheAccess;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly emit: Emit;
  /** What faults may cost; two seconds unless given. */
  readonly allowance?: Allowance;
}

/** What archives of the same key are told apart by: theirs is a sha256 of paths and a compression. */
const VERSION = createHash('sha256').update('model-fetch: bytes as they are, 1').digest('hex');

const LOOKUPS_AT_ONCE = 16;
/** Of the allowance, what all lookups may take: the rest is for a host that is late with what they found. */
const LOOKUP_SHARE = 7 / 8;
/** How often connections are made one after another: for the first lookup and its first byte, and for the others. */
const CONNECTIONS_DEEP = 4;

export function createEntryCache(parts: EntryCacheParts): EntryCache {
  const { service, access, transport, clock, emit, allowance = createAllowance() } = parts;
  const slowly = createSlowCalls({ clock, allowance, transport });
  const calls = createCacheCalls(service, { transport, clock, slowly });
  const upload = createUpload({ transport, clock, pace: createUploadPace({ clock, allowance }) });
  const send = createEntryUpload({ calls, upload, emit, mayLook: access.read });
  // Whatever is under way ends with the first failure.
  const ended = new AbortController();

  function fail(code: ErrorCode, reason: string): void {
    if (ended.signal.aborted) return;
    const message = `The runner cache failed and is left alone from here on: ${reason}`;
    emit({ type: 'warning', code, message });
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
      const own = codeOf(error);
      // Our own disk is not the cache.
      if (own === undefined || familyOf(own) === 'disk') throw error;
      fail(code, (error as ModelFetchError).message);
      return undefined;
    }
  }

  async function look(entry: CacheEntry, signal: AbortSignal): Promise<CacheHit | undefined> {
    const found = await calls.lookUp({ ...entry, version: VERSION }, signal);
    if (found === undefined) return undefined;
    for (const value of linkSecrets(found.url)) emit({ type: 'secret', value });
    const request: HttpRequest = { method: 'GET', url: found.url };
    // The first byte tells whether the host of the bytes is there, and how many it has.
    const response = await slowly(
      found.url,
      async (limited) => {
        const first = await transport.send({ ...request, headers: { range: 'bytes=0-0' } }, limited);
        await first.discard();
        return first;
      },
      signal,
    );
    // Evicted this very moment.
    return response.status === 404 ? undefined : { key: found.key, request, ...judge(response) };
  }

  // What was answered in time is used. Nothing at all is a failure; but a prompt service that was asked for a lot has done nothing wrong.
  async function lookAll(entries: readonly CacheEntry[], hits: Map<string, CacheHit>, signal: AbortSignal) {
    const limitMs = () =>
      LOOKUP_SHARE * allowance.totalMs + CONNECTIONS_DEEP * farMs(transport.reachMs(service.url), allowance);
    const { signal: limit, end } = createPatience({ clock, limitMs });
    const beforeMs = allowance.spentMs;
    const limited = AbortSignal.any([signal, limit]);
    let answered = 0;
    const take = async (entry: CacheEntry) => {
      const hit = await look(entry, limited);
      answered += 1;
      if (hit !== undefined) hits.set(entry.key, hit);
    };
    try {
      // The first one alone: when the service is down, one call finds out.
      const [first, ...rest] = entries;
      if (first !== undefined) await take(first);
      await pMap(rest, take, { concurrency: LOOKUPS_AT_ONCE });
    } catch (error) {
      if (!limit.aborted || signal.aborted) throw error;
      const counts = `${answered} of ${entries.length} lookups were answered in ${(limitMs() / 1000).toFixed(1)} seconds`;
      const isPrompt = answered > 0 && allowance.spentMs === beforeMs;
      if (isPrompt)
        return emit({ type: 'notice', message: `${counts} by the runner cache; the rest is fetched elsewhere` });
      allowance.spend(allowance.leftMs);
      if (answered === 0) throw new ModelFetchError('CACHE_RESTORE', counts);
      const message = `The runner cache is slow: ${counts}; the rest is fetched elsewhere.`;
      emit({ type: 'warning', code: 'CACHE_RESTORE', message });
    } finally {
      end();
    }
  }

  return {
    kind: 'entries',
    allowance,
    get usable() {
      return !ended.signal.aborted;
    },
    get writable() {
      return access.write && !ended.signal.aborted && allowance.leftMs > 0;
    },
    fail: (reason) => fail('CACHE_RESTORE', reason),
    async find(entries, signal) {
      const hits = new Map<string, CacheHit>();
      if (!access.read) return hits;
      await guard('CACHE_RESTORE', signal, (guarded) => lookAll(entries, hits, guarded));
      return new Map(hits);
    },
    async save(entry, content, signal) {
      if (!access.write) return over('failed');
      const name = { key: entry.key, version: VERSION };
      const commit = await guard('CACHE_SAVE', signal, (guarded) => send(name, content, guarded));
      if (commit === undefined || commit === 'present') return over(commit ?? 'failed');
      const outcome = guard('CACHE_SAVE', signal, commit).then((saved) => saved ?? ('failed' as const));
      // Whoever saves looks at it later.
      outcome.catch(() => undefined);
      return { outcome };
    },
  };
}

function over(outcome: CacheSave): Saving {
  return { outcome: Promise.resolve(outcome) };
}

// Whoever sends a slice says so, under whatever status.
function judge({ status, headers }: HttpResponse): Pick<CacheHit, 'sizeBytes' | 'ranges'> {
  if (status === 416) return { sizeBytes: 0, ranges: true };
  if (status !== 200 && status !== 206) {
    throw new ModelFetchError('CACHE_RESTORE', `a link that it gave was refused (${status})`);
  }
  const slice = parseContentRange(headers['content-range']);
  if (status === 206 || slice !== undefined) return { sizeBytes: slice?.totalBytes, ranges: true };
  const length = headers['content-length'] ?? '';
  return { sizeBytes: /^\d{1,15}$/.test(length) ? Number(length) : undefined, ranges: false };
}
