// Looking a file up by digest. Nothing is believed but a receipt that fits, or the bytes themselves.

import { rm } from 'node:fs/promises';
import { type Algorithm, algorithmOf, type Digest, hexOf } from '../core/digest.ts';
import type { Blob, Found, Verify } from '../core/ports.ts';
import { identityOf, promisedSha256, type RemoteFile } from '../core/snapshot.ts';
import { throwIfAborted } from './abort.ts';
import { errnoOf } from './io-error.ts';
import { algorithmsFor, keepsPromise } from './proof.ts';
import type { StoreParts } from './publish.ts';
import { readAlias, recall, remember } from './receipt.ts';
import { look, type Stamp, sameStamp, stampOf } from './stamp.ts';

const ABSENT: Found = { damaged: false };

/** Answers Store.find. A sound blob that a listing contradicts (its size, or git's id) stays: the listing is at fault. */
export async function find(parts: StoreParts, file: RemoteFile, verify: Verify, signal: AbortSignal): Promise<Found> {
  throwIfAborted(signal);
  const sha256 = promisedSha256(file) ?? (await readAlias(parts.layout, hexOf(identityOf(file))));
  if (sha256 === undefined) return ABSENT;
  const seen = await look(parts.layout.blob(sha256));
  if (seen === 'absent') return ABSENT;
  if (seen === 'other') return await drop(parts, sha256);
  const algorithms = algorithmsFor(file);
  const recalled = verify === 'receipt' ? await recall(parts.layout, sha256, seen) : undefined;
  if (recalled !== undefined && knowsAll(recalled, algorithms))
    return answer(file, { sha256, sizeBytes: seen.sizeBytes }, recalled);
  const digests = await hashUnlessGone(parts, parts.layout.blob(sha256), seen.sizeBytes, algorithms, signal);
  if (digests === undefined) return ABSENT;
  if (digests.includes(`sha256:${sha256}`)) {
    await rememberIfPossible(parts, seen, digests);
    return answer(file, { sha256, sizeBytes: seen.sizeBytes }, digests);
  }
  const now = await stampOf(parts.layout.blob(sha256));
  // Another process put a new file there in the meantime: that one is not the file that was hashed.
  if (now !== undefined && !sameStamp(seen, now)) return await find(parts, file, verify, signal);
  return await drop(parts, sha256);
}

// Another process may find the same damage and remove the blob first.
async function hashUnlessGone(
  { hasher }: StoreParts,
  path: string,
  sizeBytes: number,
  algorithms: readonly Algorithm[],
  signal: AbortSignal,
): Promise<Digest[] | undefined> {
  try {
    return await hasher.hash(path, sizeBytes, algorithms, signal);
  } catch (error) {
    if ((await look(path)) === 'absent') return undefined;
    throw error;
  }
}

function answer(file: RemoteFile, blob: Blob, digests: readonly Digest[]): Found {
  return blob.sizeBytes === file.sizeBytes && keepsPromise(file, digests) ? { blob, damaged: false } : ABSENT;
}

function knowsAll(digests: readonly Digest[], algorithms: readonly Algorithm[]): boolean {
  return algorithms.every((algorithm) => digests.some((digest) => algorithmOf(digest) === algorithm));
}

async function rememberIfPossible(parts: StoreParts, stamp: Stamp, digests: readonly Digest[]): Promise<void> {
  if (parts.isReadOnly) return;
  try {
    await remember(parts.layout, stamp, digests, parts.nowMs());
  } catch (error) {
    // A store that may only be read still serves; it is hashed again next time.
    if (errnoOf(error) === undefined) throw error;
  }
}

async function drop(parts: StoreParts, sha256: string): Promise<Found> {
  if (parts.isReadOnly) return { damaged: true };
  await rm(parts.layout.blob(sha256), { recursive: true, force: true });
  await rm(parts.layout.receipt(sha256), { force: true });
  return { damaged: true };
}
