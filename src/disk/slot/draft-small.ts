// The draft of a file that is fetched again sooner than resumed: no journal, hashed on this thread, gone when it is not kept.

import { unlink } from 'node:fs/promises';
import type { RemoteFile } from '../../core/snapshot.ts';
import { throwIfAborted } from '../abort.ts';
import { openFileHash } from '../hash/hash-file.ts';
import { ifPresent, onDisk } from '../io-error.ts';
import { releaseOwner, takeOwner } from '../lease/owner.ts';
import type { Draft } from './draft.ts';
import { algorithmsFor } from './proof.ts';
import type { StoreParts } from './publish.ts';
import { openRangeFile } from './range-file.ts';

const READ_BYTES = 1024 * 1024;

/** @throws DISK_FULL, DISK_IO */
export async function openSmallDraft({ layout }: StoreParts, file: RemoteFile): Promise<Draft> {
  const owner = takeOwner();
  const path = layout.staged('draft', owner);
  const data = await openRangeFile(path, file.sizeBytes, []);
  const remove = async () => {
    await onDisk(path, () => ifPresent(unlink(path)));
    releaseOwner(owner);
  };
  return {
    path,
    data,
    resumed: [],
    lostBytes: 0,
    noteWrite: () => undefined,
    async hash(signal) {
      throwIfAborted(signal);
      const hash = openFileHash(
        { path, sizeBytes: file.sizeBytes, algorithms: algorithmsFor(file) },
        new Uint8Array(Math.min(READ_BYTES, file.sizeBytes)),
      );
      try {
        hash.advance(file.sizeBytes);
        return { digests: hash.digests(), marks: hash.marks };
      } finally {
        hash.close();
      }
    },
    clear: () => data.clear(),
    async keep() {
      await data.close();
      await remove();
    },
    close: () => data.close(),
    remove,
  };
}
