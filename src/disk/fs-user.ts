// Who this user is by what the file system says, which is another one where a network disk gives all files to one user, or maps them.

import { lstat, writeFile } from 'node:fs/promises';
import { errnoOf } from './io-error.ts';
import { withPrivatePath } from './staging.ts';
import type { Layout } from './store/layout.ts';

interface Owned {
  readonly uid: number;
}

/** Whether a file in the store belongs to this user; where the system does not number its users, each does.
 * @param make makes one in the store and looks whose it is, asked only where the numbers differ; undefined when none can be made
 */
export async function isOurs(layout: Layout, { uid }: Owned, make = makeOne): Promise<boolean> {
  if (process.geteuid === undefined || process.geteuid() === uid) return true;
  return (await make(layout))?.uid === uid;
}

async function makeOne(layout: Layout): Promise<Owned | undefined> {
  try {
    return await withPrivatePath(layout, 'whose', async (path) => {
      await writeFile(path, '', { flag: 'wx' });
      return await lstat(path);
    });
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
