// A slot: takes bytes in any order, and lets them into the store only when size and digests are proved.

import type { Range } from '../../core/http.ts';
import type { Blob, Fetched, FetchTask, FetchWatch, Slot } from '../../core/ports.ts';
import { followSignal } from '../../core/signal/follow-signal.ts';
import type { RemoteFile } from '../../core/snapshot.ts';
import { lengthOf, missingRanges, PIECE_BYTES, withoutRange } from '../../core/transfer/schedule.ts';
import { throwIfAborted } from '../abort.ts';
import { onDisk } from '../io-error.ts';
import type { Lease } from '../lease/lease.ts';
import { type Turn, takeTurn, tryTurn } from '../lease/turn.ts';
import type { Hashed } from '../store/marks.ts';
import type { Draft } from './draft.ts';
import { MEMORY_BYTES, openMemoryDraft } from './draft-memory.ts';
import { openResumableDraft } from './draft-resumable.ts';
import { openSmallDraft } from './draft-small.ts';
import { claimableBytes } from './partial.ts';
import { proveDigests, sizeMismatch } from './proof.ts';
import { publish, type StoreParts, seal } from './publish.ts';
import { createRepairs } from './repair.ts';
import { landedSlot } from './slot-landed.ts';

/** Files from the length of one piece on are resumed; below that a second request costs less than the journal.
 * @throws DISK_FULL, DISK_IO, ABORTED */
export async function openSlot(parts: StoreParts, file: RemoteFile, signal: AbortSignal): Promise<Slot> {
  throwIfAborted(signal);
  await parts.prepare();
  return await slotFor(await takeTurn(parts, file, signal), parts, file, signal);
}

/** Answers Store.openUnlessHeld. @throws DISK_FULL, DISK_IO, ABORTED */
export async function openSlotUnlessHeld(
  parts: StoreParts,
  file: RemoteFile,
  signal: AbortSignal,
): Promise<Slot | undefined> {
  throwIfAborted(signal);
  await parts.prepare();
  const turn = await tryTurn(parts, file, signal);
  return turn === undefined ? undefined : await slotFor(turn, parts, file, signal);
}

async function slotFor(turn: Turn, parts: StoreParts, file: RemoteFile, signal: AbortSignal): Promise<Slot> {
  if (turn.kind === 'landed') return landedSlot(turn.blob);
  try {
    const open = Promise.resolve(openDraft(parts, file, signal));
    return createSlot(parts, file, await turn.lease.during(open), turn.lease);
  } catch (error) {
    await turn.lease.release();
    throw error;
  }
}

/** Answers Store.partialBytes. */
export async function resumableBytes(parts: StoreParts, file: RemoteFile): Promise<number> {
  return isSmall(file) ? 0 : await claimableBytes(parts, file);
}

function openDraft(parts: StoreParts, file: RemoteFile, signal: AbortSignal): Draft | Promise<Draft> {
  if (file.sizeBytes <= MEMORY_BYTES) return openMemoryDraft(parts, file);
  return isSmall(file) ? openSmallDraft(parts, file) : openResumableDraft(parts, file, signal);
}

function isSmall(file: RemoteFile): boolean {
  return file.sizeBytes < PIECE_BYTES;
}

