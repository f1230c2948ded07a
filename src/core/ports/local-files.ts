// The seam to the files of this machine that are to be published. Interfaces only; nothing here does anything.

import type { Chunks } from '../chunks.ts';
import type { Range } from '../http.ts';
import type { Verify } from '../ports.ts';
import type { LocalDigests } from './push.ts';

/** A regular file that was found. */
export interface FoundFile {
  /** Below the folder that was given, `/`-separated; a file that was given itself has its own name. */
  readonly name: string;
  /** Absolute. */
  readonly location: string;
  readonly sizeBytes: number;
}

export interface ListRequest {
  /** Folders and files, relative ones below the workspace. */
  readonly paths: readonly string[];
  /** Whether a folder (its name ends in `/`) or file is passed by. */
  skip(name: string): boolean;
  /** Whether something is passed by that is known by its name alone: a link, which is not followed then, or what is gone when it is
   * looked at. */
  skipUnseen(name: string): boolean;
}

/** Reads; changes no file. What a file was when it was listed is what it must be at every later call.
 * @throws FILE_CHANGED when it no longer is, DISK_IO, ABORTED */
export interface LocalFiles {
  /** Sorted by name. @throws EMPTY_FOLDER, OUTSIDE_WORKSPACE */
  list(request: ListRequest, signal: AbortSignal): Promise<FoundFile[]>;
  /** The first bytes, or all when it has fewer. */
  head(file: FoundFile, countBytes: number): Promise<Uint8Array>;
  /** The sha256, and git's id of a file that is small enough for one. With `receipt` a file that is untouched since it was hashed is
   * not hashed again. */
  digests(file: FoundFile, verify: Verify, signal: AbortSignal): Promise<LocalDigests>;
  /** The bytes of the range, or all; each call reads anew. */
  open(file: FoundFile, range?: Range): Chunks;
}
