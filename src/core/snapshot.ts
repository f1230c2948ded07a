// What a reference becomes: an immutable revision and a list of files, each with its size and digests.

import { createHash } from 'node:crypto';
import { algorithmOf, type Digest, hexOf } from './digest.ts';
import { ModelFetchError } from './errors.ts';
import { type ModelRef, repositoryOf } from './ref.ts';
import { printable, type RepoPath, refuseCollisions, repoPath, unsafe } from './repo-path.ts';

export interface RemoteFile {
  readonly path: RepoPath;
  readonly sizeBytes: number;
  /** At least one; the strongest first. */
  readonly digests: readonly [Digest, ...Digest[]];
}

export interface Snapshot {
  readonly ref: ModelRef;
  /** The hub's own name of this state: a commit where the hub tells one. Every later request names it. */
  readonly revision: string;
  /** False when the hub named no commit, so that `revision` may move. */
  readonly immutable: boolean;
  /** Sorted by path. */
  readonly files: readonly RemoteFile[];
  /** sha256 of the canonical list of paths, sizes and digests, in hex: the same content gives the same id anywhere. */
  readonly id: string;
}

/** One entry of a hub's listing, before anything in it is believed. */
export interface ListedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly digests: readonly Digest[];
  /** Anything but `file` is refused by name: we write files, never links. */
  readonly kind: (typeof LISTED_KINDS)[number];
  /** What the hub's own dialect finds wrong with the entry; thrown when the file is among those that are meant. */
  readonly trouble?: ModelFetchError;
}

export const LISTED_KINDS = ['file', 'symlink', 'submodule', 'unknown'] as const;

export interface SnapshotSource {
  readonly ref: ModelRef;
  readonly revision: string;
  readonly immutable: boolean;
}

/** All that a repository holds in one state, before anything in it is believed. */
export interface Listing extends SnapshotSource {
  readonly files: readonly ListedFile[];
}

/** Narrows a listing to the files that are meant, and believes no others. @throws NO_MATCH */
export type Select = <T extends { readonly path: string }>(files: readonly T[]) => T[];

/** The snapshot of the files that are meant. @throws what `select` and `createSnapshot` throw */
export function narrowListing({ ref, revision, immutable, files }: Listing, select: Select): Snapshot {
  return createSnapshot({ ref, revision, immutable }, select(files));
}

/** Checks a listing and makes a snapshot of it.
 * @throws UNSAFE_PATH for a name or entry that is refused, UNVERIFIABLE for a file without a digest, SIZE_MISMATCH for a size
 * that cannot be one. */
export function createSnapshot(source: SnapshotSource, listed: readonly ListedFile[]): Snapshot {
  const files = listed.map(checkFile).sort((a, b) => (a.path < b.path ? -1 : 1));
  refuseCollisions(files.map((file) => file.path));
  refuseTwoSizes(files);
  return { ...source, files, id: snapshotId(files) };
}

function checkFile(listed: ListedFile): RemoteFile {
  if (listed.trouble !== undefined) throw listed.trouble;
  const path = repoPath(listed.path);
  if (listed.kind !== 'file')
    throw unsafe(`The listing names "${path}" as a ${listed.kind}, and only files are written.`);
  if (!Number.isSafeInteger(listed.sizeBytes) || listed.sizeBytes < 0) {
    throw new ModelFetchError(
      'SIZE_MISMATCH',
      `The listing gives "${path}" the size ${listed.sizeBytes}, which no file has.`,
    );
  }
  const [first, ...rest] = listed.digests.toSorted(byStrength);
  if (first === undefined) {
    throw new ModelFetchError('UNVERIFIABLE', `The listing gives no digest for "${printable(path)}".`, {
      hint: 'Without a digest nothing can prove the file. Leave it out with `exclude`, or ask the hub for a digest.',
    });
  }
  return { path, sizeBytes: listed.sizeBytes, digests: [first, ...rest] };
}

// One content has one size: a listing that gives it two is wrong about one of them.
function refuseTwoSizes(files: readonly RemoteFile[]): void {
  const seen = new Map<Digest, RemoteFile>();
  for (const file of files) {
    const other = seen.get(identityOf(file));
    if (other !== undefined && other.sizeBytes !== file.sizeBytes) {
      throw new ModelFetchError(
        'SIZE_MISMATCH',
        `The listing gives "${other.path}" and "${file.path}" the same digest, and the sizes ${other.sizeBytes} and ${file.sizeBytes}.`,
        { hint: 'The hub’s listing contradicts itself: leave one of them out with `exclude`, or tell the hub.' },
      );
    }
    seen.set(identityOf(file), file);
  }
}

function byStrength(a: Digest, b: Digest): number {
  return Number(algorithmOf(a) !== 'sha256') - Number(algorithmOf(b) !== 'sha256');
}

function snapshotId(files: readonly RemoteFile[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file.path}\0${file.sizeBytes}\0${file.digests[0]}\n`);
  return hash.digest('hex');
}

/** What makes two files the same content: the strongest digest that the hub gave. */
export function identityOf(file: RemoteFile): Digest {
  return file.digests[0];
}

/** The sha256 that the hub promised, in hex; undefined where it gave only git's blob id. */
export function promisedSha256(file: RemoteFile): string | undefined {
  return algorithmOf(file.digests[0]) === 'sha256' ? hexOf(file.digests[0]) : undefined;
}

export function totalBytes(files: readonly { readonly sizeBytes: number }[]): number {
  return files.reduce((sum, file) => sum + file.sizeBytes, 0);
}

/** `hub/owner/name@revision`, for messages. */
export function describeSnapshot(snapshot: Snapshot): string {
  return `${repositoryOf(snapshot.ref)}@${snapshot.revision.slice(0, 12)}`;
}
