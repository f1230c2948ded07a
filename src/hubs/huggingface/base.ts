// What a release to the Hugging Face Hub is built on: which branch, where it stands, and what it holds.

import { codeOf, ModelFetchError } from '../../core/errors.ts';
import type { PushBase, PushTarget } from '../../core/ports/push.ts';
import { repositoryOf } from '../../core/ref.ts';
import { quote } from '../../core/text/quote.ts';
import type { HuggingfaceApi } from './api.ts';
import { listHuggingface, toListedFile } from './listing.ts';
import type { HuggingfaceTargets } from './push-wire.ts';
import { commitOf, readTargets } from './refs.ts';

const DEFAULT_BRANCH = 'main';

export interface HuggingfaceBase extends PushBase {
  /** Pull requests go to this branch and to no other (huggingface.md 5.2). */
  readonly isDefault: boolean;
}

/** The base as it is now. @throws as Hub.push */
export async function readBase(api: HuggingfaceApi, target: PushTarget, signal: AbortSignal): Promise<HuggingfaceBase> {
  const { ref, create } = target;
  let targets: HuggingfaceTargets;
  try {
    targets = await readTargets(api, ref, signal);
  } catch (error) {
    if (codeOf(error) !== 'NOT_FOUND' || !create) throw error;
    const branch = target.branch ?? DEFAULT_BRANCH;
    return { hasRepository: false, hasBranch: false, isDefault: false, branch, commit: undefined, files: [] };
  }
  const branch = branchOf(target, targets);
  const own = branch.startsWith('refs/pr/')
    ? commitOf(targets.pullRequests, branch.slice('refs/pr/'.length))
    : commitOf(targets.branches, branch);
  if (own === undefined && !create) throw noBranch(target, branch);
  const commit = own ?? commitOf(targets.branches, defaultBranch(targets));
  const entries = commit === undefined ? [] : await listHuggingface(api, ref, commit, signal);
  const isDefault = branch === defaultBranch(targets);
  const files = entries.map(toListedFile);
  return { hasRepository: true, hasBranch: own !== undefined, isDefault, branch, commit, files };
}

function branchOf({ branch, createPr, ref }: PushTarget, targets: HuggingfaceTargets): string {
  const standard = defaultBranch(targets);
  if (branch === undefined || branch === standard) return standard;
  if (createPr) {
    throw new ModelFetchError(
      'BAD_OPTION',
      `A pull request on ${repositoryOf(ref)} goes to its branch ${quote(standard)}.`,
      {
        hint: 'Leave out `revision`, or publish to the branch without `create-pr`.',
      },
    );
  }
  if (targets.tags?.some(({ name }) => name === branch) && commitOf(targets.branches, branch) === undefined) {
    throw new ModelFetchError(
      'CONFLICT',
      `${quote(branch)} is a tag of ${repositoryOf(ref)}, and only branches take commits.`,
      {
        hint: 'Give the branch as `revision` and the tag as `tag`.',
      },
    );
  }
  return branch;
}

function defaultBranch({ branches }: HuggingfaceTargets): string {
  const [only, ...others] = branches ?? [];
  return only !== undefined && others.length === 0 ? only.name : DEFAULT_BRANCH;
}

function noBranch({ ref }: PushTarget, branch: string): ModelFetchError {
  return new ModelFetchError('REVISION_NOT_FOUND', `${repositoryOf(ref)} has no branch ${quote(branch)}.`, {
    hint: 'Check the spelling, or let it be made with `create`.',
  });
}
