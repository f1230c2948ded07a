// A look at everything that a run left behind: what the folder shows, and whether each blob is what its name says. Not a test.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

export interface Looked {
  /** path → sha256 of what is visible in the folder, but for the view's own manifest. */
  readonly folder: Readonly<Record<string, string>>;
  /** Names of blobs whose bytes are not those that the name promises. */
  readonly wrongBlobs: readonly string[];
}

/** Other processes may be at work there; each content is read once, however many links it has. */
export async function look(places: { readonly folder: string; readonly store: string }): Promise<Looked> {
  const known = new Map<string, Promise<string | undefined>>();
  const folder: Record<string, string> = {};
  for (const file of await filesIn(places.folder)) {
    const sha256 = path.basename(file) === '.model-fetch.json' ? undefined : await hashOf(file, known);
    if (sha256 !== undefined) folder[path.relative(places.folder, file).split(path.sep).join('/')] = sha256;
  }
  const wrongBlobs: string[] = [];
  // Whatever the layout: a file that is named like a digest is the content of that digest.
  for (const file of await filesIn(places.store)) {
    const name = path.basename(file);
    const sha256 = /^[0-9a-f]{64}$/.test(name) ? await hashOf(file, known) : name;
    if (sha256 !== undefined && sha256 !== name) wrongBlobs.push(name);
  }
  return { folder, wrongBlobs };
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

// Undefined for a file that was there a moment ago.
async function hashOf(file: string, known: Map<string, Promise<string | undefined>>): Promise<string | undefined> {
  const found = await stat(file, { bigint: true }).catch(ifGone);
  if (found === undefined) return undefined;
  const inode = `${found.dev}:${found.ino}`;
  const sha256 = known.get(inode) ?? read(file).catch(ifGone);
  known.set(inode, sha256);
  return sha256;
}

async function read(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function ifGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
