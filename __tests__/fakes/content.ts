// What a fake file consists of: bytes, a seed, or a file on disk, readable from any offset without holding it in memory.
// Must not import the project's own digests: a fake that shares code with what it tests proves nothing.

import { createCipheriv, createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

/** A seed stands for `sizeBytes` bytes that are always the same and cannot be compressed. */
export type Content = string | Uint8Array | Seeded | { readonly file: string } | Body;

export interface Seeded {
  readonly seed: string | number;
  readonly sizeBytes: number;
}

export interface Digests {
  /** Hex of the sha256 of the bytes. */
  readonly sha256: string;
  /** Hex of git's blob id of the bytes. */
  readonly gitSha1: string;
}

/** Content that can be served. */
export interface Body {
  readonly sizeBytes: number;
  /** Cheap name of the content: equal names mean equal bytes. */
  readonly identity: string;
  /** The bytes from `start` (inclusive) to `end` (exclusive), in chunks. */
  read(start: number, end: number): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** Computed on the first call. */
  digests(): Promise<Digests>;
}

const CHUNK_BYTES = 256 * 1024;
const BREATH_BYTES = 8 * 1024 * 1024;
const ZEROS = Buffer.alloc(CHUNK_BYTES);
/** So much of one seed is made once and held, since tests send it many times. */
const HELD_BYTES = 96 * 1024 * 1024;
const held = new Map<string, Buffer>();
const known = new Map<string, Promise<Digests>>();

export function createBody(content: Content): Body {
  if (typeof content === 'object' && 'read' in content) return content;
  const { identity, sizeBytes, read } = readerOf(content);
  return { identity, sizeBytes, read, digests: () => remember(identity, () => digest(read(0, sizeBytes), sizeBytes)) };
}

/** All bytes of a body, or of a part of it. */
export async function bytesOf(body: Body, start = 0, end = body.sizeBytes): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.read(start, end)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The text that git stores in place of a large file (huggingface.md 3.6). */
export function pointerOf(sha256: string, sizeBytes: number): string {
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${sizeBytes}\n`;
}

type Reader = Omit<Body, 'digests'>;

interface SeededReader extends Reader {
  read(start: number, end: number): Iterable<Uint8Array>;
}

function readerOf(content: Exclude<Content, Body>): Reader {
  if (typeof content === 'string') return bytesReader(Buffer.from(content));
  if (content instanceof Uint8Array) return bytesReader(Buffer.from(content));
  if ('file' in content) return fileReader(content.file);
  const made = seededReader(content);
  return made.sizeBytes > HELD_BYTES ? made : { ...made, read: (start, end) => slices(hold(made), start, end) };
}

function bytesReader(bytes: Buffer): Reader {
  return {
    sizeBytes: bytes.length,
    identity: `bytes:${createHash('sha256').update(bytes).digest('hex')}`,
    read: (start, end) => slices(bytes, start, end),
  };
}

function* slices(bytes: Buffer, start: number, end: number): Generator<Uint8Array> {
  for (let at = start; at < end; at += CHUNK_BYTES) yield bytes.subarray(at, Math.min(end, at + CHUNK_BYTES));
}

function hold({ identity, sizeBytes, read }: SeededReader): Buffer {
  const bytes = held.get(identity) ?? Buffer.concat([...read(0, sizeBytes)]);
  held.set(identity, bytes);
  return bytes;
}

function fileReader(file: string): Reader {
  const { size, mtimeMs, ino } = statSync(file);
  return {
    sizeBytes: size,
    identity: `file:${file}:${ino}:${size}:${mtimeMs}`,
    read: (start, end) =>
      start >= end ? [] : createReadStream(file, { start, end: end - 1, highWaterMark: CHUNK_BYTES }),
  };
}

// AES in counter mode is a stream of bytes with random access, and as fast as the machine can go.
function seededReader({ seed, sizeBytes }: Seeded): SeededReader {
  const key = createHash('sha256').update(`seed ${seed}`).digest().subarray(0, 16);
  return {
    sizeBytes,
    identity: `seed:${seed}:${sizeBytes}`,
    *read(start, end) {
      const counter = Buffer.alloc(16);
      counter.writeBigUInt64BE(BigInt(Math.floor(start / 16)), 8);
      const cipher = createCipheriv('aes-128-ctr', key, counter);
      cipher.update(ZEROS.subarray(0, start % 16));
      for (let at = start; at < end; at += CHUNK_BYTES)
        yield cipher.update(ZEROS.subarray(0, Math.min(CHUNK_BYTES, end - at)));
    },
  };
}

function remember(identity: string, compute: () => Promise<Digests>): Promise<Digests> {
  const found = known.get(identity) ?? compute();
  known.set(identity, found);
  return found;
}

async function digest(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, sizeBytes: number): Promise<Digests> {
  const sha256 = createHash('sha256');
  const gitSha1 = createHash('sha1').update(`blob ${sizeBytes}\0`);
  let sinceBreath = 0;
  for await (const chunk of chunks) {
    sha256.update(chunk);
    gitSha1.update(chunk);
    sinceBreath += chunk.length;
    // Gigabytes take seconds, and the same process answers other requests meanwhile.
    if (sinceBreath < BREATH_BYTES) continue;
    sinceBreath = 0;
    await setImmediate();
  }
  return { sha256: sha256.digest('hex'), gitSha1: gitSha1.digest('hex') };
}
