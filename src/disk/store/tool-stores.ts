// Stores that are registered the way @actions/tool-cache registers tools, so that one that came with a runner's image is found: a
// folder `<root>/<version>/<arch>`, and beside it an empty file `<arch>.complete`. The version's first number is the store's format.

import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import semver from 'semver';
import { type StorePlaces, TOOL_NAME, TOOL_VERSIONS } from '../../core/store/places.ts';
import { errnoOf } from '../io-error.ts';
import { createLayout } from './layout.ts';

export interface PlacedStore {
  readonly folder: string;
  /** Stores that are read and never written; the newest first. */
  readonly lowers: readonly string[];
  /** The file that registers it. */
  readonly marker?: string;
}

/** Looks and writes nothing.
 * @param mayWrite whether this process can write to a folder, or could make it */
export function placeStore({ given, candidates, tools }: StorePlaces, mayWrite = isWritable): PlacedStore {
  // What is not there and cannot be made is a mistake, and shows as one.
  const isRead = given !== undefined && !mayWrite(given) && existsSync(createLayout(given).staging);
  const own = given === undefined || isRead ? (candidates.find((one) => mayWrite(one)) ?? candidates[0]) : given;
  const folder = resolve(own);
  const found = tools === undefined ? [] : findToolStores(tools);
  const lowers = new Set([...(isRead ? [resolve(given)] : []), ...found]);
  lowers.delete(folder);
  return { folder, lowers: [...lowers], ...(isToolFolder(folder) ? { marker: `${folder}.complete` } : {}) };
}

/** As @actions/tool-cache's `find`, but all of them. */
export function findToolStores({ folder, arch }: { readonly folder: string; readonly arch: string }): string[] {
  const root = join(folder, TOOL_NAME);
  // A folder's name may be a version in any spelling; only the cleaned one can be compared.
  const versions = namesIn(root).flatMap((name) => {
    const version = semver.clean(name);
    return version !== null && semver.satisfies(version, TOOL_VERSIONS) ? [{ name, version }] : [];
  });
  return versions
    .sort((a, b) => semver.rcompare(a.version, b.version))
    .map(({ name }) => resolve(root, name, arch))
    .filter((store) => existsSync(store) && existsSync(`${store}.complete`));
}

function isToolFolder(folder: string): boolean {
  const version = basename(dirname(folder));
  return basename(dirname(dirname(folder))) === TOOL_NAME && semver.satisfies(version, TOOL_VERSIONS);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    // None is there, or this user may not look.
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}

// The folder, or the nearest one above it that is there.
function isWritable(folder: string): boolean {
  for (let path = resolve(folder); ; path = dirname(path)) {
    if (!existsSync(path) && path !== dirname(path)) continue;
    try {
      accessSync(path, constants.W_OK | constants.X_OK);
      return true;
    } catch {
      // Whatever the reason, another place is better.
      return false;
    }
  }
}
