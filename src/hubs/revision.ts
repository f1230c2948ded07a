// What a wanted revision means among the names that a repository has. Asks nothing of any host.

import { ModelFetchError } from '../core/errors.ts';
import type { VersionPicker } from '../core/ports.ts';
import { isCommit, type ModelRef, repositoryOf } from '../core/ref.ts';
import { printable } from '../core/repo-path.ts';
import { quote } from '../core/text/quote.ts';
import { chooseTag, isRange } from '../core/version.ts';

const MAX_SHOWN = 10;

export interface RevisionNames {
  readonly branches: readonly string[];
  readonly tags: readonly string[];
}

/** The branch or tag that is meant. A name that exists wins over the same text read as a range, as in `v1.x`.
 * @throws REVISION_NOT_FOUND, naming revisions that exist */
export function chooseName(ref: ModelRef, wanted: string, names: RevisionNames, pick: VersionPicker): string {
  if (names.branches.includes(wanted) || names.tags.includes(wanted)) return wanted;
  const tag = isRange(wanted) ? chooseTag(wanted, names.tags, pick) : undefined;
  if (tag === undefined) throw revisionNotFound(ref, wanted, names);
  return tag;
}

/** REVISION_NOT_FOUND with up to ten names that would have worked. */
export function revisionNotFound(ref: ModelRef, wanted: string, names: RevisionNames): ModelFetchError {
  const what = isRange(wanted) ? 'no tag that satisfies' : isCommit(wanted) ? 'no commit' : 'no branch or tag';
  const message = `${repositoryOf(ref)} has ${what} ${quote(wanted)}.${existing(names)}`;
  return new ModelFetchError('REVISION_NOT_FOUND', message, {
    hint: 'Write the revision after `@`, in full: a branch, a tag, a commit of 40 hex digits, or a range over tags.',
  });
}

function existing(names: RevisionNames): string {
  const all = [...new Set([...names.branches, ...names.tags])];
  if (all.length === 0) return '';
  const more = all.length > MAX_SHOWN ? ` and ${all.length - MAX_SHOWN} more` : '';
  return ` It has: ${all.slice(0, MAX_SHOWN).map(printable).join(', ')}${more}.`;
}
