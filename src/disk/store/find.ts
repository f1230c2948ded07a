// Looking a file up by digest. Nothing is believed but a receipt that fits, or the bytes themselves.

import { rm } from 'node:fs/promises';
import { type Algorithm, algorithmOf, type Digest } from '../../core/digest.ts';
import type { Blob, Found, Verify } from '../../core/ports.ts';
import type { RemoteFile } from '../../core/snapshot.ts';
import { locateDamage } from '../../core/transfer/pieces.ts';
import { throwIfAborted } from '../abort.ts';
import type { HashTask } from '../hash/hash-file.ts';
import { errnoOf } from '../io-error.ts';
import { algorithmsFor, keepsPromise } from '../slot/proof.ts';
import type { StoreParts } from '../slot/publish.ts';
import { salvage } from '../slot/salvage.ts';
import { findLower } from './find-lower.ts';
import { type Hashed, hashMarked, keepMarks, recallMarks } from './marks.ts';
import { expectedSha256, recall, remember } from './receipt.ts';
import { look, type Stamp, sameStamp, stampOf } from './stamp.ts';

const ABSENT: Found = { damaged: false };

/** Answers Store.find: first by our own store, then by those that came with the machine. */
export async function find(parts: StoreParts, file: RemoteFile, verify: Verify, signal: AbortSignal): Promise<Found> {
  const own = await findOwn(parts, file, verify, signal);
  if (own.blob !== undefined) parts.elsewhere.delete(own.blob.sha256);
  const blob = own.blob ?? (await findLower(parts, file, verify, signal));
  return blob === undefined ? own : { blob, damaged: false };
}

// A sound blob that a listing contradicts (its size, or git's id) stays: the listing is at fault.
async function findOwn(parts: StoreParts, file: RemoteFile, verify: Verify, signal: AbortSignal): Promise<Found> {
  throwIfAborted(signal);
  const sha256 = await expectedSha256(parts.layout, file);
  if (sha256 === undefined) return ABSENT;
  const seen = await look(parts.layout.blob(sha256));
  if (seen === 'absent') return ABSENT;
  if (seen === 'other') return await drop(parts, sha256);
  const algorithms = algorithmsFor(file);
  const recalled = verify === 'receipt' ? await recall(parts.layout, sha256, seen) : undefined;
  if (recalled !== undefined && knowsAll(recalled, algorithms))
    return answer(file, { sha256, sizeBytes: seen.sizeBytes }, recalled);
  const task = { path: parts.layout.blob(sha256), sizeBytes: seen.sizeBytes, algorithms };
  const hashed = await hashUnlessGone(parts, task, signal);
  if (hashed === undefined) return ABSENT;
  if (hashed.digests.includes(`sha256:${sha256}`)) {
    await rememberIfPossible(parts, seen, { sha256, ...hashed });
    return answer(file, { sha256, sizeBytes: seen.sizeBytes }, hashed.digests);
  }
  const now = await stampOf(parts.layout.blob(sha256));
  // Another process put a new file there in the meantime: that one is not the file that was hashed.
  if (now !== undefined && !sameStamp(seen, now)) return await findOwn(parts, file, verify, signal);
  return await takeOut(parts, { file, sha256, sizeBytes: seen.sizeBytes, hashed });
}

// Another process may find the same damage and remove the blob first.
async function hashUnlessGone(
  { hasher }: StoreParts,
  task: HashTask,
  signal: AbortSignal,
): Promise<Hashed | undefined> {
  try {
    return await hashMarked(hasher, task, signal);
  } catch (error) {
    if ((await look(task.path)) === 'absent') return undefined;
    throw error;
  }
}

function answer(file: RemoteFile, blob: Blob, digests: readonly Digest[]): Found {
  return blob.sizeBytes === file.sizeBytes && keepsPromise(file, digests) ? { blob, damaged: false } : ABSENT;
}

function knowsAll(digests: readonly Digest[], algorithms: readonly Algorithm[]): boolean {
  return algorithms.every((algorithm) => digests.some((digest) => algorithmOf(digest) === algorithm));
}

async function rememberIfPossible(
  parts: StoreParts,
  stamp: Stamp,
  { sha256, digests, marks }: Hashed & { readonly sha256: string },
): Promise<void> {
  if (parts.isReadOnly) return;
  try {
    await keepMarks(parts.layout, sha256, marks);
    await remember(parts.layout, stamp, digests, parts.nowMs());
  } catch (error) {
    // A store that may only be read still serves; it is hashed again next time.
    if (errnoOf(error) === undefined) throw error;
  }
}

interface Wrong extends Blob {
  readonly file: RemoteFile;
  readonly hashed: Hashed;
}

// Where the damage can be located, the rest is kept for the next slot.
async function takeOut(parts: StoreParts, { file, sha256, sizeBytes, hashed }: Wrong): Promise<Found> {
  if (parts.isReadOnly) return { damaged: true };
  const kept = file.sizeBytes === sizeBytes ? await recallMarks(parts.layout, sha256, sizeBytes) : [];
  if (kept.length === 0) return await drop(parts, sha256);
  const damage = locateDamage(kept, hashed.marks, sizeBytes);
  if (!(await salvage(parts, { file, sha256, damage }))) return await drop(parts, sha256);
  await rm(parts.layout.receipt(sha256), { force: true });
  return { damaged: true };
}

async function drop(parts: StoreParts, sha256: string): Promise<Found> {
  if (parts.isReadOnly) return { damaged: true };
  await rm(parts.layout.blob(sha256), { recursive: true, force: true });
  await rm(parts.layout.receipt(sha256), { force: true });
  return { damaged: true };
}
