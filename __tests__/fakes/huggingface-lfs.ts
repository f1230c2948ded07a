// How Hugging Face takes large files: what it asks for, where to, and how parts become a blob (huggingface.md 5.4).

import { findBlob } from './blob-search.ts';
import type { BlobName } from './blob-shelf.ts';
import { type Call, type HuggingfaceHub, proposableOf, refusal, repositoryOf } from './huggingface-hub.ts';
import { parseObject } from './json-body.ts';
import type { Repository } from './repository.ts';
import { type Exchange, send } from './server.ts';

const MEDIA_TYPE = 'application/vnd.git-lfs+json';

/** `POST /[datasets/]{id}.git/info/lfs/objects/batch` */
export async function offer(call: Call): Promise<void> {
  const { exchange, hub } = call;
  const body = await parseObject(exchange);
  // Without a branch it is for a pull request, to which readers may send too.
  const repository = proposableOf(call, body['ref'] === undefined);
  const { accept, 'content-type': contentType } = exchange.log.headers;
  if (accept !== MEDIA_TYPE || contentType !== MEDIA_TYPE) throw refusal(415, `Expected ${MEDIA_TYPE}`);
  if (body['operation'] !== 'upload') throw refusal(422, 'Only uploads are served here');
  if (!['sha256', 'sha_256', undefined].includes(body['hash_algo'] as string)) throw refusal(409, 'Unknown hash_algo');
  const objects = (body['objects'] as { oid?: unknown; size?: unknown }[] | undefined) ?? [];
  if (objects.length > hub.options.upload.offerLimit) throw refusal(413, 'Too many objects');
  const names = objects.map(({ oid, size }) => ({ oid: String(oid), sizeBytes: Number(size) }));
  const rows = await Promise.all(names.map((name) => offerOne(call, repository, name)));
  const takesParts = (body['transfers'] as string[] | undefined)?.includes('multipart') === true;
  const isMultipart = takesParts && names.some((name) => isLong(hub, name));
  await send(exchange, {
    status: 200,
    headers: { 'Content-Type': MEDIA_TYPE },
    body: { transfer: isMultipart ? 'multipart' : 'basic', objects: rows },
  });
}

async function offerOne({ hub, exchange }: Call, repository: Repository, name: BlobName): Promise<object> {
  const { upload, lfsThresholdBytes } = hub.options;
  const row = { oid: name.oid, size: name.sizeBytes };
  if (!/^[0-9a-f]{64}$/.test(name.oid)) return { ...row, error: { code: 422, message: 'Invalid oid' } };
  if (name.sizeBytes > upload.fileLimitBytes) {
    return { ...row, error: { code: 422, message: `File is larger than ${upload.fileLimitBytes} bytes` } };
  }
  const shelf = hub.shelfOf(repository);
  const found = await findBlob({ shelf, thresholdBytes: lfsThresholdBytes }, name, [repository]);
  if (found !== undefined) return row;
  const base = upload.hrefBase ?? exchange.origin;
  const folder = repository.kind === 'dataset' ? 'datasets/' : '';
  const verify = { href: `${base}/${folder}${repository.id}.git/info/lfs/verify`, header: {} };
  const actions = { upload: uploadAction(hub, repository, { name, base }) };
  return { ...row, authenticated: true, actions: { ...actions, ...(upload.verifyAction ? { verify } : {}) } };
}

function uploadAction(
  { options, storage, shelfOf }: HuggingfaceHub,
  repository: Repository,
  { name, base }: { name: BlobName; base: string },
): object {
  const { partSizeBytes, partSpelling, multipartAboveBytes } = options.upload;
  const shelf = shelfOf(repository);
  if (name.sizeBytes <= multipartAboveBytes) return { href: storage.offerWhole(name, shelf), header: {} };
  const { uploadId, links } = storage.offerParts(name, shelf, partSizeBytes);
  const isPadded = partSpelling === 'padded';
  const keyOf = (index: number) => (isPadded ? String(index + 1).padStart(5, '0') : String(index + 1));
  const query = new URLSearchParams({ uploadId, bucket: 'hub-bucket', prefix: 'repos', signature: 'x' });
  return {
    href: `${base}/api/complete_multipart?${query}`,
    header: {
      chunk_size: isPadded ? String(partSizeBytes) : partSizeBytes,
      ...Object.fromEntries(links.map((link, index) => [keyOf(index), link])),
    },
  };
}

function isLong({ options }: HuggingfaceHub, { sizeBytes }: BlobName): boolean {
  return sizeBytes > options.upload.multipartAboveBytes;
}

/** `POST /api/complete_multipart?uploadId=…`, which the address alone entitles to. */
export async function complete(hub: HuggingfaceHub, exchange: Exchange): Promise<void> {
  const { headers, query } = exchange.log;
  if (headers.authorization !== undefined) throw refusal(400, 'Only one auth mechanism allowed');
  const { oid, parts } = await parseObject(exchange);
  exchange.log.subject = String(oid);
  await hub.storage.complete(query.get('uploadId') ?? '', oid, parts);
  exchange.log.applied = true;
  await send(exchange, { status: 200, body: { success: true } });
}

/** `POST /[datasets/]{id}.git/info/lfs/verify` */
export async function verify(call: Call): Promise<void> {
  const repository = repositoryOf(call);
  if (call.caller.account === undefined) throw refusal(401, 'Invalid username or password.');
  const { oid, size } = await parseObject(call.exchange);
  call.exchange.log.subject = String(oid);
  const name = { oid: String(oid), sizeBytes: Number(size) };
  if (call.hub.shelfOf(repository).body(name) === undefined) throw refusal(404, 'Object not found');
  await send(call.exchange, { status: 200, body: {} });
}
