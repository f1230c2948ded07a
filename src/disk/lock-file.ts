// The lock file on disk: read whole, replaced whole. Knows nothing of what is in it.

import { lstat, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ModelFetchError } from '../core/errors.ts';
import type { LockFile } from '../core/ports.ts';
import { ifPresent, onDisk } from './io-error.ts';
import { releaseOwner, takeOwner } from './lease/owner.ts';
import { inFolderOf, replaceText } from './move-file.ts';

const MAX_BYTES = 64 * 1024 * 1024;

/** @param path absolute, or relative to the working folder */
export function createLockFile(path: string): LockFile {
  const file = resolve(path);
  return {
    path: file,
    async read() {
      return await onDisk(file, async () => {
        const found = await ifPresent(stat(file));
        if (found !== undefined && (!found.isFile() || found.size > MAX_BYTES))
          throw new ModelFetchError('BAD_LOCK', `"${file}" is no lock file: it is a folder, a device or too large.`, {
            hint: 'Give the path of a file that the mode `lock` has written.',
          });
        return await ifPresent(readFile(file, 'utf8'));
      });
    },
    async write(text) {
      // What a repository brings along is not written through.
      const found = await onDisk(file, () => ifPresent(lstat(file)));
      if (found?.isSymbolicLink())
        throw new ModelFetchError(
          'BAD_LOCK',
          `"${file}" is a symbolic link, and the lock file is not written through it.`,
          {
            hint: 'Give the path of the file itself.',
          },
        );
      const owner = takeOwner();
      try {
        const privatePath = join(dirname(file), `.model-fetch-tmp-${owner}`);
        await onDisk(file, () => inFolderOf(file, () => replaceText(file, text, privatePath)));
      } finally {
        releaseOwner(owner);
      }
    },
  };
}
