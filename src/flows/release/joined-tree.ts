// What a repository would hold with the release on top of what it has: what goes, what stays, and whether that can live side by side.

import { ModelFetchError } from '../../core/errors.ts';
import type { UploadOptions } from '../../core/options/upload.ts';
import type { FoundFile } from '../../core/ports/local-files.ts';
import { chooseDeletes } from '../../core/release/plan.ts';
import { collisionOf, printable } from '../../core/repo-path.ts';
import { nameOf, pathIn, type TargetWork } from './upload-target.ts';

/** Chooses what is deleted, and holds what stays beside the release. Asked again when a repository was made, since hubs put files of
 * their own into it. @throws TOO_MANY_DELETES, NAME_COLLISION, TOO_LARGE */
export function joinTree(
  work: TargetWork,
  found: readonly FoundFile[],
  { deletes, maxDeletes }: Pick<UploadOptions, 'deletes' | 'maxDeletes'>,
): void {
  const { files } = work.push.base;
  const paths = found.map((file) => pathIn(work, file));
  const published = new Set(paths);
  work.deletes = chooseDeletes(files, published, { globs: deletes, most: maxDeletes, folder: work.folder });
  const gone = new Set(work.deletes.map(({ path }) => path));
  const kept = files.map(({ path }) => path).filter((path) => !published.has(path) && !gone.has(path));
  refuseCollision(work, paths, kept);
  refuseCrowd(work, paths, kept);
}

// Files that collide without the release are no fault of it.
function refuseCollision(work: TargetWork, paths: readonly string[], kept: readonly string[]): void {
  const collision = collisionOf(kept) === undefined ? collisionOf([...paths, ...kept]) : undefined;
  if (collision === undefined) return;
  throw new ModelFetchError('NAME_COLLISION', `${nameOf(work)} would hold ${printable(collision)}.`, {
    hint: 'Rename the file, or delete the other one with `delete`.',
  });
}

// A repository that is crowded already may still get new contents for the files that it has.
function refuseCrowd(work: TargetWork, paths: readonly string[], kept: readonly string[]): void {
  const { repositoryFiles, folderFiles } = work.push.limits;
  const there = new Set(work.push.base.files.map(({ path }) => path));
  const added = paths.filter((path) => !there.has(path));
  const all = [...paths, ...kept];
  if (added.length > 0 && all.length > repositoryFiles)
    throw crowded(`${nameOf(work)} would hold ${all.length} files`, repositoryFiles);
  const counts = new Map<string, number>();
  for (const path of all) counts.set(folderOf(path), (counts.get(folderOf(path)) ?? 0) + 1);
  const full = added.map(folderOf).find((folder) => (counts.get(folder) ?? 0) > folderFiles);
  if (full === undefined) return;
  const place = full === '' ? 'The root' : `The folder "${printable(full)}"`;
  throw crowded(`${place} of ${nameOf(work)} would hold ${counts.get(full)} files`, folderFiles);
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function crowded(what: string, most: number): ModelFetchError {
  return new ModelFetchError('TOO_LARGE', `${what}, and the hub takes at most ${most} there.`, {
    hint: 'Pack small files together, spread them over folders, or leave some out with `exclude`.',
  });
}
