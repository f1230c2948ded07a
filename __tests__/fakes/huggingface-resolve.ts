// How Hugging Face hands out one file: A by way of its cache, B directly, C by a link to the CDN (huggingface.md 3.1).

import { gzipSync } from 'node:zlib';
import { bytesOf, createBody } from './content.ts';
import { sendFile } from './file-answer.ts';
import { type Call, commitOf, guard, refusal, repositoryOf } from './huggingface-hub.ts';
import { xetHashOf } from './huggingface-json.ts';
import type { Commit, Entry, Repository } from './repository.ts';
import { send } from './server.ts';

interface Found {
  readonly repository: Repository;
  readonly commit: Commit;
  readonly entry: Entry;
}

/** `/{id}/resolve/{rev}/{path}` */
export async function resolveFile(call: Call): Promise<void> {
  call.exchange.log.kind = 'file';
  const repository = repositoryOf(call);
  guard(repository, call.caller);
  const found = locate(repository, call.rest);
  const isLarge = repository.isLarge(found.entry, call.hub.options.lfsThresholdBytes);
  const digests = await found.entry.body.digests();
  const etag = `"${isLarge ? digests.sha256 : digests.gitSha1}"`;
  if (call.exchange.request.headers['if-none-match'] === etag) {
    return send(call.exchange, { status: 304, headers: { ETag: etag, 'X-Repo-Commit': found.commit.id } });
  }
  if (isLarge) return toCdn(call, found, digests.sha256);
  const isCached = repository.visibility === 'public' && repository.id.includes('/') && found.entry.body.sizeBytes > 0;
  return isCached ? toCache(call, found, etag) : sendPlain(call, found, etag);
}

/** `/api/resolve-cache/{type}s/{id}/{commit}/{path}`, which needs no query (huggingface.md 3.1 A). */
export async function resolveCached(call: Call): Promise<void> {
  call.exchange.log.kind = 'file';
  const repository = repositoryOf(call);
  guard(repository, call.caller);
  const found = locate(repository, call.rest);
  const etag = `"${(await found.entry.body.digests()).gitSha1}"`;
  return isCompressed(call) ? sendCompressed(call, found, etag) : sendPlain(call, found, etag);
}

function locate(repository: Repository, [revision, ...segments]: readonly string[]): Found {
  const commit = commitOf(repository, revision);
  const entry = commit.entries.get(segments.map(decodeURIComponent).join('/'));
  if (entry === undefined) throw refusal(404, 'Entry not found', 'EntryNotFound', { 'X-Repo-Commit': commit.id });
  return { repository, commit, entry };
}

async function toCdn({ hub, exchange }: Call, { repository, commit, entry }: Found, sha256: string): Promise<void> {
  const xetHash = xetHashOf(sha256);
  const location = hub.cdn.link(
    {
      pathname: `/xet-bridge-us/${repository.number.toString(16).padStart(24, '0')}/${xetHash}`,
      query: { 'response-content-disposition': `inline; filename*=UTF-8''${entry.path}` },
      path: entry.path,
      body: entry.body,
    },
    'Signature',
  );
  const token = `${exchange.origin}/api/${repository.kind}s/${repository.id}/xet-read-token/${commit.id}`;
  const links = `<${token}>; rel="xet-auth", <${exchange.origin}/v1/reconstructions/${xetHash}>; rel="xet-reconstruction-info"`;
  const headers = {
    Location: location,
    'X-Repo-Commit': commit.id,
    'X-Linked-Size': String(entry.body.sizeBytes),
    'X-Linked-ETag': `"${sha256}"`,
    'Accept-Ranges': 'bytes',
    Vary: 'Origin, Accept',
    ...(hub.options.xetHeaders ? { 'X-Xet-Hash': xetHash, Link: links } : {}),
  };
  await send(exchange, { status: 302, headers, body: `Found. Redirecting to ${location}` });
}

async function toCache({ exchange }: Call, { repository, commit, entry }: Found, etag: string): Promise<void> {
  const path = entry.path.split('/').map(encodeURIComponent).join('/');
  const asked = encodeURIComponent(exchange.log.path);
  const location = `/api/resolve-cache/${repository.kind}s/${repository.id}/${commit.id}/${path}?${asked}=&etag=${encodeURIComponent(etag)}`;
  const headers = { Location: location, 'X-Repo-Commit': commit.id, 'Accept-Ranges': 'bytes', Vary: 'Origin, Accept' };
  await send(exchange, { status: 307, headers, body: `Temporary Redirect. Redirecting to ${location}` });
}

async function sendPlain({ hub, exchange }: Call, { commit, entry }: Found, etag: string): Promise<void> {
  const headers = { ETag: etag, 'X-Repo-Commit': commit.id, 'Content-Type': 'text/plain; charset=utf-8' };
  await sendFile(exchange, {
    path: entry.path,
    place: 'hub',
    body: entry.body,
    faults: hub.faults,
    options: { headers },
  });
}

function isCompressed({ hub, exchange }: Call): boolean {
  const { range, 'accept-encoding': accepted } = exchange.request.headers;
  if (!/\bgzip\b/.test(String(accepted ?? ''))) return false;
  return hub.options.gzip === 'always' || (hub.options.gzip === 'without-range' && range === undefined);
}

// Compressed as it goes: no length, and a range is not looked at.
async function sendCompressed({ hub, exchange }: Call, { commit, entry }: Found, etag: string): Promise<void> {
  const body = createBody(gzipSync(await bytesOf(entry.body)));
  const headers = {
    ETag: `W/${etag}`,
    'X-Repo-Commit': commit.id,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Encoding': 'gzip',
    Vary: 'Accept-Encoding',
  };
  const options = { headers, ranges: 'ignore', chunked: true } as const;
  await sendFile(exchange, { path: entry.path, place: 'hub', body, faults: hub.faults, options });
}
