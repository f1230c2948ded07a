// The three calls of the cache service and what each answers (github-actions.md 2.3). State is the service's, bytes the store's.

import { randomBytes } from 'node:crypto';
import type { BlobStore } from './block-blob.ts';
import { answerFirst, isFirstProtocol } from './cache-calls-first.ts';
import { type Exchange, Refusal, send } from './server.ts';

/** How the service behaves; a test may change any of it at any time. */
export interface CacheServiceOptions {
  token: string;
  /** `down` answers 503 to every call, `silent` none. */
  health: 'up' | 'down' | 'silent';
  /** Answers 429 with this Retry-After to every call. */
  retryAfterSeconds: number | undefined;
  /** What the token may do (github-actions.md 2.6). */
  access: 'read-write' | 'read-only' | 'write-only';
  /** What becomes of requests to links: `expired` refuses them, `silent` takes them and says nothing. */
  links: 'good' | 'expired' | 'silent';
  /** More than this many bytes in all are refused, as a repository over its budget is. */
  roomBytes: number;
  /** How a taken key is refused: GitHub answers 409, other services 200 with `ok: false`. */
  conflict: '409' | 'not-ok';
}

export interface CacheCounters {
  lookups: number;
  hits: number;
  /** Entries that were reserved, and those that were finished. */
  reservations: number;
  saves: number;
}

/** A reserved or finished entry. */
export interface Entry {
  readonly name: string;
  readonly key: string;
  readonly version: string;
  readonly signature: string;
  /** Undefined while it is only reserved. */
  sizeBytes: number | undefined;
}

/** The service as its calls see it. */
export interface Service {
  readonly options: CacheServiceOptions;
  readonly counters: CacheCounters;
  readonly entries: Entry[];
  readonly blobs: BlobStore;
}

const PREFIX = '/twirp/github.actions.results.api.v1.CacheService/';
const METHODS: Readonly<Record<string, (service: Service, exchange: Exchange, message: Message) => Promise<void>>> = {
  CreateCacheEntry: create,
  FinalizeCacheEntryUpload: finalize,
  GetCacheEntryDownloadURL: lookUp,
};

/** A request's fields; Twirp's JSON may spell them in either case. */
interface Message {
  readonly key: string;
  readonly version: string;
  readonly restoreKeys: readonly string[];
  readonly sizeBytes: number;
}

/** Answers a call or a request to the blob store. */
export async function answer(service: Service, exchange: Exchange): Promise<void> {
  const { path, query, method } = exchange.log;
  const blob = /^\/fakeaccount\/actions-cache\/([\w-]+)$/.exec(path)?.[1];
  if (blob !== undefined) {
    const entry = service.entries.find((one) => one.name === blob && one.signature === query.get('sig'));
    const { links } = service.options;
    if (links === 'silent') return;
    if (entry === undefined || links === 'expired')
      throw new Refusal({ status: 403, headers: { 'x-ms-error-code': 'AuthenticationFailed' } });
    return service.blobs.answer(exchange, entry.name, entry.key);
  }
  if (isFirstProtocol(path)) {
    if (service.options.health === 'silent') return;
    refuse(service.options, exchange);
    return await answerFirst(service, exchange);
  }
  const respond = path.startsWith(PREFIX) ? METHODS[path.slice(PREFIX.length)] : undefined;
  if (respond === undefined || method !== 'POST') throw twirpError(404, 'bad_route', `no handler for path ${path}`);
  const message = parse((await exchange.readBody()).toString());
  if (service.options.health === 'silent') return;
  refuse(service.options, exchange);
  await respond(service, exchange, message);
}

// What becomes of every call, whatever it asks for.
function refuse({ health, retryAfterSeconds, token }: CacheServiceOptions, exchange: Exchange): void {
  if (health === 'down') throw twirpError(503, 'unavailable', 'service unavailable');
  if (retryAfterSeconds !== undefined) {
    throw twirpError(429, 'resource_exhausted', 'rate limited', { 'Retry-After': String(retryAfterSeconds) });
  }
  if (exchange.log.headers.authorization !== `Bearer ${token}`)
    throw twirpError(401, 'unauthenticated', 'invalid token');
}

