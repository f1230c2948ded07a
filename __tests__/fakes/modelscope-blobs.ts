// How ModelScope takes large files: which it wants, and each in one piece (modelscope.md 5.4, 5.5).

import { findBlob } from './blob-search.ts';
import type { BlobName } from './blob-shelf.ts';
import { parseObject } from './json-body.ts';
import { failure, sendBare, sendData } from './modelscope-answer.ts';
import { caller, type ModelscopeHub, notLoggedIn, writableOf } from './modelscope-hub.ts';
import type { Repository } from './repository.ts';
import { type Exchange, Refusal, send } from './server.ts';

/** `POST /api/v1/repos/{type}s/{id}/info/lfs/objects/batch` */
export async function offer(hub: ModelscopeHub, exchange: Exchange, groups: readonly string[]): Promise<void> {
  const repository = writableOf(hub, exchange, groups);
  const body = await parseObject(exchange);
  const asked = (body['objects'] as { oid?: unknown; size?: unknown }[] | undefined) ?? [];
  const { offerLimit, envelope } = hub.options.upload;
  if (body['operation'] !== 'upload' || asked.length > offerLimit) {
    throw new Refusal(failure(400, 10030000001, 'invalid batch request'));
  }
  const names = asked.map(({ oid, size }) => ({ oid: String(oid), sizeBytes: Number(size) }));
  const rows = await Promise.all(names.map((name) => offerOne(hub, exchange, { repository, name })));
  // An object that is there already is left out: that is the whole answer to it.
  const data = { objects: rows.filter((row) => row !== undefined), 'reused-objects': [] };
  await (envelope === 'whole' ? sendData(exchange, data) : sendBare(exchange, data));
}

interface Wanted {
  readonly repository: Repository;
  readonly name: BlobName;
}

async function offerOne(
  hub: ModelscopeHub,
  exchange: Exchange,
  { repository, name }: Wanted,
): Promise<object | undefined> {
  const place = { shelf: hub.shelf, thresholdBytes: hub.options.lfsThresholdBytes };
  if ((await findBlob(place, name, hub.repositories)) !== undefined) return undefined;
  const origin = hub.options.upload.blobOrigin === 'endpoint' ? exchange.origin : hub.storage.url;
  const { oid, sizeBytes } = name;
  const href = `${origin}/api/v1/repos/${repository.kind}s/${repository.id}/blobs/${oid}/${sizeBytes}`;
  const upload = { href, offset: 0, upload_header: { Range: 'bytes=0-' }, upload_parameters: {} };
  return { oid, size: sizeBytes, actions: { upload } };
}

/** `PUT /api/v1/repos/{type}s/{id}/blobs/{sha256}/{size}` */
export async function put(
  hub: ModelscopeHub,
  exchange: Exchange,
  [kind, id, oid = '', size]: readonly string[],
): Promise<void> {
  const { log } = exchange;
  log.kind = 'blob';
  if (!hasCredentials(hub, exchange)) throw notLoggedIn();
  writableOf(hub, exchange, [kind ?? '', id ?? '']);
  if (log.headers['content-length'] === undefined) throw new Refusal(failure(411, 10030000001, 'length required'));
  const name = { oid, sizeBytes: Number(size) };
  const arrived = await hub.shelf.receive(name, exchange.incoming(), 'whole');
  if (!(await hub.shelf.put(name, [arrived]))) {
    throw new Refusal(failure(400, 10030000001, 'sha256 or size of the blob does not match'));
  }
  log.applied = true;
  await sendTaken(hub, exchange);
}

async function sendTaken({ options }: ModelscopeHub, exchange: Exchange): Promise<void> {
  const { putAnswer, envelope } = options.upload;
  if (putAnswer === 'empty') return send(exchange, { status: 200 });
  if (putAnswer === 'code-as-text') return send(exchange, { status: 200, body: { Code: '200', Message: 'success' } });
  return envelope === 'whole' ? sendData(exchange, {}) : sendBare(exchange, {});
}

// Both were seen to be needed, although one of the two official clients sends the cookie alone (modelscope.md 1.3).
function hasCredentials(hub: ModelscopeHub, exchange: Exchange): boolean {
  const { authorization, cookie } = exchange.request.headers;
  const known = (headers: { authorization?: string; cookie?: string }) =>
    caller(hub, { ...exchange, request: Object.assign(Object.create(exchange.request), { headers }) }).account !==
    undefined;
  const isBearer = authorization !== undefined && known({ authorization });
  const isCookie = cookie !== undefined && known({ cookie });
  const { blobCredentials } = hub.options.upload;
  if (blobCredentials === 'both') return isBearer && isCookie;
  if (blobCredentials === 'either') return isBearer || isCookie;
  return blobCredentials === 'bearer' ? isBearer : isCookie;
}
