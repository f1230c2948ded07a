// Taking over a file that is already on this machine. The file may be the user's own: it is never changed.

import { lstat, rename } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Digest } from '../../core/digest.ts';
import { codeOf } from '../../core/errors.ts';
import type { Blob } from '../../core/ports.ts';
import type { RemoteFile } from '../../core/snapshot.ts';
import { throwIfAborted } from '../abort.ts';
import { linkFile } from '../link-file.ts';
import { removeLeftovers } from '../slot/partial.ts';
import { algorithmsFor, keepsPromise } from '../slot/proof.ts';
import { publish, type StoreParts, seal } from '../slot/publish.ts';
import { withPrivatePath } from '../staging.ts';
import { type Hashed, hashMarked } from './marks.ts';
import { sameInode, sameStamp, stampOf } from './stamp.ts';

/** Answers Store.adopt. A file inside the store's staging area is moved; any other is linked, or copied where it cannot be. */
export async function adopt(
  parts: StoreParts,
  path: string,
  file: RemoteFile,
  signal: AbortSignal,
): Promise<Blob | undefined> {
  throwIfAborted(signal);
  const before = await stampOf(path);
  if (before === undefined || before.sizeBytes !== file.sizeBytes) return undefined;
  const hashed = await hashIfReadable(parts, path, file, signal);
  if (hashed === undefined || !keepsPromise(file, hashed.digests)) return undefined;
  await parts.prepare();
  return await withPrivatePath(parts.layout, 'adopt', async (privatePath) => {
    const isOurs = await take(parts, path, privatePath);
    const after = await stampOf(privatePath);
    if (after === undefined || after.sizeBytes !== before.sizeBytes) return undefined;
    // One inode must not have changed since it was hashed; another one holds bytes that nobody has hashed yet.
    if (sameInode(before, after)) {
      if (!sameStamp(before, after)) return undefined;
    } else if (!(await isSame(parts, privatePath, file, hashed.digests, signal))) {
      return undefined;
    }
    if (isOurs) await seal(privatePath, parts.nowMs());
    const blob = await publish(parts, privatePath, hashed);
    await removeLeftovers(parts.layout, file);
    return blob;
  });
}

// What may not be read, or ends before its size, is not taken over; the file is fetched.
async function hashIfReadable(
  parts: StoreParts,
  path: string,
  file: RemoteFile,
  signal: AbortSignal,
): Promise<Hashed | undefined> {
  try {
    return await hashMarked(parts.hasher, { path, sizeBytes: file.sizeBytes, algorithms: algorithmsFor(file) }, signal);
  } catch (error) {
    if (codeOf(error) === 'DISK_IO') return undefined;
    throw error;
  }
}

/** Whether the private file that it makes is the store's to change. */
async function take(parts: StoreParts, path: string, privatePath: string): Promise<boolean> {
  if (isInside(parts.layout.staging, path) && (await lstat(path)).nlink === 1) {
    await rename(path, privatePath);
    return true;
  }
  return (await linkFile(path, privatePath)) !== 'hardlink';
}

async function isSame(
  parts: StoreParts,
  path: string,
  file: RemoteFile,
  digests: readonly Digest[],
  signal: AbortSignal,
): Promise<boolean> {
  const copied = await parts.hasher.hash(path, file.sizeBytes, algorithmsFor(file), signal);
  return copied.length === digests.length && copied.every((digest) => digests.includes(digest));
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, resolve(path));
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
