// What lies in a view's folder: ours and untouched, someone else's, or left by a run that died. Follows no symbolic link.

import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ifPresent } from '../io-error.ts';
import { ownerState, takeOwner } from '../lease/owner.ts';
import { sameStamp, stampOf } from '../store/stamp.ts';
import { MANIFEST, type PlacedEntry, readManifest } from './manifest.ts';

const PRIVATE = '.model-fetch-tmp-';

export interface Survey {
  readonly placed: ReadonlyMap<string, PlacedEntry>;
  /** Everything else but folders; sorted. */
  readonly foreign: readonly string[];
  /** Private names of runs that died. */
  readonly leftovers: readonly string[];
}

/** A private name for use inside a view's folder. The owner is the caller's to release. */
export function takePrivateName(): { readonly name: string; readonly owner: string } {
  const owner = takeOwner();
  return { name: `${PRIVATE}${owner}`, owner };
}

/** @param root a folder, or a path where nothing is yet. @throws the system's own error */
export async function survey(root: string): Promise<Survey> {
  const manifest = await readManifest(root);
  const placed = new Map<string, PlacedEntry>();
  const foreign: string[] = [];
  const leftovers: string[] = [];
  for await (const path of walk(root, '')) {
    if (path === MANIFEST) continue;
    const entry = manifest.get(path);
    const stamp = entry === undefined ? undefined : await stampOf(join(root, path));
    if (isPrivate(path)) {
      if (ownerState(path) === 'dead') leftovers.push(path);
    } else if (entry !== undefined && stamp !== undefined && sameStamp(entry, stamp)) placed.set(path, entry);
    else foreign.push(path);
  }
  return { placed, foreign: foreign.sort(), leftovers };
}

function isPrivate(path: string): boolean {
  return path.slice(path.lastIndexOf('/') + 1).startsWith(PRIVATE);
}

/** Paths of everything but folders, relative to the root, with `/`. */
async function* walk(root: string, folder: string): AsyncGenerator<string> {
  const entries: Dirent[] = (await ifPresent(readdir(join(root, folder), { withFileTypes: true }))) ?? [];
  for (const entry of entries) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(root, path);
    else yield path;
  }
}
