// Turns what the file system says into the two errors of the disk family. Decides nothing about what to do next.

import { constants } from 'node:os';
import { ModelFetchError } from '../core/errors.ts';
import { printable } from '../core/repo-path.ts';

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);
const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space, or choose a folder on a larger disk.',
  EDQUOT: 'The quota of this user is used up: free some space, or choose another folder.',
  EACCES: 'Check who owns the folder and whether this user may write there.',
  EPERM: 'Check who owns the folder and whether this user may write there.',
  EROFS: 'The file system is read-only: choose another folder.',
  EISDIR: 'A folder lies where a file belongs: move it away.',
  ENOTDIR: 'A file lies where a folder belongs: move it away.',
  EEXIST: 'Something else lies in the way: move it away.',
  ENOTEMPTY: 'Something else lies in the way: move it away.',
  EMFILE: 'Raise the limit of open files (`ulimit -n`).',
  ESTALE: 'Another machine has replaced or removed it on the network disk meanwhile: run again.',
  EIO: 'The disk reports a defect: check it.',
};

/** The code of a system error, `ENOENT` for example; undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('errno' in error)) return undefined;
  // Node has no name for it.
  if (error.errno === -constants.errno.ESTALE) return 'ESTALE';
  return typeof error.code === 'string' ? error.code : undefined;
}

/** DISK_FULL or DISK_IO for a system error, naming the path; anything else comes back as it is. */
export function diskError(error: unknown, path: string): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  const hint = HINTS[errno] ?? 'Check the folder and its disk, or choose another one.';
  if (FULL.has(errno))
    return new ModelFetchError('DISK_FULL', `No space is left to write "${printable(path)}" (${errno}).`, {
      hint,
      cause: error,
    });
  return new ModelFetchError('DISK_IO', `"${printable(path)}" cannot be read or written (${errno}).`, {
    hint,
    cause: error,
  });
}

/** Runs work on a path. @throws DISK_FULL, DISK_IO for a system error. */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskError(error, path);
  }
}

/** What the work gives, or undefined when the file is not there. */
export async function ifPresent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** What the work gives, or undefined when the file is not there or not for this user. */
export async function ifOurs<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await ifPresent(work);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return undefined;
  }
}

/** Whether an error says that this user may not do it. */
export function isForbidden(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'EACCES' || errno === 'EPERM';
}

/** Whether an error says that there is no such file. That it is another one by now says nothing of the kind: see stale.ts. */
export function isAbsent(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'ENOENT' || errno === 'ENOTDIR';
}
