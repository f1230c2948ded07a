// Chunks of a file for somebody who passes them on: the range as it is, memory that is used again, and a reader who is slow.

import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Chunks } from '../../src/core/chunks.ts';
import { codeOf, ModelFetchError } from '../../src/core/errors.ts';
import type { Range } from '../../src/core/http.ts';
import { readChunks } from '../../src/disk/read-chunks.ts';
import { send } from '../fakes/server.ts';
import { NEVER, textOf, useServers, useTransports } from '../net/ground.ts';

const MIB = 1024 * 1024;
const folder = mkdtempSync(path.join(tmpdir(), 'model-fetch-chunks-'));
afterAll(() => rmSync(folder, { recursive: true }));
const bytes = randomBytes(12 * MIB + 17);
const file = path.join(folder, 'weights');
writeFileSync(file, bytes);

const tooShort = (atBytes: number) => new ModelFetchError('FILE_CHANGED', `ended at ${atBytes}`);
const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

async function copyOf(range: Range): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of readChunks(file, range, tooShort)) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}

async function drain(chunks: Chunks): Promise<void> {
  for await (const _chunk of chunks);
}

describe('the chunks of a file', () => {
  test.each([
    [0, 0],
    [0, 1],
    [5, 3 * MIB],
    [MIB - 1, 2 * MIB],
    [0, bytes.length],
  ])('of %i to %i are those bytes', async (start, end) => {
    expect((await copyOf({ start, end })).equals(bytes.subarray(start, end))).toBe(true);
  });

  test('keep what they hold until the next but one is asked for, in memory that does not grow with the file', async () => {
    const memory = new Set<ArrayBufferLike>();
    let last: { chunk: Uint8Array; digest: string } | undefined;
    for await (const chunk of readChunks(file, { start: 0, end: bytes.length }, tooShort)) {
      if (last !== undefined) expect(sha256(last.chunk)).toBe(last.digest);
      last = { chunk, digest: sha256(chunk) };
      memory.add(chunk.buffer);
    }
    expect(memory.size).toBe(3);
  });

  test('end with the error of their owner where the file does', async () => {
    const short = path.join(folder, 'short');
    writeFileSync(short, bytes.subarray(0, 2 * MIB));
    const chunks = readChunks(short, { start: 0, end: 2 * MIB + 1 }, tooShort);
    await expect(drain(chunks)).rejects.toThrow(`ended at ${2 * MIB}`);
  });

  test('end with that error, too, when the file shrinks while it is read', async () => {
    const shrinking = path.join(folder, 'shrinking');
    writeFileSync(shrinking, bytes);
    const shrink = async () => {
      for await (const _chunk of readChunks(shrinking, { start: 0, end: bytes.length }, tooShort)) {
        truncateSync(shrinking, MIB);
      }
    };
    await expect(shrink()).rejects.toSatisfy((error) => codeOf(error) === 'FILE_CHANGED');
  });

  test('of a file that is not there are an error of the disk', async () => {
    const chunks = readChunks(path.join(folder, 'none'), { start: 0, end: 1 }, tooShort);
    await expect(drain(chunks)).rejects.toSatisfy((error) => codeOf(error) === 'DISK_IO');
  });
});

describe('on their way to a host', () => {
  const start = useServers();
  const open = useTransports();

  // What is still in a socket when memory is used again would arrive as something else.
  test('they arrive as they are at one that takes them in fits', async () => {
    const host = await start(async (exchange) => {
      const hash = createHash('sha256');
      for await (const chunk of exchange.request) {
        hash.update(chunk as Uint8Array);
        await new Promise(setImmediate);
      }
      await send(exchange, { status: 200, body: hash.digest('hex') });
    });
    const range = { start: 1, end: bytes.length };
    const body = { sizeBytes: range.end - range.start, open: () => readChunks(file, range, tooShort) };
    const answer = await open().transport.send({ method: 'PUT', url: host.url, body }, NEVER);
    expect(await textOf(answer)).toBe(sha256(bytes.subarray(1)));
  });
});
