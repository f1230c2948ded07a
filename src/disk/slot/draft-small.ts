// The draft of a file that is fetched again sooner than resumed: no journal, hashed on this thread where the disk is near, gone when it
// is not kept.

import { unlink } from 'node:fs/promises';
import type { RemoteFile } from '../../core/snapshot.ts';
import { throwIfAborted } from '../abort.ts';
import { type HashTask, openFileHash } from '../hash/hash-file.ts';
import { ifPresent, onDisk } from '../io-error.ts';
import { releaseOwner, takeOwner } from '../lease/owner.ts';
import type { Hashed } from '../store/marks.ts';
import { isNearFile } from '../swift-steps.ts';
import type { Draft } from './draft.ts';
import { algorithmsFor } from './proof.ts';
import type { StoreParts } from './publish.ts';
import { openRangeFile } from './range-file.ts';

const READ_BYTES = 1024 * 1024;

/** @throws DISK_FULL, DISK_IO */
export async function openSmallDraft({ layout, hasher }: StoreParts, file: RemoteFile): Promise<Draft> {
  const owner = takeOwner();
  const path = layout.staged('draft', owner);
  const data = await openRangeFile(path, file.sizeBytes, []);
  // Asked now, it is known when all has come.
  isNearFile(path);
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
      const task = { path, sizeBytes: file.sizeBytes, algorithms: algorithmsFor(file) };
      if (isNearFile(path)) return hashHere(task);
      return { digests: await hasher.hash(path, task.sizeBytes, task.algorithms, signal), marks: [] };
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

function hashHere(task: HashTask): Hashed {
  const hash = openFileHash(task, new Uint8Array(Math.min(READ_BYTES, task.sizeBytes)));
  try {
    hash.advance(task.sizeBytes);
    return { digests: hash.digests(), marks: hash.marks };
  } finally {
    hash.close();
  }
}
