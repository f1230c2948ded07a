// Whatever is damaged in a store: no wrong byte gets into a view, and the right ones do unless the run is refused.

import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Blob, Store } from '../../src/core/ports.ts';
import type { RemoteFile } from '../../src/core/snapshot.ts';
import { createStore } from '../../src/disk/store/store.ts';
import { createFolderView } from '../../src/disk/view/folder.ts';
import { put } from '../contracts/store.ts';
import { snapshotOf } from '../core/sample.ts';
import { BLOB_DAMAGE, type DamageRow, groundOf } from './blob-damage.ts';
import { fileOf, fill, holds, LARGE_BYTES, NEVER, sampleBytes, useFolders, useHasher } from './ground.ts';

const hasher = useHasher();
const newFolder = useFolders();

async function layGround({ isLarge, algorithms = ['sha256'] }: DamageRow) {
  const sizeBytes = isLarge ? LARGE_BYTES : 5000;
  const [bytes, others] = [sampleBytes(sizeBytes), sampleBytes(sizeBytes, 2)];
  const file = fileOf(bytes, 'a', algorithms);
  const store = createStore({ folder: await newFolder(), hasher });
  const otherBlob = await put(store, fileOf(others), others);
  const blob = await put(store, file, bytes);
  const folder = join(await newFolder(), 'view');
  await show(store, { folder, file, blob });
  return { bytes, folder, ground: groundOf({ store, file, blob, others, otherBlob, viewPath: join(folder, 'a') }) };
}

interface Showing {
  readonly folder: string;
  readonly file: RemoteFile;
  readonly blob: Blob;
}

async function show(store: Store, { folder, file, blob }: Showing): Promise<void> {
  const snapshot = snapshotOf([file.path], file.sizeBytes);
  await createFolderView({ store }).place(folder, snapshot, [{ path: file.path, blob }], NEVER);
}

/** What a run does for a file that is not here. */
async function fetchAnew(store: Store, file: RemoteFile, bytes: Uint8Array): Promise<Blob> {
  const slot = await store.open(file, NEVER);
  for (let tries = 1; ; tries += 1) {
    await fill(slot, bytes);
    try {
      return await slot.commit(NEVER);
    } catch (error) {
      if (tries > 4 || (error as { code?: string }).code !== 'DIGEST_MISMATCH') throw error;
    }
  }
}

/** What the store made of it, and the blob that a run has in the end. */
async function run(store: Store, row: DamageRow, file: RemoteFile, bytes: Uint8Array) {
  const { blob, damaged } = await store.find(file, row.needsFull ? 'full' : 'receipt', NEVER);
  const made = blob !== undefined ? 'sound' : damaged ? 'damaged' : 'absent';
  return { made, blob: blob ?? (await fetchAnew(store, file, bytes)) };
}

it('has a table that is long enough, and whose names are unique', () => {
  expect(BLOB_DAMAGE.length).toBeGreaterThanOrEqual(25);
  expect(new Set(BLOB_DAMAGE.map(({ name }) => name)).size).toBe(BLOB_DAMAGE.length);
});

const rows = BLOB_DAMAGE.filter((row) => row.isPosix !== true || process.platform !== 'win32');
it.each(rows.map((row) => [row.name, row] as const))('%s', async (_, row) => {
  const { bytes, folder, ground } = await layGround(row);
  const { file } = ground;
  await row.damage(ground);
  // Another process, as it were.
  const store = createStore({ folder: ground.store.folder, hasher });
  if (row.expect === 'refused') {
    await expect(run(store, row, file, bytes)).rejects.toMatchObject({ code: 'DISK_IO' });
    return;
  }
  const { made, blob } = await run(store, row, file, bytes);
  expect(made).toBe(row.expect);
  expect(blob).toEqual(ground.blob);
  const fresh = join(await newFolder(), 'fresh');
  for (const view of [fresh, folder]) {
    await show(store, { folder: view, file, blob });
    expect(await holds(join(view, 'a'), bytes)).toBe(true);
  }
  expect((await lstat(store.pathOf(blob))).isFile()).toBe(true);
  expect(await store.find(file, 'full', NEVER)).toEqual({ blob, damaged: false });
});
