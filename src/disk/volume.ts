// What a folder's volume offers, asked before anything is written. Leaves nothing behind.

import { access, constants, link, realpath, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { ModelFetchError } from '../core/errors.ts';
import type { Disk } from '../core/ports.ts';
import { errnoOf, ifPresent, onDisk } from './io-error.ts';
import { releaseOwner } from './lease/owner.ts';
import { removeLeftover } from './leftover.ts';
import { takePrivateName } from './view/survey.ts';

export function createDisk(): Disk {
  return {
    async probe(folder) {
      const ancestor = await existingAncestor(folder);
      return await onDisk(ancestor, async () => {
        const { dev } = await stat(ancestor, { bigint: true });
        await access(ancestor, constants.W_OK | constants.X_OK);
        const { bavail, bsize } = await statfs(ancestor, { bigint: true });
        return { id: `${dev}`, freeBytes: Number(bavail * bsize) };
      });
    },
    async areApart(a, b) {
      const [one, two] = [await realOf(a), await realOf(b)];
      return !isAtOrIn(one, two) && !isAtOrIn(two, one);
    },
    async canLink(store, view) {
      return await tryLink(await existingAncestor(store), await existingAncestor(view));
    },
  };
}

// With links followed as far as the path exists.
async function realOf(folder: string): Promise<string> {
  const ancestor = await existingAncestor(folder);
  return join(await onDisk(ancestor, () => realpath(ancestor)), relative(ancestor, resolve(folder)));
}

function isAtOrIn(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** The folder itself, or the nearest one above it that is there. @throws DISK_IO when a file lies in the way */
async function existingAncestor(folder: string): Promise<string> {
  for (let path = resolve(folder); ; path = dirname(path)) {
    const found = await onDisk(path, () => ifPresent(stat(path)));
    if (found?.isDirectory()) return path;
    if (found !== undefined || path === dirname(path)) {
      throw new ModelFetchError('DISK_IO', `"${folder}" cannot be a folder: "${path}" is not one.`, {
        hint: 'Choose another folder.',
      });
    }
  }
}

// Only a try tells: two mounts of one volume share its id and still refuse links between them.
async function tryLink(fromFolder: string, toFolder: string): Promise<boolean> {
  // Private names of the view, which removes those that dead runs left.
  const [a, b] = [takePrivateName(), takePrivateName()];
  const from = join(fromFolder, a.name);
  const to = join(toFolder, b.name);
  try {
    await writeFile(from, '', { flag: 'wx' });
    await link(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  } finally {
    await Promise.all([removeLeftover(from), removeLeftover(to)]);
    for (const { owner } of [a, b]) releaseOwner(owner);
  }
}
