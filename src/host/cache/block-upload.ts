// Puts bytes at a signed address the way Azure's block blobs want it: a small one in one request, a large one in blocks, several at
// once (github-actions.md 2.3). Bytes are read as they are sent, so memory does not grow with the size. Knows nothing of caches.

import { randomUUID } from 'node:crypto';
import pMap from 'p-map';
import { aborted } from '../../core/errors.ts';
import type { HttpBody, HttpRequest, Range } from '../../core/http.ts';
import type { CacheContent } from '../../core/ports.ts';
import { createLanes } from './lanes.ts';
import { type ListSetting, putList } from './put-list.ts';
import { failure, putTwice, type UploadSetting, withQuery } from './put-twice.ts';
import type { Put } from './upload-pace.ts';

/** Small enough that a host shows soon whether it takes them, and for ten thousand of them to hold any file. All of one length, and
 * more than 5 MiB, since a host may pass them on as the parts of another kind of upload. */
export const BLOCK_BYTES = 16 * 1024 * 1024;
const BLOCKS_AT_ONCE = 4;

/** Makes a blob of bytes that are there. The same errors as sending them. */
export type Commit = (signal: AbortSignal) => Promise<void>;

/** Sends the bytes. @returns what is left to be done then, for which a host may take its time
 * @throws CACHE_SAVE, also when nothing or next to nothing moves; DISK_IO; the network codes; ABORTED */
export type Upload = (url: string, content: CacheContent, signal: AbortSignal) => Promise<Commit>;

/** Uploads that learn from one another how the host takes them. */
export function createUpload(setting: UploadSetting & Pick<ListSetting, 'clock'>): Upload {
  const { pace } = setting;
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
    lanes(() => putTwice((put) => ({ ...bytes, body: bodyOf(bytes, put) }), setting, signal), signal);

  return async (url, content, signal) => {
    if (content.sizeBytes <= BLOCK_BYTES) {
      await watched(signal, (limited) => send(wholePut(url, content), limited));
      return () => Promise.resolve();
    }
    const blocks = cut(content.sizeBytes);
    // A block that fails ends the others.
    const waitsMs = await watched(signal, (limited) =>
      pMap(blocks, (block) => send(blockPut(url, content, block), limited), { concurrency: BLOCKS_AT_ONCE }),
    );
    const ids = blocks.map(({ id }) => id);
    return (still) => watched(still, (limited) => putList(url, ids, { ...setting, waitsMs }, limited));
  };
}

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
