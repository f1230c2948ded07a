// Damage in a blob, located by the marks that were kept when it was proved.

import { existsSync } from 'node:fs';
import { chmod, link, mkdir, open, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf, hexOf } from '../../src/core/digest.ts';
import type { Blob, Slot, Store } from '../../src/core/ports.ts';
import { PIECE_BYTES } from '../../src/core/transfer/schedule.ts';
import { createLayout } from '../../src/disk/store/layout.ts';
import { createStore } from '../../src/disk/store/store.ts';
import { put } from '../contracts/store.ts';
import { flipByte } from './flip-byte.ts';
import { fileOf, fill, holds, LARGE_BYTES, MIB, NEVER, sampleBytes, useFolders, useHasher } from './ground.ts';

const hasher = useHasher();
const newFolder = useFolders();
const newStore = async () => createStore({ folder: await newFolder(), hasher });
const bytes = sampleBytes(40 * MIB);
const file = fileOf(bytes);
const FIRST = { start: 0, end: PIECE_BYTES };
const MIDDLE = { start: PIECE_BYTES, end: 2 * PIECE_BYTES };
const LAST = { start: 2 * PIECE_BYTES, end: bytes.length };
const WHOLE = { start: 0, end: bytes.length };

const marksOf = (store: Store, blob: Blob) => createLayout(store.folder).marks(blob.sha256);

/** The marks of bytes, computed in another way. */
function marksIn(content: Uint8Array): string[] {
  const count = Math.ceil(content.length / PIECE_BYTES) - 1;
  return Array.from({ length: count }, (_, index) =>
    hexOf(digestOf('sha256', content.subarray(0, (index + 1) * PIECE_BYTES))),
  );
}

async function damage(store: Store, blob: Blob, ...offsets: readonly number[]): Promise<void> {
  for (const offset of offsets) await flipByte(store.pathOf(blob), offset);
  expect(await store.find(file, 'full', NEVER)).toEqual({ damaged: true });
  expect(existsSync(store.pathOf(blob))).toBe(false);
}

/** Writes what is missing until the slot takes it. @returns what was missing, round by round */
async function repair(slot: Slot, content = bytes): Promise<{ blob: Blob; rounds: unknown[] }> {
  const rounds: unknown[] = [];
  for (;;) {
    rounds.push(slot.missing);
    await fill(slot, content);
    const blob = await slot.commit(NEVER).catch((error: { code?: string }) => {
      if (error.code !== 'DIGEST_MISMATCH' || rounds.length > 9) throw error;
    });
    if (blob !== undefined) return { blob, rounds };
  }
}

describe('marks', () => {
  it.each([MIB, PIECE_BYTES, PIECE_BYTES + 1, LARGE_BYTES, 2 * PIECE_BYTES, 40 * MIB])(
    'of %i bytes lie at each piece inside the file, however it is read',
    async (sizeBytes) => {
      const content = sampleBytes(sizeBytes, 3);
      const path = join(await newFolder(), 'file');
      await writeFile(path, content);
      const follower = hasher.follow(path, sizeBytes, ['sha256', 'git-sha1']);
      expect(follower.marks).toEqual([]);
      // Steps that no piece ends with.
      for (let front = 0; front < sizeBytes; front += 5 * MIB + 7) follower.advance(front);
      follower.advance(sizeBytes);
      expect(await follower.finish()).toContain(digestOf('sha256', content));
      expect(follower.marks).toEqual(marksIn(content));
    },
  );

  it('are none without a sha256', async () => {
    const path = join(await newFolder(), 'file');
    await writeFile(path, bytes);
    const follower = hasher.follow(path, bytes.length, ['git-sha1']);
    follower.advance(bytes.length);
    await follower.finish();
    expect(follower.marks).toEqual([]);
  });

  it('are kept by a commit, by an adoption, and by a look that finds none', async () => {
    const kept = { pieceBytes: PIECE_BYTES, marks: marksIn(bytes) };
    const store = await newStore();
    const blob = await put(store, file, bytes);
    expect(JSON.parse(await readFile(marksOf(store, blob), 'utf8'))).toEqual(kept);
    await rm(marksOf(store, blob));
    expect(await store.find(file, 'full', NEVER)).toEqual({ blob, damaged: false });
    expect(JSON.parse(await readFile(marksOf(store, blob), 'utf8'))).toEqual(kept);
    const other = await newStore();
    await other.adopt(store.pathOf(blob), file, NEVER);
    expect(JSON.parse(await readFile(marksOf(other, blob), 'utf8'))).toEqual(kept);
  });

  it('are not kept of a file that is one piece', async () => {
    const store = await newStore();
    const blob = await put(store, fileOf(bytes.subarray(0, PIECE_BYTES)), bytes.subarray(0, PIECE_BYTES));
    expect(existsSync(marksOf(store, blob))).toBe(false);
  });
});

