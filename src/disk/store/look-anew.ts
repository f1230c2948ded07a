// Network disks remember for half a minute and more that something is not there (NFS by its rule of 30 s, SMB for one). Who is told that
// another machine may have brought it asks for the folder, which asks the server.

import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { algorithmOf, type Digest, hexOf } from '../../core/digest.ts';
import { ifOurs } from '../io-error.ts';
import { untilFresh } from '../stale.ts';
import { isNearFile } from '../swift-steps.ts';
import type { Layout } from './layout.ts';

export interface Looking {
  isNear(path: string): boolean;
  /** Undefined when there is no such folder, or none for this user. @throws the system's own error */
  read(folder: string): Promise<unknown>;
}

const SYSTEM: Looking = { isNear: isNearFile, read: (folder) => ifOurs(untilFresh(() => readdir(folder))) };

/** Lets a content be found that somebody else has brought since it was looked for. @throws the system's own error */
export async function lookAnew(layout: Layout, digest: Digest, looking: Looking = SYSTEM): Promise<void> {
  const hex = hexOf(digest);
  const paths = algorithmOf(digest) === 'sha256' ? [layout.blob(hex), layout.receipt(hex)] : [layout.alias(hex)];
  for (const path of paths) if (!looking.isNear(path)) await lookInto(dirname(path), layout.folder, looking);
}

// A folder that seems not to be there may be as new as what lies in it.
async function lookInto(folder: string, top: string, looking: Looking): Promise<void> {
  if ((await looking.read(folder)) !== undefined || folder === top) return;
  await lookInto(dirname(folder), top, looking);
  await looking.read(folder);
}
