// What a lock file says to a run: which entry serves a reference, and how two states of a model differ. Pure.

import { algorithmOf, type Digest } from '../digest.ts';
import { ModelFetchError } from '../errors.ts';
import type { Filter } from '../filter.ts';
import { type Lock, type LockedModel, lockIdentity } from '../lock.ts';
import { formatRef, type ModelRef, repositoryOf } from '../ref.ts';
import { printable } from '../repo-path.ts';
import type { RemoteFile } from '../snapshot.ts';

const MAX_NAMED = 20;
const REMEDY = 'Run with the mode `lock` and the same models and filters, look at what changed, and commit the file.';

/** The entry for a reference: the one with the same filters, or one that was locked whole, since a filter only takes away. */
export function findLocked(lock: Lock, ref: ModelRef, filter: Filter): LockedModel | undefined {
  const identity = lockIdentity({ ref, ...filter });
  return (
    lock.models.find((model) => lockIdentity(model) === identity) ?? lock.models.find((model) => coversAll(model, ref))
  );
}

function coversAll({ ref, include, exclude }: LockedModel, wanted: ModelRef): boolean {
  const isSame = askedOf(ref) === askedOf(wanted) && ref.site === wanted.site;
  return isSame && isAbove(ref.subpath, wanted.subpath) && include.length === 0 && exclude.length === 0;
}

function isAbove(folder: string | undefined, wanted: string | undefined): boolean {
  return folder === undefined || (wanted !== undefined && `${wanted}/`.startsWith(`${folder}/`));
}

function askedOf(ref: ModelRef): string {
  return `${repositoryOf(ref)}@${ref.revision ?? ''}`;
}

/** @throws LOCK_MISMATCH, naming every reference that the lock does not have */
export function refuseUnlocked(lock: Lock, refs: readonly ModelRef[], filter: Filter): void {
  const missing = refs.filter((ref) => findLocked(lock, ref, filter) === undefined);
  if (missing.length > 0) throw mismatch(missing.map((ref) => `${formatRef(ref)}: ${whyMissing(lock, ref)}`));
}

function whyMissing(lock: Lock, ref: ModelRef): string {
  const same = lock.models.filter(
    (model) => repositoryOf(model.ref) === repositoryOf(ref) && model.ref.site === ref.site,
  );
  if (same.length === 0) return 'it is not in the lock file';
  if (same.some((model) => askedOf(model.ref) === askedOf(ref)))
    return 'it was locked with other filters, so that files may be meant which the lock file does not have';
  const locked = [...new Set(same.map((model) => model.ref.revision ?? 'the default branch'))]
    .map(printable)
    .join(', ');
  return `it was locked as ${locked} and not as ${ref.revision ?? 'the default branch'}`;
}

/** LOCK_MISMATCH, with the first of the differences. */
export function mismatch(differences: readonly string[], cause?: unknown): ModelFetchError {
  const shown = differences.slice(0, MAX_NAMED);
  if (differences.length > shown.length) shown.push(`and ${differences.length - shown.length} more`);
  const lines = shown.length === 1 ? ` ${shown[0]}.` : `\n${shown.map((line) => `- ${line}`).join('\n')}`;
  return new ModelFetchError('LOCK_MISMATCH', `The lock file does not fit:${lines}`, { hint: REMEDY, cause });
}

/** How the files of a model changed, by path. */
export interface FileChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export function compareFiles(before: readonly RemoteFile[], after: readonly RemoteFile[]): FileChanges {
  const earlier = new Map(before.map((file) => [file.path, file]));
  const paths = new Set(after.map(({ path }) => path));
  return {
    added: after.flatMap(({ path }) => (earlier.has(path) ? [] : [path])),
    changed: after.flatMap((file) => {
      const other = earlier.get(file.path);
      return other === undefined || agree(other, file) ? [] : [file.path];
    }),
    removed: before.flatMap(({ path }) => (paths.has(path) ? [] : [path])),
  };
}

/** The changes as words, where `before` is the lock file and `after` is the hub. */
export function describeChanges(name: string, { added, changed, removed }: FileChanges): string[] {
  return [
    ...changed.map((path) => `${name}: the hub has another content as ${printable(path)}`),
    ...removed.map((path) => `${name}: the hub does not have ${printable(path)}`),
    ...added.map((path) => `${name}: the hub also has ${printable(path)}, and the lock file does not`),
  ];
}

/** Whether two descriptions can be of one content: the same size, and no digest of one kind that differs. */
function agree(a: RemoteFile, b: RemoteFile): boolean {
  return a.sizeBytes === b.sizeBytes && a.digests.every((digest) => other(b, digest) === undefined);
}

function other(file: RemoteFile, digest: Digest): Digest | undefined {
  return file.digests.find((one) => algorithmOf(one) === algorithmOf(digest) && one !== digest);
}

/** The file with the digests that were known of it before, where both share one. */
export function withKnownDigests(file: RemoteFile, before: RemoteFile | undefined): RemoteFile {
  const isSame = before?.digests.some((digest) => file.digests.includes(digest)) === true && agree(before, file);
  if (!isSame) return file;
  const more = before.digests.filter((digest) => !file.digests.includes(digest));
  return { ...file, digests: [...file.digests, ...more] };
}
