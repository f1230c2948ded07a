// Several targets in one repository: told apart by their branches, which are known when the hub was asked, and never by a tag.

import { ModelFetchError } from '../../core/errors.ts';
import { repositoryOf } from '../../core/ref.ts';
import { quote } from '../../core/text/quote.ts';
import { nameOf, type TargetWork } from './upload-target.ts';

/** @throws BAD_OPTION when two targets are the same branch, or the tag would name two commits of one repository */
export function refuseSame(works: readonly TargetWork[], tag: string | undefined): void {
  const branches = new Set<string>();
  const repositories = new Set<string>();
  for (const work of works) {
    const repository = `${work.ref.site ?? ''} ${repositoryOf(work.ref)}`.toLowerCase();
    const branch = `${repository} ${work.push.base.branch}`;
    if (branches.has(branch)) throw sameBranch(work);
    if (tag !== undefined && repositories.has(repository)) throw sameTag(work, tag);
    branches.add(branch);
    repositories.add(repository);
  }
}

function sameBranch(work: TargetWork): ModelFetchError {
  const branch = quote(work.push.base.branch);
  return new ModelFetchError('BAD_OPTION', `\`model\` names the branch ${branch} of ${nameOf(work)} twice.`, {
    hint: 'Name each repository and branch once.',
  });
}

function sameTag(work: TargetWork, tag: string): ModelFetchError {
  const message = `\`model\` names several branches of ${nameOf(work)}, and the tag ${quote(tag)} can be on one commit only.`;
  return new ModelFetchError('BAD_OPTION', message, {
    hint: 'Publish to one branch, or set `tag` to `false`.',
  });
}
