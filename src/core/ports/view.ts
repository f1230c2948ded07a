// The seam to folders that users see, and to the volumes under them. Interfaces only.

import type { RepoPath } from '../repo-path.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Blob } from './store.ts';

/** One file of a view. */
export interface ViewFile {
  readonly path: RepoPath;
  readonly blob: Blob;
}

export interface ViewState {
  /** Files that an earlier run put there and nobody has touched since: path → sha256 in hex, empty when it must be proved anew. */
  readonly placed: ReadonlyMap<string, string>;
  /** Everything else that lies there, as paths relative to the folder. */
  readonly foreign: readonly string[];
}

export interface Placed {
  readonly kept: readonly RepoPath[];
  readonly linked: readonly RepoPath[];
  /** Removed because the snapshot no longer has them; only files that a view had put there and nobody changed. */
  readonly removed: readonly string[];
  /** Not ours, left alone. */
  readonly foreign: readonly string[];
  /** How the files came to be there. `copy` costs their size once more. */
  readonly method: 'hardlink' | 'reflink' | 'copy' | 'none';
}

/** Shows a snapshot to tools as files in a folder. */
export interface View {
  inspect(folder: string): Promise<ViewState>;
  /** Looks at everything in the folder that would keep these files from being placed. Changes nothing.
   * @throws UNSAFE_PATH, DISK_IO */
  check(folder: string, paths: readonly RepoPath[]): Promise<void>;
  /** Where a file of the view lies or would lie. */
  pathIn(folder: string, path: RepoPath): string;
  /** @throws DISK_IO, DISK_FULL, UNSAFE_PATH (a folder inside the view is a symbolic link) */
  place(folder: string, snapshot: Snapshot, files: readonly ViewFile[], signal: AbortSignal): Promise<Placed>;
}

export interface Volume {
  /** The same for two folders on one file system. */
  readonly id: string;
  readonly freeBytes: number;
}

/** Looks at a folder before anything is written to it. */
export interface Disk {
  /** The volume that the folder is or would be on. Makes no folder and leaves nothing behind.
   * @throws DISK_IO when it could not be written to. */
  probe(folder: string): Promise<Volume>;
  /** Whether neither folder is, or lies in, the other. */
  areApart(a: string, b: string): Promise<boolean>;
  /** Whether a view in one folder can link to a store in the other, so that the bytes exist once. */
  canLink(store: string, view: string): Promise<boolean>;
}
