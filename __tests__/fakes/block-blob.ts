// A store of blobs that answers like Azure's block blobs, as far as an upload in one piece or in blocks and a download need.
// Knows nothing of caches.

import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Content, createBody } from './content.ts';
import type { FaultPlan } from './faults.ts';
import { sendFile } from './file-answer.ts';
import { type Exchange, Refusal, send } from './server.ts';

export interface BlobStore {
  /** Where it keeps its bytes. */
  readonly folder: string;
  /** Answers PUT (whole, block, block list), GET and HEAD for one blob. `key` names it to faults. */
  answer(exchange: Exchange, name: string, key: string): Promise<void>;
  /** Bytes of a committed blob; undefined before that. */
  sizeBytes(name: string): Promise<number | undefined>;
  content(name: string): Content;
  /** Puts bytes at a place of a blob that is being made; several may come at once. */
  takeAt(name: string, start: number, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Replaces a blob's bytes. */
  change(name: string, change: (bytes: Buffer) => Uint8Array): Promise<void>;
  remove(): Promise<void>;
}

const VERSION = '2025-11-05';

export async function createBlobStore(faults: FaultPlan): Promise<BlobStore> {
  const folder = await mkdtemp(join(tmpdir(), 'fake-cache-'));
  const pathOf = (name: string, blockId?: string) =>
    join(
      folder,
      blockId === undefined ? `${name}.blob` : `${name}.${createHash('sha1').update(blockId).digest('hex')}`,
    );
  return {
    folder,
    async answer(exchange, name, key) {
      const { method, query, headers } = exchange.log;
      exchange.log.kind = 'blob';
      if (headers['x-ms-version'] === undefined && method === 'PUT') throw azureError(400, 'MissingRequiredHeader');
      if (method === 'GET' || method === 'HEAD') return download(exchange, { path: pathOf(name), key, faults });
      if (method !== 'PUT') throw azureError(405, 'UnsupportedHttpVerb');
      const blockId = query.get('blockid');
      if (query.get('comp') === 'blocklist') await commitBlocks(exchange, pathOf(name), (id) => pathOf(name, id));
      else if (query.get('comp') === 'block' && blockId !== null) await receive(exchange, pathOf(name, blockId));
      else if (headers['x-ms-blob-type'] === 'BlockBlob') await receive(exchange, pathOf(name));
      else throw azureError(400, 'MissingRequiredHeader');
      await send(exchange, { status: 201, headers: azureHeaders() });
    },
    sizeBytes: async (name) => (await stat(pathOf(name)).catch(() => undefined))?.size,
    content: (name) => ({ file: pathOf(name) }),
    takeAt: (name, start, chunks) => takeAt(pathOf(name), start, chunks),
    change: async (name, change) => writeFile(pathOf(name), change(await readFile(pathOf(name)))),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function download(
  exchange: Exchange,
  { path, key, faults }: { path: string; key: string; faults: FaultPlan },
): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw azureError(404, 'BlobNotFound');
  const headers = { ...azureHeaders(), 'x-ms-blob-type': 'BlockBlob', 'Last-Modified': found.mtime.toUTCString() };
  await sendFile(exchange, {
    path: key,
    place: 'cache',
    body: createBody({ file: path }),
    faults,
    options: { headers },
  });
}

async function receive(exchange: Exchange, path: string): Promise<void> {
  const announced = exchange.log.headers['content-length'];
  if (announced === undefined) throw azureError(411, 'MissingContentLengthHeader');
  await pipeline(exchange.request, createWriteStream(path));
  if ((await stat(path)).size !== Number(announced)) throw azureError(400, 'InvalidInput');
}

// The list decides order and content; a block that was never sent is an error.
async function commitBlocks(exchange: Exchange, path: string, blockPath: (id: string) => string): Promise<void> {
  const xml = (await exchange.readBody()).toString();
  const ids = [...xml.matchAll(/<(?:Latest|Uncommitted|Committed)>([^<]+)</g)].map((match) => match[1] ?? '');
  const blocks = ids.map(blockPath);
  const sizes = await Promise.all(blocks.map((block) => stat(block).catch(() => undefined)));
  if (sizes.includes(undefined)) throw azureError(400, 'InvalidBlockList');
  await writeFile(path, '');
  for (const block of blocks) {
    await pipeline(createReadStream(block), createWriteStream(path, { flags: 'a' }));
    await rm(block);
  }
}

async function takeAt(path: string, start: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT);
  try {
    let at = start;
    for await (const chunk of chunks) {
      await file.write(chunk, 0, chunk.length, at);
      at += chunk.length;
    }
  } finally {
    await file.close();
  }
}

function azureHeaders(): Record<string, string> {
  const id = randomUUID();
  return {
    ETag: `"0x${id.slice(0, 8)}"`,
    'Last-Modified': new Date().toUTCString(),
    'x-ms-request-id': id,
    'x-ms-version': VERSION,
  };
}

function azureError(status: number, code: string): Refusal {
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  return new Refusal({
    status,
    headers: { 'Content-Type': 'application/xml', 'x-ms-error-code': code, ...azureHeaders() },
    body,
  });
}
