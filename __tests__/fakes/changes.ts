// What a commit would change, told by content. Knows no dialect.

import { createBody } from './content.ts';
import type { Change, Commit } from './repository.ts';

/** Whether every path would stay as it is at the parent. */
export async function changesNothing(
  parent: Commit | undefined,
  changes: ReadonlyMap<string, Change>,
): Promise<boolean> {
  for (const [path, change] of changes) {
    const before = parent?.entries.get(path);
    if (change === null || before === undefined) return false;
    const isUploaded = typeof change === 'object' && 'content' in change;
    const after = await createBody(isUploaded ? change.content : change).digests();
    if ((await before.body.digests()).sha256 !== after.sha256) return false;
  }
  return true;
}
