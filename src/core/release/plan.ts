// A folder against what a repository holds: what is added, changed, unchanged, and deleted when that was asked. Pure; digests decide,
// and no time or journal does.

import { algorithmOf, type Digest } from '../digest.ts';
import { ModelFetchError } from '../errors.ts';
import { matcher } from '../filter.ts';
import type { LocalFile } from '../ports/push.ts';
import { printable } from '../repo-path.ts';
import type { ListedFile } from '../snapshot.ts';

export type FileChange = 'added' | 'changed' | 'unchanged';

/** The listing of a repository by path. */
export type Listing = ReadonlyMap<string, ListedFile>;

export function listingOf(files: readonly ListedFile[]): Listing {
  return new Map(files.map((file) => [file.path, file]));
}

/** What publishing the file would do to the repository. */
export function changeOf(file: Pick<LocalFile, 'path' | 'sizeBytes' | 'digests'>, listing: Listing): FileChange {
  const listed = listing.get(file.path);
  if (listed === undefined) return 'added';
  return isSame(file, listed) ? 'unchanged' : 'changed';
}

/** Whether a listing shows exactly this content: size, and every digest that both sides know, at least one. */
export function isSame({ sizeBytes, digests }: Pick<LocalFile, 'sizeBytes' | 'digests'>, listed: ListedFile): boolean {
  if (listed.kind !== 'file' || listed.sizeBytes !== sizeBytes) return false;
  const known: Partial<Record<string, Digest>> = { ...digests };
  const common = listed.digests.filter((digest) => known[algorithmOf(digest)] !== undefined);
  return common.length > 0 && common.every((digest) => known[algorithmOf(digest)] === digest);
}

export interface DeleteRule {
  /** Empty: nothing is deleted. */
  readonly globs: readonly string[];
  readonly most: number;
  /** Of the repository; empty for its root. The globs are read below it, and nothing outside it is deleted. */
  readonly folder: string;
}

const SHOWN = 10;
/** They say how git stores the other files, often by the hub's own hand, so no glob means them. */
const RULES = /(^|\/)\.gitattributes$/;

/** The files of the repository that go: listed, meant by a glob, and not published now; rules for git never.
 * @throws TOO_MANY_DELETES, naming the first of them */
export function chooseDeletes(
  files: readonly ListedFile[],
  published: ReadonlySet<string>,
  { globs, most, folder }: DeleteRule,
): ListedFile[] {
  if (globs.length === 0) return [];
  const isMeant = matcher(globs);
  const prefix = folder === '' ? '' : `${folder}/`;
  const gone = files.filter(
    ({ path }) =>
      path.startsWith(prefix) && !published.has(path) && !RULES.test(path) && isMeant(path.slice(prefix.length)),
  );
  if (gone.length <= most) return gone;
  const names = gone.slice(0, SHOWN).map(({ path }) => printable(path));
  throw new ModelFetchError(
    'TOO_MANY_DELETES',
    `${gone.length} files would be deleted, and \`max-deletes\` is ${most}: ${names.join(', ')}${gone.length > SHOWN ? ' …' : ''}.`,
    {
      hint: 'Look at the list with `dry-run`. If it is what you mean, raise `max-deletes`; else check `path` and `delete`.',
    },
  );
}

/** Paths of ours that someone else changed between two listings, and not to what we publish. */
export function overlapOf(
  before: Listing,
  after: Listing,
  ours: { readonly files: readonly LocalFile[]; readonly deletes: readonly string[] },
): string[] {
  const isMoved = (path: string) => !sameListed(before.get(path), after.get(path));
  const files = ours.files.filter((file) => isMoved(file.path) && changeOf(file, after) !== 'unchanged');
  const deletes = ours.deletes.filter((path) => isMoved(path) && after.has(path));
  return [...files.map(({ path }) => path), ...deletes];
}

function sameListed(a: ListedFile | undefined, b: ListedFile | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.sizeBytes === b.sizeBytes && [...a.digests].sort().join() === [...b.digests].sort().join();
}

/** What keeps a listing from being the release: a path and how it differs; undefined when nothing does. */
export function differenceOf(
  listing: Listing,
  release: { readonly files: readonly LocalFile[]; readonly deletes: readonly string[] },
): string | undefined {
  for (const file of release.files) {
    const listed = listing.get(file.path);
    if (listed === undefined) return `"${printable(file.path)}" is missing`;
    if (!isSame(file, listed)) {
      const shown = listed.digests.map(printable).join(', ') || 'no digest';
      return `"${printable(file.path)}" has ${listed.sizeBytes} bytes and ${shown}, and should have ${file.sizeBytes} and ${file.digests.sha256}`;
    }
  }
  const left = release.deletes.find((path) => listing.has(path));
  return left === undefined ? undefined : `"${printable(left)}" is still there`;
}