function createSlot(parts: StoreParts, file: RemoteFile, draft: Draft, lease: Lease): Slot {
  let missing: readonly Range[] = missingRanges(draft.resumed, file.sizeBytes);
  let { resumed } = draft;
  let isClosed = false;
  let marks: readonly string[] = [];
  let doubtful: readonly Range[] = [];
  const repairs = createRepairs(parts.layout, file);

  const reset = async () => {
    await draft.data.settled();
    await draft.clear();
    missing = missingRanges([], file.sizeBytes);
    resumed = [];
  };
  const forgetWrong = async (hashed: Hashed) => {
    if (draft.forget === undefined) return await reset();
    const located = await repairs.next(hashed);
    const wrong = located === undefined ? doubtful : [located];
    if (wrong.length === 0) return await reset();
    await draft.forget(wrong);
    missing = wrong;
    resumed = wrong.reduce<readonly Range[]>(withoutRange, resumed);
  };
  const prove = async (signal: AbortSignal) => {
    const lacking = lengthOf(missingRanges(draft.data.ranges, file.sizeBytes));
    if (lacking > 0) {
      await reset();
      throw sizeMismatch(file, `${lacking} of them did not arrive`);
    }
    const hashed = await draft.hash(signal);
    marks = hashed.marks;
    try {
      proveDigests(file, hashed.digests);
    } catch (error) {
      await forgetWrong(hashed);
      throw error;
    }
    return hashed;
  };
  const fetchInto =
    (thread: NonNullable<Draft['fetch']>): NonNullable<Slot['fetch']> =>
    async (task, watch, signal) => {
      refuseClosed();
      const onBytes = (count: number) => {
        lease.touch();
        watch.onBytes(count);
      };
      const work = fetchNoted(draft, thread, { task, watch: { ...watch, onBytes } }, signal);
      draft.data.waitFor(work);
      return await work;
    };
  const refuseClosed = () => {
    if (isClosed) throw new Error('this slot is closed');
  };

  return {
    get missing() {
      return missing;
    },
    lostBytes: draft.lostBytes,
    get resumedBytes() {
      return lengthOf(resumed);
    },
    async write(offsetBytes, chunk) {
      refuseClosed();
      if (offsetBytes + chunk.length > file.sizeBytes) throw sizeMismatch(file, 'more arrived');
      await draft.data.write(offsetBytes, chunk);
      draft.noteWrite(chunk.length);
      lease.touch();
    },
    ...(draft.fetch === undefined ? {} : { fetch: fetchInto(draft.fetch) }),
    async reset() {
      refuseClosed();
      await reset();
    },
    doubt(ranges) {
      doubtful = ranges;
    },
    get marks() {
      return marks;
    },
    async commit(signal) {
      refuseClosed();
      throwIfAborted(signal);
      await draft.data.settled();
      const hashed = await lease.during(prove(signal));
      isClosed = true;
      return await lease.during(land(parts, draft, hashed)).finally(lease.release);
    },
    async suspend() {
      if (isClosed) return;
      isClosed = true;
      await leave(draft).finally(lease.release);
    },
  };
}

async function leave(draft: Draft): Promise<void> {
  await draft.data.settled();
  if (draft.data.ranges.length > 0) return await draft.keep();
  await draft.close();
  await draft.remove();
}

// Keeps the record of what another thread writes. What goes wrong with the record ends the fetch.
async function fetchNoted(
  draft: Draft,
  thread: NonNullable<Draft['fetch']>,
  { task, watch }: { task: FetchTask; watch: FetchWatch },
  signal: AbortSignal,
): Promise<Fetched> {
  const { control, release } = followSignal(signal);
  let trouble: { readonly error: unknown } | undefined;
  let offsetBytes = task.range.start;
  const onBytes = (count: number) => {
    draft.data.note(offsetBytes, count);
    offsetBytes += count;
    watch.onBytes(count);
    try {
      draft.noteWrite(count);
    } catch (error) {
      trouble ??= { error };
      control.abort(error);
    }
  };
  try {
    return await thread(task, { onHead: watch.onHead, onBytes }, control.signal);
  } catch (error) {
    throw trouble === undefined ? error : trouble.error;
  } finally {
    release();
  }
}

async function land(parts: StoreParts, draft: Draft, hashed: Hashed): Promise<Blob> {
  try {
    await draft.close();
    return await onDisk(draft.path, async () => {
      await seal(draft.path, parts.nowMs());
      return await publish(parts, draft.path, hashed);
    });
  } finally {
    await draft.remove();
  }
}