describe('one flipped byte', () => {
  const places = [
    ['the first piece', 5, FIRST],
    ['the middle piece', PIECE_BYTES, MIDDLE],
    ['the last piece', bytes.length - 1, LAST],
  ] as const;
  it.each(places)('in %s: only that piece is missing', async (_, offset, piece) => {
    const store = await newStore();
    const blob = await put(store, file, bytes);
    await damage(store, blob, offset);
    expect(await store.partialBytes(file)).toBe(bytes.length - (piece.end - piece.start));
    const slot = await store.open(file, NEVER);
    expect(slot.resumedBytes).toBe(bytes.length - (piece.end - piece.start));
    expect((await repair(slot)).rounds).toEqual([[piece]]);
    expect(await holds(store.pathOf(blob), bytes)).toBe(true);
    expect(await readdir(join(store.folder, 'v1', 'partials'))).toEqual([]);
    expect(await store.find(file, 'full', NEVER)).toEqual({ blob, damaged: false });
  });

  it.each([1, 2])('does not change the file under its other names (%i of them)', async (names) => {
    const store = await newStore();
    const blob = await put(store, file, bytes);
    const others = await Promise.all(
      Array.from({ length: names }, async () => {
        const other = join(await newFolder(), 'mine');
        await link(store.pathOf(blob), other);
        return other;
      }),
    );
    await flipByte(store.pathOf(blob), 20 * MIB);
    const damaged = await readFile(others[0] ?? '');
    const before = await stat(others[0] ?? '');
    expect(await store.find(file, 'receipt', NEVER)).toEqual({ damaged: true });
    expect((await repair(await store.open(file, NEVER))).rounds).toEqual([[MIDDLE]]);
    for (const other of others) {
      expect(await holds(other, damaged)).toBe(true);
      const { mtimeMs, mode, nlink } = await stat(other);
      expect({ mtimeMs, mode, nlink }).toEqual({ mtimeMs: before.mtimeMs, mode: before.mode, nlink: names });
    }
    expect(await holds(store.pathOf(blob), bytes)).toBe(true);
  });

  it('stays where it is in a store that is only looked at', async () => {
    const store = await newStore();
    const blob = await put(store, file, bytes);
    await flipByte(store.pathOf(blob), 5);
    const reader = createStore({ folder: store.folder, hasher, isReadOnly: true });
    expect(await reader.find(file, 'full', NEVER)).toEqual({ damaged: true });
    expect(existsSync(store.pathOf(blob))).toBe(true);
    expect(await readdir(join(store.folder, 'v1', 'partials')).catch(() => [])).toEqual([]);
  });

  it('leaves no partial once the content is adopted from elsewhere', async () => {
    const store = await newStore();
    const blob = await put(store, file, bytes);
    await damage(store, blob, 5);
    const mine = join(await newFolder(), 'mine');
    await writeFile(mine, bytes);
    expect(await store.adopt(mine, file, NEVER)).toEqual(blob);
    expect(await readdir(join(store.folder, 'v1', 'partials'))).toEqual([]);
  });

  it('is found by a content’s name in git, too', async () => {
    const byGit = fileOf(bytes, 'a', ['git-sha1']);
    const store = await newStore();
    const blob = await put(store, byGit, bytes);
    await flipByte(store.pathOf(blob), 20 * MIB);
    expect(await store.find(byGit, 'full', NEVER)).toEqual({ damaged: true });
    expect((await repair(await store.open(byGit, NEVER))).rounds).toEqual([[MIDDLE]]);
  });
});

