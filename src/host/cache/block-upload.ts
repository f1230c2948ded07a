// Puts bytes at a signed address the way Azure's block blobs want it: a small one in one request, a large one in blocks, several at
// once (github-actions.md 2.3). Bytes are read as they are sent, so memory does not grow with the size. Knows nothing of caches.

import { randomUUID } from 'node:crypto';
import pMap from 'p-map';
import { aborted, codeOf, ModelFetchError } from '../../core/errors.ts';
import type { HttpBody, HttpRequest, HttpResponse, Range } from '../../core/http.ts';
import type { CacheContent, Transport } from '../../core/ports.ts';
import { createPatience, type Pace, type Patience } from './patience.ts';

/** Small enough that a host shows soon whether it takes them, and for ten thousand of them to hold any file. */
export const BLOCK_BYTES = 16 * 1024 * 1024;
const BLOCKS_AT_ONCE = 4;
/** Of the protocol between client and blob store; every put must name one. */
const API_VERSION = '2021-12-02';

/** A host that has taken bytes may be busy for a while, with putting a large file together out of its blocks for example. */
const PROVED_SILENCE_MS = 10_000;

/** At less a gigabyte would take twenty minutes, which no cache is worth. */
const PACE: Pace = { windowMs: 10_000, bytesPerWindow: 8 * 1024 * 1024 };

export interface UploadSetting {
  readonly transport: Transport;
  /** How long nothing may move, over all connections of an upload, as long as the host has not taken anything yet. */
  readonly patienceMs: number;
  /** What an upload must bring at least, as long as it has bytes left. */
  readonly pace?: Pace;
}

/** @throws CACHE_SAVE, also when nothing or next to nothing moves; DISK_IO; the network codes; ABORTED */
export type Upload = (url: string, content: CacheContent, signal: AbortSignal) => Promise<void>;

/** Uploads that learn from one another whether the host takes anything. */
export function createUpload({ transport, patienceMs, pace = PACE }: UploadSetting): Upload {
  let isProved = false;
  return async (url, content, signal) => {
    const patience = createPatience(isProved ? PROVED_SILENCE_MS : patienceMs, pace);
    const limited = AbortSignal.any([signal, patience.signal]);
    const put = async (request: PutRequest) => {
      await putTwice(request, transport, limited);
      isProved = true;
      patience.extend(PROVED_SILENCE_MS);
    };
    try {
      if (content.sizeBytes <= BLOCK_BYTES) await put(wholePut(url, watched(content, patience)));
      else await putBlocks(url, watched(content, patience), put);
    } catch (error) {
      if (signal.aborted) throw aborted();
      throw patience.signal.aborted ? failure('an upload stood still, or hardly moved') : error;
    } finally {
      patience.end();
    }
  };
}

type PutRequest = Pick<HttpRequest, 'url' | 'headers' | 'body'>;

function wholePut(url: string, content: CacheContent): PutRequest {
  const headers = { 'x-ms-blob-type': 'BlockBlob', 'content-type': 'application/octet-stream' };
  return { url, headers, body: bodyOf(content, { start: 0, end: content.sizeBytes }) };
}

// A block that fails ends the others.
async function putBlocks(
  url: string,
  content: CacheContent,
  put: (request: PutRequest) => Promise<void>,
): Promise<void> {
  const blocks = cut(content.sizeBytes);
  await pMap(
    blocks,
    ({ id, range }) =>
      put({
        url: withQuery(url, { comp: 'block', blockid: id }),
        headers: { 'content-type': 'application/octet-stream' },
        body: bodyOf(content, range),
      }),
    { concurrency: BLOCKS_AT_ONCE },
  );
  const list = blocks.map(({ id }) => `<Latest>${id}</Latest>`).join('');
  await put({
    url: withQuery(url, { comp: 'blocklist' }),
    headers: { 'content-type': 'application/xml', 'x-ms-blob-content-type': 'application/octet-stream' },
    body: `<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`,
  });
}

// Names of one length, as Azure wants it; some services read the block's number from the end of it, as the official client writes it.
function cut(sizeBytes: number): { id: string; range: Range }[] {
  const prefix = randomUUID();
  return Array.from({ length: Math.ceil(sizeBytes / BLOCK_BYTES) }, (_, index) => {
    const start = index * BLOCK_BYTES;
    const id = Buffer.from(`${prefix}${String(index).padStart(48 - prefix.length, '0')}`).toString('base64');
    return { id, range: { start, end: Math.min(sizeBytes, start + BLOCK_BYTES) } };
  });
}

function bodyOf(content: CacheContent, range: Range): HttpBody {
  return { sizeBytes: range.end - range.start, open: () => content.read(range) };
}

function withQuery(url: string, query: Readonly<Record<string, string>>): string {
  const address = new URL(url);
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return address.href;
}

// Whatever is read is about to be sent: as long as bytes are taken, the other side lives.
function watched(content: CacheContent, patience: Patience): CacheContent {
  let leftBytes = content.sizeBytes;
  return {
    sizeBytes: content.sizeBytes,
    async *read(range) {
      for await (const chunk of content.read(range)) {
        patience.pulse(chunk.length);
        leftBytes -= chunk.length;
        if (leftBytes <= 0) patience.endPace();
        yield chunk;
      }
    },
  };
}

async function putTwice(request: PutRequest, transport: Transport, signal: AbortSignal): Promise<void> {
  const put = async () => {
    const headers = { ...request.headers, 'x-ms-version': API_VERSION };
    const response = await transport.send({ ...request, method: 'PUT', headers }, signal);
    await response.discard();
    return response;
  };
  // A connection that was kept too long breaks off, and a host may fail for a moment.
  const first = await put().catch((error) => (codeOf(error) === 'NETWORK' ? undefined : Promise.reject(error)));
  const last = first === undefined || first.status >= 500 ? await put() : first;
  if (last.status !== 201) throw failure(`an upload was refused (${refusalText(last)})`);
}

// Azure's own word for it is in a header; the text may quote the address.
function refusalText({ status, headers }: Pick<HttpResponse, 'status' | 'headers'>): string {
  const code = headers['x-ms-error-code'] ?? '';
  return /^\w{1,64}$/.test(code) ? `${status}, ${code}` : String(status);
}

function failure(message: string): ModelFetchError {
  return new ModelFetchError('CACHE_SAVE', message);
}
