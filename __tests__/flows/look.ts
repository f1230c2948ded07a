// A look at everything that a run left behind: what the folder shows, and whether each blob is what its name says. Not a test.

import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Body } from '../fakes/content.ts';
import { hashFile } from './hash-file.ts';

export interface Looked {
  /** path → sha256 of what is visible in the folder, but for the view's own manifest. */
  readonly folder: Readonly<Record<string, string>>;
  /** Names of blobs whose bytes are not those that the name promises. */
  readonly wrongBlobs: readonly string[];
}

/** Other processes may be at work there; each content is read once, however many links it has.
 * @param likely contents that are to be expected there */
export async function look(
  places: { readonly folder: string; readonly store: string },
  likely: readonly Body[] = [],
): Promise<Looked> {
  const known = new Map<string, Promise<string | undefined>>();
  const hashOf = (file: string) => hashOnce(file, likely, known);
  const folder: Record<string, string> = {};
  for (const file of await filesIn(places.folder)) {
    const sha256 = path.basename(file) === '.model-fetch.json' ? undefined : await hashOf(file);
    if (sha256 !== undefined) folder[path.relative(places.folder, file).split(path.sep).join('/')] = sha256;
  }
  const wrongBlobs: string[] = [];
  // Whatever the layout: a file that is named like a digest is the content of that digest.
  for (const file of await filesIn(places.store)) {
    const name = path.basename(file);
    const sha256 = /^[0-9a-f]{64}$/.test(name) ? await hashOf(file) : name;
    if (sha256 !== undefined && sha256 !== name) wrongBlobs.push(name);
  }
  return { folder, wrongBlobs };
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

// Undefined for a file that was there a moment ago.
async function hashOnce(
  file: string,
  likely: readonly Body[],
  known: Map<string, Promise<string | undefined>>,
): Promise<string | undefined> {
  const found = await stat(file, { bigint: true }).catch(ifGone);
  if (found === undefined) return undefined;
  const inode = `${found.dev}:${found.ino}`;
  const sha256 = known.get(inode) ?? hashFile(file, likely).catch(ifGone);
  known.set(inode, sha256);
  return sha256;
}

function ifGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
