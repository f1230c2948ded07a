// Which files of a listing are meant: gitignore-like globs, case-sensitive, and the subpath of a reference.

import ignore from 'ignore';
import { ModelFetchError } from './errors.ts';
import { formatRef, type ModelRef } from './ref.ts';

export interface Filter {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** No path that a glob could mean is longer. */
const MAX_GLOB = 4096;

/** A third could take seconds for one path. */
const MAX_DEEP = 2;

/** Whether the text can be used as a glob, at a bounded cost for any path. */
export function isGlob(text: string): boolean {
  if (text.length > MAX_GLOB || text.split('**').length - 1 > MAX_DEEP) return false;
  try {
    matcher([text])('a');
    return true;
  } catch {
    // Whatever the library does not take.
    return false;
  }
}

/** Keeps the entries that the reference's subpath and the globs mean.
 * @throws NO_MATCH when none is left, naming the globs. */
export function selectFiles<T extends { readonly path: string }>(
  ref: ModelRef,
  files: readonly T[],
  filter: Filter,
): T[] {
  const isIncluded = filter.include.length === 0 ? () => true : matcher(filter.include);
  const isExcluded = matcher(filter.exclude);
  const kept = files.filter(({ path }) => liesIn(path, ref.subpath) && isIncluded(path) && !isExcluded(path));
  if (kept.length > 0) return kept;
  const globs = [...filter.include, ...filter.exclude.map((glob) => `not ${glob}`)].join(', ');
  const below = ref.subpath === undefined ? '' : ` below "${ref.subpath}"`;
  throw new ModelFetchError(
    'NO_MATCH',
    `None of the ${files.length} files of ${formatRef(ref)}${below} is left${globs === '' ? '' : ` by: ${globs}`}.`,
    { hint: 'Globs are written as in .gitignore and are case-sensitive; `--dry-run` without them lists the files.' },
  );
}

function liesIn(path: string, subpath: string | undefined): boolean {
  return subpath === undefined || path === subpath || path.startsWith(`${subpath}/`);
}

/** Whether a path is meant by one of these globs; a folder's name ends in `/`. */
export function matcher(globs: readonly string[]): (path: string) => boolean {
  const rules = ignore({ ignorecase: false, allowRelativePaths: true }).add([...globs]);
  return (path) => path !== '' && rules.ignores(path);
}
