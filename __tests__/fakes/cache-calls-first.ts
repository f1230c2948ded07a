// The calls of the cache service's first protocol, as GitHub Enterprise Server has it: a lookup by query, a reservation, pieces of an
// archive, and its size in the end. Archives lie in the same store as the entries of the second one.

import { randomBytes } from 'node:crypto';
import { type Entry, linkTo, type Service } from './cache-calls.ts';
import { type Exchange, Refusal, send } from './server.ts';

const PREFIX = '/_apis/artifactcache/';

export function isFirstProtocol(path: string): boolean {
  return path.startsWith(PREFIX);
}

/** Answers a call whose token was looked at. */
export async function answerFirst(service: Service, exchange: Exchange): Promise<void> {
  const { path, method, query } = exchange.log;
  const [resource, id] = path.slice(PREFIX.length).split('/');
  if (resource === 'cache' && method === 'GET') return await lookUp(service, exchange, query);
  if (resource !== 'caches') throw new Refusal({ status: 404 });
  if (id === undefined) return await reserve(service, exchange);
  const entry = service.entries[Number(id) - 1];
  if (entry === undefined) throw new Refusal({ status: 404, body: { message: 'no such reservation' } });
  return method === 'PATCH' ? await takePiece(service, exchange, entry) : await finish(service, exchange, entry);
}

async function lookUp({ options, counters, entries }: Service, exchange: Exchange, query: URLSearchParams) {
  counters.lookups += 1;
  if (options.access === 'write-only') throw new Refusal({ status: 403, body: { message: 'cache read denied: no' } });
  const version = query.get('version');
  const there = entries.filter((entry) => entry.version === version && entry.sizeBytes !== undefined).reverse();
  const keys = (query.get('keys') ?? '').split(',');
  const exact = there.find(({ key }) => key === keys[0]);
  const found = exact ?? keys.map((prefix) => there.find(({ key }) => key.startsWith(prefix))).find((one) => one);
  if (found === undefined) return send(exchange, { status: 204 });
  counters.hits += 1;
  const body = { archiveLocation: linkTo(exchange, found, 'r'), cacheKey: found.key, scope: 'refs/heads/main' };
  await send(exchange, { status: 200, body });
}

async function reserve({ options, counters, entries }: Service, exchange: Exchange): Promise<void> {
  const { key, version } = JSON.parse((await exchange.readBody()).toString()) as { key: string; version: string };
  if (options.access === 'read-only') throw new Refusal({ status: 403, body: { message: 'cache write denied: no' } });
  if (entries.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0) >= options.roomBytes) {
    throw new Refusal({ status: 400, body: { message: 'Cache size is over the limit' } });
  }
  if (entries.some((entry) => entry.key === key && entry.version === version)) {
    throw new Refusal({ status: 409, body: { message: 'Cache already exists' } });
  }
  const [name, signature] = [randomBytes(8).toString('hex'), randomBytes(16).toString('hex')];
  entries.push({ name, key, version, signature, sizeBytes: undefined });
  counters.reservations += 1;
  await send(exchange, { status: 201, body: { cacheId: entries.length } });
}

async function takePiece({ blobs }: Service, exchange: Exchange, { name }: Entry): Promise<void> {
  const start = /^bytes (\d+)-/.exec(exchange.log.headers['content-range'] ?? '')?.[1];
  if (start === undefined) throw new Refusal({ status: 400, body: { message: 'no range' } });
  await blobs.takeAt(name, Number(start), exchange.incoming());
  await send(exchange, { status: 204 });
}

async function finish({ blobs, counters }: Service, exchange: Exchange, entry: Entry): Promise<void> {
  const { size } = JSON.parse((await exchange.readBody()).toString()) as { size: number };
  const sizeBytes = await blobs.sizeBytes(entry.name);
  if (sizeBytes !== size) throw new Refusal({ status: 400, body: { message: 'the size does not match' } });
  entry.sizeBytes = sizeBytes;
  counters.saves += 1;
  await send(exchange, { status: 204 });
}
