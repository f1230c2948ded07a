// The steps on disk that every file costs, one system call or a few each. Where the disk is near and quick they are made at once: to hand
// such a step to another thread costs ten times what it takes. What may take long (bytes of large files, folders) does not belong here.

import {
  type BigIntStats,
  chmodSync,
  linkSync,
  lstatSync,
  readFileSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { chmod, link, lstat, readFile, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ifPresent } from './io-error.ts';
import { createNearness } from './nearness.ts';
import { untilFresh } from './stale.ts';
import { createSwiftness } from './swiftness.ts';

const swiftness = createSwiftness(() => performance.now());
const nearness = createNearness();

/** No text of a store is longer. */
const MOST_SMALL_BYTES = 1024 * 1024;

interface Ways<T> {
  atOnce(): T;
  elsewhere(): Promise<T>;
}

/** As Nearness.unite: to be said of a store, which has a folder for each of its shards. */
export const uniteFolders = nearness.unite;

/** Whether what lies in the file's folder may be read in this thread. Not known when it is asked first. */
export function isNearFile(path: string): boolean {
  return nearness.isNear(dirname(path));
}

// A step that hangs would stop all of this thread: timers, heartbeats, and whoever wants to cancel.
async function step<T>(paths: readonly string[], { atOnce, elsewhere }: Ways<T>): Promise<T> {
  return paths.every(isNearFile) && swiftness.isSwift() ? swiftness.timed(atOnce) : await untilFresh(elsewhere);
}

/** What lies at the path, links not followed; undefined when nothing does. @throws the system's own error, as all of these */
export function statOf(path: string): Promise<BigIntStats | undefined> {
  return ifPresent(
    step([path], {
      atOnce: () => lstatSync(path, { bigint: true, throwIfNoEntry: false }),
      elsewhere: () => lstat(path, { bigint: true }),
    }),
  );
}

/** A small text; undefined when no file is there, or one that is no such text: to read a pipe could take for ever. */
export function readSmall(path: string): Promise<string | undefined> {
  return ifPresent(
    step([path], {
      // To look first costs a fifth of a failure.
      atOnce: () => (isText(statSync(path, { throwIfNoEntry: false })) ? readFileSync(path, 'utf8') : undefined),
      elsewhere: async () => (isText(await stat(path)) ? await readFile(path, 'utf8') : undefined),
    }),
  );
}

// A folder fails when it is read, which tells what is in the way.
function isText(found: Stats | undefined): boolean {
  return found !== undefined && (found.isDirectory() || (found.isFile() && found.size <= MOST_SMALL_BYTES));
}

/** Makes a small file; fails with EEXIST where there is one, which could be a link to a blob. */
export function writeNew(path: string, content: string | Uint8Array): Promise<void> {
  return step([path], {
    atOnce: () => writeFileSync(path, content, { flag: 'wx' }),
    elsewhere: () => writeFile(path, content, { flag: 'wx' }),
  });
}

export function renameFile(from: string, to: string): Promise<void> {
  return step([from, to], {
    atOnce: () => renameSync(from, to),
    elsewhere: () => rename(from, to),
  });
}

export function hardLink(from: string, to: string): Promise<void> {
  return step([from, to], {
    atOnce: () => linkSync(from, to),
    elsewhere: () => link(from, to),
  });
}

export function setMode(path: string, mode: number): Promise<void> {
  return step([path], {
    atOnce: () => chmodSync(path, mode),
    elsewhere: () => chmod(path, mode),
  });
}

/** @param seconds since 1970, for both times */
export function setTimes(path: string, seconds: number): Promise<void> {
  return step([path], {
    atOnce: () => utimesSync(path, seconds, seconds),
    elsewhere: () => utimes(path, seconds, seconds),
  });
}

/** Removes a file; nothing happens when there is none. */
export async function removeFile(path: string): Promise<void> {
  // To look first costs less than to fail.
  if ((await statOf(path)) === undefined) return;
  await ifPresent(
    step([path], {
      atOnce: () => unlinkSync(path),
      elsewhere: () => unlink(path),
    }),
  );
}