describe('more damage', () => {
  it('in two pieces costs two pieces', async () => {
    const store = await newStore();
    const blob = await put(store, file, bytes);
    await damage(store, blob, 5, 20 * MIB);
    const slot = await store.open(file, NEVER);
    await fill(slot, bytes);
    await expect(slot.commit(NEVER)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(slot.missing).toEqual([MIDDLE]);
    expect(slot.resumedBytes).toBe(bytes.length - 2 * PIECE_BYTES);
    // The journal no longer vouches for it, either.
    await slot.suspend();
    expect((await repair(await store.open(file, NEVER))).rounds).toEqual([[MIDDLE]]);
    expect(await holds(store.pathOf(blob), bytes)).toBe(true);
  });

  it('everywhere takes few rounds, and no byte twice', async () => {
    const content = sampleBytes(7 * PIECE_BYTES + 9, 4);
    const long = fileOf(content);
    const store = await newStore();
    const blob = await put(store, long, content);
    await chmod(store.pathOf(blob), 0o644);
    const handle = await open(store.pathOf(blob), 'r+');
    for (let piece = 0; piece < 8; piece += 1) await handle.write(Buffer.alloc(8), 0, 8, piece * PIECE_BYTES);
    await handle.close();
    expect(await store.find(long, 'full', NEVER)).toEqual({ damaged: true });
    const { rounds } = await repair(await store.open(long, NEVER), content);
    expect(rounds).toEqual([
      [{ start: 0, end: PIECE_BYTES }],
      [{ start: PIECE_BYTES, end: 2 * PIECE_BYTES }],
      [{ start: 2 * PIECE_BYTES, end: 4 * PIECE_BYTES }],
      [{ start: 4 * PIECE_BYTES, end: content.length }],
    ]);
    expect(await holds(store.pathOf(blob), content)).toBe(true);
  });

  it('of the same piece again is no longer believed', async () => {
    const store = await newStore();
    const blob = await put(store, file, bytes);
    await damage(store, blob, 5);
    const slot = await store.open(file, NEVER);
    const wrong = sampleBytes(bytes.length, 9);
    for (const missing of [[FIRST], [WHOLE]]) {
      await fill(slot, wrong);
      await expect(slot.commit(NEVER)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
      expect(slot.missing).toEqual(missing);
    }
    expect(await holds(store.pathOf((await repair(slot)).blob), bytes)).toBe(true);
  });

  it('by which the file is shorter is no damage in a piece', async () => {
    const store = await newStore();
    const blob = await put(store, file, bytes);
    await chmod(store.pathOf(blob), 0o644);
    await truncate(store.pathOf(blob), 30 * MIB);
    expect(await store.find(file, 'receipt', NEVER)).toEqual({ damaged: true });
    expect(await store.partialBytes(file)).toBe(0);
    expect((await repair(await store.open(file, NEVER))).rounds).toEqual([[WHOLE]]);
  });
});

describe('marks that are wrong', () => {
  const other = marksIn(sampleBytes(bytes.length, 2));
  const texts = [
    ['empty', '', [[WHOLE]]],
    ['no marks', '{"pieceBytes":16777216,"marks":[]}', [[WHOLE]]],
    ['of pieces of another length', JSON.stringify({ pieceBytes: MIB, marks: marksIn(bytes) }), [[WHOLE]]],
    ['no hex', JSON.stringify({ pieceBytes: PIECE_BYTES, marks: ['../..', 'x'] }), [[WHOLE]]],
    ['of another content', JSON.stringify({ pieceBytes: PIECE_BYTES, marks: other }), [[FIRST], [FIRST], [WHOLE]]],
  ] as const;
  it.each(texts)('(%s) cost bytes and nothing else', async (_, text, rounds) => {
    const store = await newStore();
    const blob = await put(store, file, bytes);
    await writeFile(marksOf(store, blob), text);
    await damage(store, blob, 20 * MIB);
    expect((await repair(await store.open(file, NEVER))).rounds).toEqual(rounds);
    expect(await holds(store.pathOf(blob), bytes)).toBe(true);
    expect(JSON.parse(await readFile(marksOf(store, blob), 'utf8')).marks).toEqual(marksIn(bytes));
  });

  it('are as none when they cannot be read', async () => {
    const store = await newStore();
    const blob = await put(store, file, bytes);
    await rm(marksOf(store, blob));
    await mkdir(join(marksOf(store, blob), 'folder'), { recursive: true });
    await damage(store, blob, 20 * MIB);
    expect((await store.open(file, NEVER)).missing).toEqual([WHOLE]);
    await rm(dirname(marksOf(store, blob)), { recursive: true });
  });

  it('are passed by when the sha256 is right and another digest of the listing is not', async () => {
    const store = await newStore();
    await put(store, file, bytes);
    const [sha256] = file.digests;
    const slot = await store.open({ ...file, digests: [sha256, digestOf('git-sha1', 'other')] }, NEVER);
    await fill(slot, bytes);
    await expect(slot.commit(NEVER)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(slot.missing).toEqual([WHOLE]);
    await slot.suspend();
  });
});

it('a time that was put back hides damage from receipts only', async () => {
  const store = await newStore();
  const blob = await put(store, file, bytes);
  const { atime, mtime } = await stat(store.pathOf(blob));
  await flipByte(store.pathOf(blob), 20 * MIB);
  await utimes(store.pathOf(blob), atime, mtime);
  expect(await store.find(file, 'receipt', NEVER)).toEqual({ blob, damaged: false });
  expect(await store.find(file, 'full', NEVER)).toEqual({ damaged: true });
  expect((await repair(await store.open(file, NEVER))).rounds).toEqual([[MIDDLE]]);
});
