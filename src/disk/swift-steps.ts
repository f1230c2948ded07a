// The steps on disk that every file costs, one system call or a few each. Where the disk is quick they are made at once: to hand such
// a step to another thread costs ten times what it takes. What may take long (bytes of large files, folders) does not belong here.

import {
  type BigIntStats,
  chmodSync,
  linkSync,
  lstatSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { chmod, link, lstat, readFile, rename, unlink, utimes, writeFile } from 'node:fs/promises';
import { ifPresent } from './io-error.ts';
import { createSwiftness } from './swiftness.ts';

const swiftness = createSwiftness(() => performance.now());

async function step<T>(atOnce: () => T, elsewhere: () => Promise<T>): Promise<T> {
  return swiftness.isSwift() ? swiftness.timed(atOnce) : await elsewhere();
}

/** What lies at the path, links not followed; undefined when nothing does. @throws the system's own error, as all of these */
export function statOf(path: string): Promise<BigIntStats | undefined> {
  return step(
    () => lstatSync(path, { bigint: true, throwIfNoEntry: false }),
    () => ifPresent(lstat(path, { bigint: true })),
  );
}

/** A small text; undefined when the file is not there. */
export async function readSmall(path: string): Promise<string | undefined> {
  return await ifPresent(
    step(
      // To look first costs a fifth of a failure.
      () => (statSync(path, { throwIfNoEntry: false }) === undefined ? undefined : readFileSync(path, 'utf8')),
      () => readFile(path, 'utf8'),
    ),
  );
}

/** Makes a small file; fails with EEXIST where there is one, which could be a link to a blob. */
export function writeNew(path: string, content: string | Uint8Array): Promise<void> {
  return step(
    () => writeFileSync(path, content, { flag: 'wx' }),
    () => writeFile(path, content, { flag: 'wx' }),
  );
}

export function renameFile(from: string, to: string): Promise<void> {
  return step(
    () => renameSync(from, to),
    () => rename(from, to),
  );
}

export function hardLink(from: string, to: string): Promise<void> {
  return step(
    () => linkSync(from, to),
    () => link(from, to),
  );
}

export function setMode(path: string, mode: number): Promise<void> {
  return step(
    () => chmodSync(path, mode),
    () => chmod(path, mode),
  );
}

/** @param seconds since 1970, for both times */
export function setTimes(path: string, seconds: number): Promise<void> {
  return step(
    () => utimesSync(path, seconds, seconds),
    () => utimes(path, seconds, seconds),
  );
}

/** Removes a file; nothing happens when there is none. */
export async function removeFile(path: string): Promise<void> {
  // To look first costs less than to fail.
  if ((await statOf(path)) === undefined) return;
  await ifPresent(
    step(
      () => unlinkSync(path),
      () => unlink(path),
    ),
  );
}
