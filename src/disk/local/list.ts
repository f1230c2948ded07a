// Finds the files that are to be published. Follows links as far as they stay inside; reads no content.

import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { ModelFetchError } from '../../core/errors.ts';
import type { FoundFile, ListRequest } from '../../core/ports/local-files.ts';
import { printable } from '../../core/repo-path.ts';
import { quote } from '../../core/text/quote.ts';
import { throwIfAborted } from '../abort.ts';
import { diskError, errnoOf, ifPresent, isAbsent, onDisk } from '../io-error.ts';

export interface ListGround {
  /** Links inside it must not lead out of it. */
  readonly workspace: string;
  /** Files and folders that are passed by wherever they lie. */
  readonly never: readonly string[];
}

interface Walk {
  readonly request: ListRequest;
  /** Real folders that everything found must lie in. */
  readonly roots: readonly string[];
  /** Real paths of what is passed by. */
  readonly never: ReadonlySet<string | undefined>;
  readonly found: FoundFile[];
  /** Names and real paths of what was found: a file that two of the given paths lead to counts once. */
  readonly seen: Set<string>;
  readonly signal: AbortSignal;
}

/** Answers LocalFiles.list. */
export async function listLocal(
  { workspace, never: paths }: ListGround,
  request: ListRequest,
  signal: AbortSignal,
): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  const seen = new Set<string>();
  const never = new Set(await Promise.all(paths.map((path) => onDisk(path, () => ifPresent(realpath(path))))));
  for (const path of request.paths) {
    const location = resolve(workspace, path);
    const roots = await rootsOf(workspace, location);
    await addGiven(location, { request, roots, never, found, seen, signal });
  }
  if (found.length > 0) return found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  throw nothing(`There is no file to publish in ${request.paths.map(quote).join(', ')}.`);
}

function nothing(message: string): ModelFetchError {
  return new ModelFetchError('EMPTY_FOLDER', message, {
    hint: 'Check `path`, and that the step that makes the files ran before this one.',
  });
}

// A path outside the workspace was meant by who wrote it out; one inside must not get out by a link.
async function rootsOf(workspace: string, location: string): Promise<string[]> {
  const home = await onDisk(workspace, () => realpath(workspace));
  if (isInside(workspace, location)) return [home];
  const real = await ifPresent(realpath(location));
  return real === undefined ? [home] : [home, real];
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (!isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`));
}

async function addGiven(location: string, walk: Walk): Promise<void> {
  const isThere = await onDisk(location, () => ifPresent(stat(location)));
  if (isThere === undefined) throw nothing(`There is nothing at "${printable(location)}".`);
  const real = await admit(location, walk);
  if (walk.never.has(real)) return;
  const seen = await onDisk(location, () => stat(real));
  if (seen.isDirectory()) return await addFolder(real, '', [real], walk);
  // A pipe has no end to wait for, and a device no size.
  if (!seen.isFile()) throw nothing(`"${printable(location)}" is neither a file nor a folder.`);
  addFile({ name: basename(location), location, sizeBytes: seen.size }, real, walk);
}

// Where a path really leads, when that is inside.
async function admit(location: string, { roots }: Walk): Promise<string> {
  const real = await onDisk(location, () => realpath(location));
  if (roots.some((root) => isInside(root, real))) return real;
  throw new ModelFetchError(
    'OUTSIDE_WORKSPACE',
    `"${printable(location)}" leads out of the workspace, to "${printable(real)}".`,
    {
      hint: 'Copy the file into the folder, leave it out with `exclude`, or write the real folder as `path`.',
    },
  );
}

/** @param above real folders on the way, so that a link to one of them does not go round for ever */
async function addFolder(folder: string, prefix: string, above: readonly string[], walk: Walk): Promise<void> {
  throwIfAborted(walk.signal);
  const entries = await onDisk(folder, () => readdir(folder, { withFileTypes: true }));
  for (const entry of entries) {
    const name = `${prefix}${entry.name}`;
    const location = join(folder, entry.name);
    const isLink = entry.isSymbolicLink();
    if (isLink ? walk.request.skipUnseen(name) : walk.request.skip(entry.isDirectory() ? `${name}/` : name)) continue;
    if (isLink) await refuseLoose(location);
    const real = isLink ? await admit(location, walk) : location;
    if (walk.never.has(real)) continue;
    const seen = await onDisk(location, () => ifPresent(stat(real)));
    if (seen === undefined && walk.request.skipUnseen(name)) continue;
    if (seen === undefined) throw gone(location);
    if (seen.isFile()) addFile({ name, location, sizeBytes: seen.size }, real, walk);
    else if (seen.isDirectory() && !walk.request.skip(`${name}/`) && !above.includes(real))
      await addFolder(real, `${name}/`, [...above, real], walk);
  }
}

// A link to nothing, or one that goes round in a circle.
async function refuseLoose(location: string): Promise<void> {
  try {
    await realpath(location);
  } catch (error) {
    if (!isAbsent(error) && errnoOf(error) !== 'ELOOP') throw diskError(error, location);
    throw new ModelFetchError('DISK_IO', `"${printable(location)}" is a link that leads nowhere.`, {
      hint: 'Remove it, or leave it out with `exclude`.',
      cause: error,
    });
  }
}

// Bytes that are no text show as this sign, and nothing is found under the name that has it.
function gone(location: string): ModelFetchError {
  if (!location.includes('\ufffd')) {
    return new ModelFetchError('FILE_CHANGED', `"${printable(location)}" is gone since its folder was listed.`, {
      hint: 'Publish when everything that writes the folder has ended; then run again.',
    });
  }
  return new ModelFetchError('NAME_REFUSED', `"${printable(location)}" has a name that is not valid Unicode.`, {
    hint: 'Rename the file, or leave it out with `exclude`.',
  });
}

function addFile(file: FoundFile, real: string, { found, seen }: Walk): void {
  const key = `${file.name}\0${real}`;
  if (seen.has(key)) return;
  seen.add(key);
  found.push(file);
}
