// Whether the disk can hold what is to come, asked before the first byte.

import { ModelFetchError } from '../../core/errors.ts';
import type { Disk, Store } from '../../core/ports.ts';
import { identityOf, type RemoteFile } from '../../core/snapshot.ts';
import { showBytes } from '../../core/text/show.ts';

export interface Need {
  readonly folder: string;
  readonly missing: readonly RemoteFile[];
  /** Bytes of the whole view, which a folder that cannot link to the store needs once more. */
  readonly sizeBytes: number;
}

/** @throws DISK_FULL, with the bytes that are missing; DISK_IO when a folder cannot be written to. */
export async function refuseSmallDisk(
  needs: readonly Need[],
  { disk, store }: { disk: Disk; store: Store },
): Promise<void> {
  const wanted = new Map<string, { neededBytes: number; freeBytes: number; folder: string }>();
  const add = async (folder: string, bytes: number) => {
    const { id, freeBytes } = await disk.probe(folder);
    const { neededBytes } = wanted.get(id) ?? { neededBytes: 0 };
    wanted.set(id, { neededBytes: neededBytes + bytes, freeBytes, folder });
  };
  const distinct = new Map(needs.flatMap(({ missing }) => missing).map((file) => [identityOf(file), file]));
  let storeBytes = 0;
  for (const file of distinct.values()) storeBytes += file.sizeBytes - (await store.partialBytes(file));
  await add(store.folder, storeBytes);
  for (const { folder, sizeBytes } of needs) {
    if (!(await disk.canLink(store.folder, folder))) await add(folder, sizeBytes);
  }
  for (const { neededBytes, freeBytes, folder } of wanted.values()) {
    if (neededBytes > freeBytes) throw tooSmall(neededBytes, freeBytes, folder);
  }
}

function tooSmall(neededBytes: number, freeBytes: number, folder: string): ModelFetchError {
  const missing = neededBytes - freeBytes;
  return new ModelFetchError(
    'DISK_FULL',
    `${folder} needs ${showBytes(neededBytes)} and has ${showBytes(freeBytes)} free: ${showBytes(missing)} (${missing} bytes) are missing.`,
    { hint: 'Free some space, take fewer files with `include`, or put `path` and `store` on a larger disk.' },
  );
}
