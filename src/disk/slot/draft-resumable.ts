// The draft of a large file: journaled, so that the next run goes on where this one ended, and hashed from its front while
// the rest is still arriving.

import type { HashFollower } from '../../core/ports.ts';
import { untilAborted } from '../../core/signal/until-aborted.ts';
import { identityOf, type RemoteFile } from '../../core/snapshot.ts';
import { onDisk } from '../io-error.ts';
import { releaseOwner } from '../lease/owner.ts';
import { removeLeftover } from '../leftover.ts';
import { createCheckpoints } from './checkpoint.ts';
import type { Draft } from './draft.ts';
import { createJournal, type Journal } from './journal.ts';
import { claimPartial, type OwnPartial, removeLeftovers } from './partial.ts';
import { algorithmsFor } from './proof.ts';
import type { StoreParts } from './publish.ts';
import { openRangeFile, type RangeFile } from './range-file.ts';

/** Takes up what an interrupted run left of the file. @throws DISK_FULL, DISK_IO, ABORTED */
export async function openResumableDraft(parts: StoreParts, file: RemoteFile, signal: AbortSignal): Promise<Draft> {
  const partial = await claimPartial(parts, file, signal);
  const { data, journal } = await openFiles(partial, file);
  const checkpoints = createCheckpoints(data, journal, parts.nowMs);
  const hashing = followFront(parts, file, partial.data);
  hashing.advance(data.frontBytes);

  const close = async () => {
    hashing.stop();
    await Promise.all([data.close(), journal.close()]);
  };
  return {
    path: partial.data,
    data,
    resumed: partial.ranges,
    lostBytes: partial.lostBytes,
    noteWrite(sizeBytes) {
      hashing.advance(data.frontBytes);
      checkpoints.note(sizeBytes);
    },
    fetch: (task, watch, abort) => hashing.fetch(task, watch, abort),
    async hash(abort) {
      await checkpoints.settled();
      return await hashing.hash(abort);
    },
    async forget(ranges) {
      hashing.stop();
      await checkpoints.settled();
      // Emptied first: the journal must never vouch for what is forgotten.
      await journal.clear();
      for (const range of ranges) data.forget(range);
      await journal.append(data.ranges, 'written');
      hashing.advance(data.frontBytes);
    },
    async clear() {
      hashing.stop();
      await checkpoints.settled().catch(() => undefined); // What it would have kept is being forgotten.
      checkpoints.reset();
      // The journal first: it must never vouch for what is gone.
      await journal.clear();
      await data.clear();
    },
    async keep() {
      try {
        await checkpoints.finish();
      } finally {
        await close();
        releaseOwner(partial.owner);
      }
    },
    close,
    async remove() {
      await removeLeftover(partial.folder);
      releaseOwner(partial.owner);
      await onDisk(partial.folder, () => removeLeftovers(parts.layout, file));
    },
  };
}

async function openFiles(
  { owner, ...partial }: OwnPartial,
  file: RemoteFile,
): Promise<{ data: RangeFile; journal: Journal }> {
  try {
    const data = await openRangeFile(partial.data, file.sizeBytes, partial.ranges);
    const subject = { digest: identityOf(file), sizeBytes: file.sizeBytes };
    const journal = createJournal(partial.journal, subject, partial.ranges);
    return { data, journal: await journal.catch((error) => data.close().then(() => Promise.reject(error))) };
  } catch (error) {
    releaseOwner(owner);
    throw error;
  }
}

// The hash starts anew after it was stopped: its state cannot be wound back.
function followFront({ hasher }: StoreParts, file: RemoteFile, path: string) {
  let follower: HashFollower | undefined;
  const current = () => {
    follower ??= hasher.follow(path, file.sizeBytes, algorithmsFor(file));
    return follower;
  };
  const stop = () => {
    follower?.stop();
    follower = undefined;
  };
  return {
    advance(toBytes: number) {
      if (toBytes > 0) current().advance(toBytes);
    },
    fetch: ((task, watch, signal) => current().fetch(task, watch, signal)) satisfies HashFollower['fetch'],
    async hash(signal: AbortSignal) {
      const whole = current();
      whole.advance(file.sizeBytes);
      try {
        const digests = await untilAborted(whole.finish(), signal);
        return { digests, marks: whole.marks };
      } finally {
        stop();
      }
    },
    stop,
  };
}
