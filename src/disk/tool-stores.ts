// Stores that are registered the way @actions/tool-cache registers tools, so that one that came with a runner's image is found: a
// folder `<root>/<version>/<arch>`, and beside it an empty file `<arch>.complete`. The version's first number is the store's format.

import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import semver from 'semver';
import { errnoOf } from './io-error.ts';

export const TOOL_NAME = 'model-fetch';
const FORMATS = '1.x';

export interface StorePlaces {
  /** Where the store may be: the first of them that can be written to. */
  readonly candidates: readonly [string, ...string[]];
  /** Where the runner keeps its tools. */
  readonly tools?: { readonly folder: string; readonly arch: string };
}

export interface PlacedStore {
  readonly folder: string;
  /** Stores that are read and never written; the newest first. */
  readonly lowers: readonly string[];
  /** The file that registers it. */
  readonly marker?: string;
}

/** Looks and writes nothing. */
export function placeStore({ candidates, tools }: StorePlaces): PlacedStore {
  const folder = resolve(candidates.find(isWritable) ?? candidates[0]);
  const lowers = tools === undefined ? [] : findToolStores(tools).filter((store) => store !== folder);
  return { folder, lowers, ...(isToolFolder(folder) ? { marker: `${folder}.complete` } : {}) };
}

/** As @actions/tool-cache's `find`, but all of them. */
export function findToolStores({ folder, arch }: { readonly folder: string; readonly arch: string }): string[] {
  const root = join(folder, TOOL_NAME);
  const versions = namesIn(root).filter((name) => semver.satisfies(semver.clean(name) ?? '', FORMATS));
  return semver
    .rsort(versions)
    .map((version) => resolve(root, version, arch))
    .filter((store) => existsSync(store) && existsSync(`${store}.complete`));
}

function isToolFolder(folder: string): boolean {
  const version = basename(dirname(folder));
  return basename(dirname(dirname(folder))) === TOOL_NAME && semver.satisfies(version, FORMATS);
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
