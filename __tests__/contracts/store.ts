// What every store must do, whatever it is made of.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Algorithm, digestOf, hexOf } from '../../src/core/digest.ts';
import type { Blob, Store } from '../../src/core/ports.ts';
import type { RemoteFile } from '../../src/core/snapshot.ts';
import { fileOf, fill, holds, LARGE_BYTES, MIB, NEVER, sampleBytes, useFolders } from '../disk/ground.ts';

const SIZES: readonly [string, number][] = [
  ['an empty file', 0],
  ['a small file', 1000],
  ['a large file', LARGE_BYTES],
];
const PROMISES: readonly (readonly [Algorithm, ...Algorithm[]])[] = [['sha256'], ['git-sha1'], ['sha256', 'git-sha1']];

/** Stores bytes the way a transfer does. */
export async function put(store: Store, file: RemoteFile, bytes: Uint8Array): Promise<Blob> {
  const slot = await store.open(file, NEVER);
  await fill(slot, bytes);
  return await slot.commit(NEVER);
}

/** @param create a store in a folder that does not exist yet */
export function storeContract(name: string, create: (folder: string) => Store): void {
  describe(`${name} is a store`, () => {
    const newFolder = useFolders();
    const newStore = async () => create(join(await newFolder(), 'store'));

    describe.each(SIZES)('%s', (_, sizeBytes) => {
      it.each(PROMISES)('is found after commit, promised by %s %s', async (...algorithms) => {
        const store = await newStore();
        const bytes = sampleBytes(sizeBytes);
        const file = fileOf(bytes, 'a.bin', algorithms.filter((name) => name !== undefined) as [Algorithm]);
        expect(await store.find(file, 'receipt', NEVER)).toEqual({ damaged: false });
        const blob = await put(store, file, bytes);
        expect(blob).toEqual({ sha256: hexOf(digestOf('sha256', bytes)), sizeBytes });
        expect(await holds(store.pathOf(blob), bytes)).toBe(true);
        for (const verify of ['receipt', 'full'] as const) {
          expect(await store.find(file, verify, NEVER)).toEqual({ blob, damaged: false });
        }
      });

      it('is refused when its bytes are others, and can be written again', async () => {
        const store = await newStore();
        const bytes = sampleBytes(sizeBytes);
        const file = { ...fileOf(bytes), digests: fileOf(sampleBytes(77, 7)).digests };
        const slot = await store.open(file, NEVER);
        await fill(slot, bytes);
        await expect(slot.commit(NEVER)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
        expect(slot.missing).toEqual(sizeBytes === 0 ? [] : [{ start: 0, end: sizeBytes }]);
        await slot.suspend();
        expect(await store.find(file, 'receipt', NEVER)).toEqual({ damaged: false });
      });

      it('is adopted from a file on this machine, which stays as it is', async () => {
        const store = await newStore();
        const bytes = sampleBytes(sizeBytes);
        const path = join(await newFolder(), 'mine.bin');
        await writeFile(path, bytes, { mode: 0o640 });
        const blob = await store.adopt(path, fileOf(bytes), NEVER);
        expect(blob?.sizeBytes).toBe(sizeBytes);
        expect(await store.find(fileOf(bytes), 'receipt', NEVER)).toEqual({ blob, damaged: false });
        await writeFile(path, 'mine again');
        expect(await readFile(path, 'utf8')).toBe('mine again');
      });
    });

    it('recovers in the same slot after wrong bytes', async () => {
      const store = await newStore();
      for (const sizeBytes of [1000, LARGE_BYTES]) {
        const bytes = sampleBytes(sizeBytes);
        const slot = await store.open(fileOf(bytes), NEVER);
        await fill(slot, sampleBytes(sizeBytes, 9));
        await expect(slot.commit(NEVER)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
        await fill(slot, bytes);
        expect(await holds(store.pathOf(await slot.commit(NEVER)), bytes)).toBe(true);
      }
    });

    it('takes ranges in any order and at the same time', async () => {
      const store = await newStore();
      const bytes = sampleBytes(LARGE_BYTES);
      const slot = await store.open(fileOf(bytes), NEVER);
      const starts = Array.from({ length: Math.ceil(LARGE_BYTES / MIB) }, (_, index) => index * MIB).reverse();
      await Promise.all(starts.map((start) => slot.write(start, bytes.subarray(start, start + MIB))));
      expect(await holds(store.pathOf(await slot.commit(NEVER)), bytes)).toBe(true);
    });

    it('refuses a file that is too short or too long', async () => {
      const store = await newStore();
      for (const sizeBytes of [1000, LARGE_BYTES]) {
        const bytes = sampleBytes(sizeBytes);
        const slot = await store.open(fileOf(bytes), NEVER);
        await slot.write(0, bytes.subarray(0, 500));
        await expect(slot.write(sizeBytes - 3, bytes.subarray(0, 4))).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
        await expect(slot.commit(NEVER)).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
        expect(slot.missing).toEqual([{ start: 0, end: sizeBytes }]);
        await fill(slot, bytes);
        await slot.commit(NEVER);
      }
    });

    it('forgets everything at a reset', async () => {
      const store = await newStore();
      for (const sizeBytes of [1000, LARGE_BYTES]) {
        const bytes = sampleBytes(sizeBytes);
        const slot = await store.open(fileOf(bytes), NEVER);
        await fill(slot, sampleBytes(sizeBytes, 5));
        await slot.reset();
        expect(slot.missing).toEqual([{ start: 0, end: sizeBytes }]);
        await fill(slot, bytes);
        await slot.commit(NEVER);
        await slot.suspend();
      }
    });

    it('resumes a large file that was suspended', async () => {
      const store = await newStore();
      const bytes = sampleBytes(LARGE_BYTES);
      const first = await store.open(fileOf(bytes), NEVER);
      await first.write(0, bytes.subarray(0, MIB));
      await first.write(5 * MIB, bytes.subarray(5 * MIB, 7 * MIB));
      await first.suspend();
      expect(await store.partialBytes(fileOf(bytes))).toBe(3 * MIB);
      const second = await store.open(fileOf(bytes), NEVER);
      expect(second.resumedBytes).toBe(3 * MIB);
      expect(second.missing).toEqual([
        { start: MIB, end: 5 * MIB },
        { start: 7 * MIB, end: LARGE_BYTES },
      ]);
      await fill(second, bytes);
      expect(await holds(store.pathOf(await second.commit(NEVER)), bytes)).toBe(true);
      expect(await store.partialBytes(fileOf(bytes))).toBe(0);
    });

    it('adopts nothing that is not the file', async () => {
      const store = await newStore();
      const folder = await newFolder();
      const bytes = sampleBytes(1000);
      await writeFile(join(folder, 'other'), sampleBytes(1000, 2));
      await writeFile(join(folder, 'longer'), sampleBytes(1001));
      for (const name of ['other', 'longer', 'nothing', '.']) {
        expect(await store.adopt(join(folder, name), fileOf(bytes), NEVER)).toBeUndefined();
      }
      expect(await store.find(fileOf(bytes), 'receipt', NEVER)).toEqual({ damaged: false });
    });

    it('lays blobs out in a stage and takes them back from there', async () => {
      const store = await newStore();
      const bytes = sampleBytes(1000);
      const blob = await put(store, fileOf(bytes), bytes);
      const stage = await store.stage();
      await stage.expose(blob, 'entry', blob.sha256);
      expect(await holds(stage.pathOf('entry', blob.sha256), bytes)).toBe(true);
      const restored = sampleBytes(2000, 3);
      await mkdir(dirname(stage.pathOf('other', 'b')), { recursive: true });
      await writeFile(stage.pathOf('other', 'b'), restored);
      const taken = await store.adopt(stage.pathOf('other', 'b'), fileOf(restored), NEVER);
      await stage.discard();
      expect(await store.find(fileOf(restored), 'receipt', NEVER)).toEqual({ blob: taken, damaged: false });
      expect(await store.find(fileOf(bytes), 'full', NEVER)).toEqual({ blob, damaged: false });
      await expect(readFile(stage.pathOf('entry', blob.sha256))).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it('honours the signal', async () => {
      const store = await newStore();
      const bytes = sampleBytes(1000);
      const file = fileOf(bytes);
      const slot = await store.open(file, NEVER);
      await fill(slot, bytes);
      const gone = AbortSignal.abort();
      const path = join(await newFolder(), 'a');
      await writeFile(path, bytes);
      for (const work of [
        store.find(file, 'full', gone),
        store.adopt(path, file, gone),
        store.open(file, gone),
        slot.commit(gone),
      ]) {
        await expect(work).rejects.toMatchObject({ code: 'ABORTED' });
      }
      await slot.commit(NEVER);
    });
  });
}
