// Puts bytes at a signed address the way Azure's block blobs want it: a small one in one request, a large one in blocks, several at
// once (github-actions.md 2.3). Bytes are read as they are sent, so memory does not grow with the size. Knows nothing of caches.

import { randomUUID } from 'node:crypto';
import pMap from 'p-map';
import { aborted, codeOf, ModelFetchError } from '../../core/errors.ts';
import type { HttpBody, HttpRequest, HttpResponse, Range } from '../../core/http.ts';
import type { CacheContent, Transport } from '../../core/ports.ts';
import { createLanes } from './lanes.ts';
import type { Put, UploadPace } from './upload-pace.ts';

/** Small enough that a host shows soon whether it takes them, and for ten thousand of them to hold any file. All of one length, and
 * more than 5 MiB, since a host may pass them on as the parts of another kind of upload. */
export const BLOCK_BYTES = 16 * 1024 * 1024;
const BLOCKS_AT_ONCE = 4;
/** Of the protocol between client and blob store; every put must name one. */
const API_VERSION = '2021-12-02';

export interface UploadSetting {
  readonly transport: Transport;
  /** Shared by all uploads of a run. */
  readonly pace: UploadPace;
}

/** Makes a blob of bytes that are there. The same errors as sending them. */
export type Commit = (signal: AbortSignal) => Promise<void>;

/** Sends the bytes. @returns what is left to be done then, for which a host may take its time
 * @throws CACHE_SAVE, also when nothing or next to nothing moves; DISK_IO; the network codes; ABORTED */
export type Upload = (url: string, content: CacheContent, signal: AbortSignal) => Promise<Commit>;

/** Uploads that learn from one another how the host takes them. */
export function createUpload({ transport, pace }: UploadSetting): Upload {
  const lanes = createLanes(() => pace.lanes);

  async function watched<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await work(AbortSignal.any([signal, pace.signal]));
    } catch (error) {
      if (signal.aborted) throw aborted();
      throw pace.signal.aborted ? failure('an upload stood still, or hardly moved') : error;
    }
  }
  const send = (bytes: BytesRequest, signal: AbortSignal) =>
    lanes(
      () => putTwice((put) => ({ ...bytes, body: bodyOf(bytes, put) }), 'bytes', { transport, pace, signal }),
      signal,
    );
  const sendList = (list: PutRequest, signal: AbortSignal) => putTwice(() => list, 'list', { transport, pace, signal });

  return async (url, content, signal) => {
    if (content.sizeBytes <= BLOCK_BYTES) {
      await watched(signal, (limited) => send(wholePut(url, content), limited));
      return () => Promise.resolve();
    }
    const blocks = cut(content.sizeBytes);
    // A block that fails ends the others.
    await watched(signal, (limited) =>
      pMap(blocks, (block) => send(blockPut(url, content, block), limited), { concurrency: BLOCKS_AT_ONCE }),
    );
    return (still) => watched(still, (limited) => sendList(listPut(url, blocks), limited));
  };
}

type PutRequest = Pick<HttpRequest, 'url' | 'headers' | 'body'>;

/** A put whose body is a range of a content. */
interface BytesRequest extends Pick<HttpRequest, 'url' | 'headers'> {
  readonly content: CacheContent;
  readonly range: Range;
}

interface Block {
  readonly id: string;
  readonly range: Range;
}

function wholePut(url: string, content: CacheContent): BytesRequest {
  const headers = { 'x-ms-blob-type': 'BlockBlob', 'content-type': 'application/octet-stream' };
  return { url, headers, content, range: { start: 0, end: content.sizeBytes } };
}

function blockPut(url: string, content: CacheContent, { id, range }: Block): BytesRequest {
  const headers = { 'content-type': 'application/octet-stream' };
  return { url: withQuery(url, { comp: 'block', blockid: id }), headers, content, range };
}

function listPut(url: string, blocks: readonly Block[]): PutRequest {
  const list = blocks.map(({ id }) => `<Latest>${id}</Latest>`).join('');
  return {
    url: withQuery(url, { comp: 'blocklist' }),
    headers: { 'content-type': 'application/xml', 'x-ms-blob-content-type': 'application/octet-stream' },
    body: `<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`,
  };
}

// Names of one length, as Azure wants it; some services read the block's number from the end of it, as the official client writes it.
function cut(sizeBytes: number): Block[] {
  const prefix = randomUUID();
  return Array.from({ length: Math.ceil(sizeBytes / BLOCK_BYTES) }, (_, index) => {
    const start = index * BLOCK_BYTES;
    const id = Buffer.from(`${prefix}${String(index).padStart(48 - prefix.length, '0')}`).toString('base64');
    return { id, range: { start, end: Math.min(sizeBytes, start + BLOCK_BYTES) } };
  });
}

// Tells whose turn it is: ours while the disk is read, the host's while a chunk is offered to it.
function bodyOf({ content, range }: BytesRequest, put: Put): HttpBody {
  return {
    sizeBytes: range.end - range.start,
    async *open() {
      put.read();
      for await (const chunk of content.read(range)) {
        put.offer(chunk.length);
        yield chunk;
        put.taken();
        put.read();
      }
      put.offer(0);
    },
  };
}

function withQuery(url: string, query: Readonly<Record<string, string>>): string {
  const address = new URL(url);
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return address.href;
}

interface PutParts extends UploadSetting {
  readonly signal: AbortSignal;
}

async function putTwice(
  requestOf: (put: Put) => PutRequest,
  kind: 'bytes' | 'list',
  { transport, pace, signal }: PutParts,
): Promise<void> {
  const once = async () => {
    const put = pace.begin(kind);
    try {
      const { url, headers, body } = requestOf(put);
      const request = { method: 'PUT', url, headers: { ...headers, 'x-ms-version': API_VERSION } } as const;
      const response = await transport.send(body === undefined ? request : { ...request, body }, signal);
      await response.discard();
      put.answered();
      return response;
    } finally {
      put.end();
    }
  };
  // A connection that was kept too long breaks off, and a host may fail for a moment.
  const first = await once().catch((error) => (codeOf(error) === 'NETWORK' ? undefined : Promise.reject(error)));
  const last = first === undefined || first.status >= 500 ? await once() : first;
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
