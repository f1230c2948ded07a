// The seams to small texts on disk: what is kept beside the content, and the lock file. Interfaces only.

/** Small texts by name. They were strangers' once and lay where others can write: whoever reads one checks it. A shelf elsewhere
 * than in the store may be read the same way, but a listing from where strangers write proves no digest. */
export interface Shelf {
  /** @throws DISK_IO */
  read(name: string): Promise<string | undefined>;
  /** Replaces what was there, in one step. @throws DISK_FULL, DISK_IO */
  write(name: string, text: string): Promise<void>;
  /** @throws DISK_IO */
  forget(name: string): Promise<void>;
}

/** A file of the user's repository. */
export interface LockFile {
  /** Absolute. */
  readonly path: string;
  /** Undefined when it is not there. @throws BAD_LOCK, DISK_IO */
  read(): Promise<string | undefined>;
  /** Replaces it in one step. @throws BAD_LOCK, DISK_FULL, DISK_IO */
  write(text: string): Promise<void>;
}
