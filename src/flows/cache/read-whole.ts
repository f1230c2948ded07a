// Reads large files from a host of the runner cache that has no ranges: each whole, in one stream, into its place. It cannot share a file
// with the hub, so it goes first, and must keep a pace. What it does not bring is left to the transfer, which goes on from there.

import pMap from 'p-map';
import type { Digest } from '../../core/digest.ts';
import { codeOf, familyOf, ModelFetchError } from '../../core/errors.ts';
import type { HttpRequest, Range } from '../../core/http.ts';
import type { Blob, Slot } from '../../core/ports.ts';
import { identityOf, type RemoteFile } from '../../core/snapshot.ts';
import { lengthOf } from '../../core/transfer/schedule.ts';
import type { ReadDependencies } from './read-pack.ts';
import { turnByTurn } from './turns.ts';

export interface WholeEntry {
  readonly file: RemoteFile;
  readonly request: HttpRequest;
}

export interface WholeRead {
  readonly blobs: ReadonlyMap<Digest, Blob>;
  /** Files whose entries have other bytes. */
  readonly wrong: readonly RemoteFile[];
  /** Bytes that arrived, those of wrong files included. */
  readonly sentBytes: number;
  /** The first thing that a host did wrong; after it no other entry was begun. */
  readonly failure: Error | undefined;
}

const AT_ONCE = 4;

/** @throws DISK_FULL, DISK_IO, ABORTED */
export async function readWhole(
  entries: readonly WholeEntry[],
  deps: ReadDependencies,
  signal: AbortSignal,
): Promise<WholeRead> {
  const blobs = new Map<Digest, Blob>();
  const wrong: RemoteFile[] = [];
  let sentBytes = 0;
  let failure: Error | undefined;
  const onBytes = (count: number) => {
    sentBytes += count;
    deps.rival.note(count);
  };
  const take = async (entry: WholeEntry) => {
    if (failure !== undefined) return;
    try {
      const blob = await readOne(entry, onBytes, deps, signal);
      if (blob !== undefined) blobs.set(identityOf(entry.file), blob);
    } catch (error) {
      const code = codeOf(error);
      if (signal.aborted || code === undefined || familyOf(code) === 'disk') throw error;
      if (code === 'DIGEST_MISMATCH' || code === 'SIZE_MISMATCH') wrong.push(entry.file);
      else failure ??= deps.rival.signal.aborted ? deps.rival.reason() : (error as Error);
    }
  };
  await pMap(entries, take, { concurrency: AT_ONCE });
  return { blobs, wrong, sentBytes, failure };
}

/** @returns undefined for what is left to the transfer: another process is bringing it, or it is here for the most part */
async function readOne(
  { file, request }: WholeEntry,
  onBytes: (count: number) => void,
  deps: ReadDependencies,
  signal: AbortSignal,
): Promise<Blob | undefined> {
  const slot = await deps.store.openUnlessHeld(file, signal);
  if (slot === undefined) return undefined;
  try {
    if (2 * lengthOf(slot.missing) < file.sizeBytes) return undefined;
    const arrived = deps.rival.wait();
    const limited = AbortSignal.any([signal, deps.rival.signal]);
    await receive(request, { file, slot, onBytes }, deps, limited).finally(arrived);
    return await slot.commit(signal);
  } finally {
    await slot.suspend();
  }
}

interface Receiving {
  readonly file: RemoteFile;
  readonly slot: Slot;
  onBytes(count: number): void;
}

async function receive(
  request: HttpRequest,
  { file, slot, onBytes }: Receiving,
  deps: ReadDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { missing } = slot;
  const response = await deps.transport.send(request, signal);
  try {
    if (response.status !== 200) {
      throw new ModelFetchError('CACHE_RESTORE', `the entry of ${file.path} was refused (${response.status})`);
    }
    let front = 0;
    for await (const chunk of turnByTurn(response.body, deps.rival)) {
      if (front + chunk.length > file.sizeBytes) throw wrongSize(file);
      await writeMissing(slot, missing, front, chunk);
      front += chunk.length;
      onBytes(chunk.length);
    }
    if (front < file.sizeBytes) throw wrongSize(file);
  } finally {
    await response.discard();
  }
}

// What an interrupted run left is not written again.
async function writeMissing(slot: Slot, missing: readonly Range[], front: number, chunk: Uint8Array): Promise<void> {
  for (const range of missing) {
    const start = Math.max(range.start, front);
    const end = Math.min(range.end, front + chunk.length);
    if (start < end) await slot.write(start, chunk.subarray(start - front, end - front));
  }
}

function wrongSize({ path, sizeBytes }: RemoteFile): ModelFetchError {
  return new ModelFetchError('SIZE_MISMATCH', `The entry of ${path} does not have its ${sizeBytes} bytes.`);
}
