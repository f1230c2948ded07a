// Where the fakes keep what was uploaded: on disk, or above a limit only its digest and size, so that gigabytes cost no memory.
// Must not import the project's own digests: a fake that shares code with what it tests proves nothing.

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Body, createBody } from './content.ts';

export interface ShelfOptions {
  /** Of larger blobs only digest and size are kept: they can be listed and not downloaded. */
  keepLimitBytes: number;
  /** What is held against a blob's name when it has arrived: its digest and size, or its size alone, which takes no time. */
  check: 'digest' | 'size';
}

export const SHELF_DEFAULTS: ShelfOptions = { keepLimitBytes: 1024 ** 3, check: 'digest' };

export interface BlobName {
  /** Hex of the sha256. */
  readonly oid: string;
  readonly sizeBytes: number;
}

/** Bytes that arrived, of a blob or of a part of it. */
export interface Arrived {
  readonly sizeBytes: number;
  /** Undefined of a part, and where nobody looks at it. */
  readonly sha256: string | undefined;
  /** Undefined where the bytes are not kept. */
  readonly file: string | undefined;
}

export interface Shelf {
  readonly options: ShelfOptions;
  /** Takes in a request's body. */
  receive(name: BlobName, chunks: AsyncIterable<Uint8Array>, extent: 'whole' | 'part'): Promise<Arrived>;
  /** Puts a blob on the shelf, which takes its parts. @returns false when they are not what the name says: nothing is kept then */
  put(name: BlobName, parts: readonly Arrived[]): Promise<boolean>;
  body(name: BlobName): Body | undefined;
  /** Removes everything. */
  close(): Promise<void>;
}

export function createShelf(options: ShelfOptions): Shelf {
  const bodies = new Map<string, Body>();
  let folder: Promise<string> | undefined;
  let count = 0;
  const place = async () => {
    folder ??= mkdtemp(path.join(tmpdir(), 'fake-blobs-'));
    count += 1;
    // Taken before the wait, in which others count on.
    const name = String(count);
    return path.join(await folder, name);
  };
  const keeps = (name: BlobName) => name.sizeBytes <= options.keepLimitBytes;
  return {
    options,
    async receive(name, chunks, extent) {
      const checks = options.check === 'digest';
      // Parts come in any order: they can be held against the digest only when all are there.
      const file = keeps(name) || (checks && extent === 'part') ? await place() : undefined;
      return takeIn(chunks, { file, hashes: checks && extent === 'whole' });
    },
    async put(name, parts) {
      const isRight = await isWhole(name, parts, options);
      const kept = isRight && keeps(name) ? await join(parts) : undefined;
      for (const { file } of parts) if (file !== undefined && file !== kept) await rm(file, { force: true });
      if (isRight) bodies.set(keyOf(name), bodyOf(name, kept));
      return isRight;
    },
    body: (name) => bodies.get(keyOf(name)),
    async close() {
      if (folder !== undefined) await rm(await folder, { recursive: true, force: true });
    },
  };
}

function keyOf({ oid, sizeBytes }: BlobName): string {
  return `${oid} ${sizeBytes}`;
}

async function takeIn(
  chunks: AsyncIterable<Uint8Array>,
  { file, hashes }: { file: string | undefined; hashes: boolean },
): Promise<Arrived> {
  let sizeBytes = 0;
  if (file === undefined && !hashes) {
    for await (const chunk of chunks) sizeBytes += chunk.length;
    return { sizeBytes, file, sha256: undefined };
  }
  const hash = createHash('sha256');
  const passing = async function* () {
    for await (const chunk of chunks) {
      sizeBytes += chunk.length;
      if (hashes) hash.update(chunk);
      if (file !== undefined) yield chunk;
    }
  };
  if (file !== undefined) await pipeline(passing(), createWriteStream(file));
  else for await (const _chunk of passing());
  return { sizeBytes, file, sha256: hashes ? hash.digest('hex') : undefined };
}

async function isWhole(name: BlobName, parts: readonly Arrived[], { check }: ShelfOptions): Promise<boolean> {
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  if (sizeBytes !== name.sizeBytes) return false;
  if (check === 'size') return true;
  const [first, ...others] = parts;
  if (first?.sha256 !== undefined && others.length === 0) return first.sha256 === name.oid;
  const hash = createHash('sha256');
  for (const { file } of parts) {
    if (file !== undefined) for await (const chunk of createReadStream(file)) hash.update(chunk);
  }
  return hash.digest('hex') === name.oid;
}

// The first part's file, with the others behind it.
async function join([first, ...others]: readonly Arrived[]): Promise<string | undefined> {
  if (first?.file === undefined) return undefined;
  for (const { file } of others) {
    if (file !== undefined) await pipeline(createReadStream(file), createWriteStream(first.file, { flags: 'a' }));
  }
  return first.file;
}

function bodyOf({ oid, sizeBytes }: BlobName, file: string | undefined): Body {
  const kept = file === undefined ? undefined : createBody({ file });
  return {
    identity: `blob:${oid}:${sizeBytes}`,
    sizeBytes,
    read(start, end) {
      if (kept === undefined) throw new Error(`the blob ${oid} was too large to be kept`);
      return kept.read(start, end);
    },
    // Large files are listed by their sha256 alone: nobody sees the other, which would cost a reading.
    digests: async () => ({ sha256: oid, gitSha1: '0'.repeat(40) }),
  };
}
