// Reads texts that others may have put there: never more than is allowed, and never waiting for what is no file. What they say is for
// the reader to judge.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { errnoOf, ifPresent } from './io-error.ts';
import { untilFresh } from './stale.ts';

/** A pipe would keep whoever opens it until somebody writes to it. Windows has neither such files nor the flag. */
const AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** The text of a file; undefined when there is none, or something that is no file, or a longer one. @throws the system's own error */
export async function readText(path: string, mostBytes: number): Promise<string | undefined> {
  return await withFile(path, async (handle) => {
    const { size } = await handle.stat();
    return size <= mostBytes ? await handle.readFile('utf8') : undefined;
  });
}

/** Runs work on the file, open for reading; undefined when there is none, or something that is no file. @throws the system's own error */
export async function withFile<T>(path: string, work: (handle: FileHandle) => Promise<T>): Promise<T | undefined> {
  return await untilFresh(async () => {
    const handle = await openAtOnce(path);
    if (handle === undefined) return undefined;
    try {
      return (await handle.stat()).isFile() ? await work(handle) : undefined;
    } finally {
      await handle.close();
    }
  });
}

async function openAtOnce(path: string): Promise<FileHandle | undefined> {
  try {
    return await ifPresent(open(path, AT_ONCE));
  } catch (error) {
    // Somebody holds a lease of the system's on it, as a server of network disks does, and is told to let go. Of a pipe that is never said.
    if (errnoOf(error) === 'EAGAIN') return await ifPresent(open(path, 'r'));
    // What is said of a socket; and of a folder where those cannot be opened.
    if (['ENXIO', 'EOPNOTSUPP', 'EISDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