function parse(text: string): Message {
  const fields = JSON.parse(text) as Record<string, unknown>;
  const strings = fields.restore_keys ?? fields.restoreKeys;
  return {
    key: String(fields.key ?? ''),
    version: String(fields.version ?? ''),
    restoreKeys: Array.isArray(strings) ? strings.map(String) : [],
    sizeBytes: Number(fields.size_bytes ?? fields.sizeBytes ?? 0),
  };
}

// A key is taken from its reservation on, and for ever.
async function create(
  { options, counters, entries }: Service,
  exchange: Exchange,
  { key, version }: Message,
): Promise<void> {
  if (options.access === 'read-only') {
    return ok(exchange, {
      ok: false,
      signed_upload_url: '',
      message: 'cache write denied: token has no writable scopes',
    });
  }
  if (entries.reduce((sum, entry) => sum + (entry.sizeBytes ?? 0), 0) >= options.roomBytes) {
    const message = 'cache storage over budget: the cache is read-only';
    return ok(exchange, { ok: false, signed_upload_url: '', message });
  }
  if (entries.some((entry) => entry.key === key && entry.version === version)) {
    const taken = 'cache entry with the same key, version, and scope already exists';
    if (options.conflict === '409') throw twirpError(409, 'already_exists', taken);
    return ok(exchange, { ok: false, signed_upload_url: '', message: taken });
  }
  const entry: Entry = {
    name: randomBytes(8).toString('hex'),
    key,
    version,
    signature: randomBytes(16).toString('hex'),
    sizeBytes: undefined,
  };
  entries.push(entry);
  counters.reservations += 1;
  await ok(exchange, { ok: true, signed_upload_url: linkTo(exchange, entry, 'cw'), message: '' });
}

async function finalize({ counters, entries, blobs }: Service, exchange: Exchange, message: Message): Promise<void> {
  const entry = entries.find(
    (one) => one.key === message.key && one.version === message.version && one.sizeBytes === undefined,
  );
  if (entry === undefined) return ok(exchange, { ok: false, entry_id: '0', message: 'no such reservation' });
  const sizeBytes = await blobs.sizeBytes(entry.name);
  if (sizeBytes !== message.sizeBytes)
    return ok(exchange, { ok: false, entry_id: '0', message: 'the size does not match the upload' });
  entry.sizeBytes = sizeBytes;
  counters.saves += 1;
  await ok(exchange, { ok: true, entry_id: String(entries.indexOf(entry) + 1), message: '' });
}

async function lookUp({ options, counters, entries }: Service, exchange: Exchange, message: Message): Promise<void> {
  counters.lookups += 1;
  if (options.access === 'write-only')
    throw twirpError(403, 'permission_denied', 'cache read denied: token has no readable scopes');
  const finished = entries
    .filter((entry) => entry.version === message.version && entry.sizeBytes !== undefined)
    .reverse();
  const exact = finished.find((entry) => entry.key === message.key);
  const prefixes = [message.key, ...message.restoreKeys];
  const byPrefix = () =>
    prefixes.map((prefix) => finished.find((entry) => entry.key.startsWith(prefix))).find((found) => found);
  const found = exact ?? byPrefix();
  if (found === undefined) return ok(exchange, { ok: false, signed_download_url: '', matched_key: '' });
  counters.hits += 1;
  await ok(exchange, { ok: true, signed_download_url: linkTo(exchange, found, 'r'), matched_key: found.key });
}

export function linkTo({ origin }: Exchange, entry: Entry, permission: string): string {
  const query = new URLSearchParams({ sv: '2025-11-05', sr: 'b', sp: permission, sig: entry.signature });
  return `${origin}/fakeaccount/actions-cache/${entry.name}?${query}`;
}

function ok(exchange: Exchange, body: object): Promise<void> {
  return send(exchange, { status: 200, body });
}

function twirpError(
  status: number,
  code: string,
  msg: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  return new Refusal({ status, headers, body: { code, msg } });
}
