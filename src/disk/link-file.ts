// One more name for bytes that are on this machine, at the least cost that the file system allows.

import { chmod, constants, copyFile, link, stat, utimes } from 'node:fs/promises';
import { errnoOf } from './io-error.ts';
import { platform } from './platform.ts';

export type LinkMethod = 'hardlink' | 'reflink' | 'copy';

/** What systems say when a hard link cannot be made although a copy could. */
const UNLINKABLE: ReadonlySet<string> = new Set([
  'EXDEV',
  'EPERM',
  'EACCES',
  'EMLINK',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EINVAL',
]);

/** Makes `to`, which must be free, hold what `from` holds. A copy has the same time, and ordinary write permission.
 * @throws the system's own error. */
export async function linkFile(from: string, to: string): Promise<LinkMethod> {
  try {
    await link(from, to);
    return 'hardlink';
  } catch (error) {
    if (!UNLINKABLE.has(errnoOf(error) ?? '')) throw error;
    return await duplicate(from, to);
  }
}

/** Copies a file, sharing its blocks where the file system can. */
export async function duplicate(from: string, to: string): Promise<LinkMethod> {
  const method = await cloneOrCopy(from, to);
  const { atime, mtime } = await stat(from);
  await chmod(to, platform.copyMode);
  await utimes(to, atime, mtime);
  return method;
}

async function cloneOrCopy(from: string, to: string): Promise<LinkMethod> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE);
    return 'reflink';
  } catch {
    // Whatever kept the blocks from being shared, a plain copy works or says why it does not.
    await copyFile(from, to);
    return 'copy';
  }
}
