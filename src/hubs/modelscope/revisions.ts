// Names of a ModelScope repository’s revisions, and the commits behind them, as far as the service tells.

import { codeOf } from '../../core/errors.ts';
import { isCommit, type ModelRef } from '../../core/ref.ts';
import { isRange } from '../../core/version.ts';
import type { RevisionNames } from '../revision.ts';
import type { ModelscopeApi } from './api.ts';
import { modelscopeCommits, modelscopeRevisions } from './wire.ts';

/** The branch of new repositories (modelscope.md 2.3). */
export const DEFAULT_BRANCH = 'master';

/** What a repository’s files are read from when no revision is named. */
export function defaultName(names: RevisionNames | undefined): string {
  const [only, ...others] = names?.branches ?? [];
  return only !== undefined && others.length === 0 ? only : DEFAULT_BRANCH;
}

/** Undefined where the service does not offer the question, which is documented for models only. */
export async function readNames(
  api: ModelscopeApi,
  ref: ModelRef,
  signal: AbortSignal,
): Promise<RevisionNames | undefined> {
  try {
    const { data } = await api.ask(ref, api.url(ref, '/revisions'), modelscopeRevisions, signal);
    const { Branches, Tags } = data.RevisionMap;
    return {
      branches: (Branches ?? []).map(({ Revision }) => Revision),
      tags: (Tags ?? []).map(({ Revision }) => Revision),
    };
  } catch (error) {
    const isUnoffered = codeOf(error) === 'HUB_PROTOCOL' && ref.kind === 'dataset';
    if (isUnoffered && (ref.revision === undefined || !isRange(ref.revision))) return undefined;
    throw error;
  }
}

/** The commit behind a name; undefined where the service tells none (modelscope.md 2.4). */
export async function readCommit(
  api: ModelscopeApi,
  ref: ModelRef,
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const [id] = await readCommits(api, ref, { name, page: 1, count: 1 }, signal);
  return isCommit(id) ? id : undefined;
}

/** A page of the commits behind a name, from 1, the newest first; none where the service tells none (modelscope.md 2.4). */
export async function readCommits(
  api: ModelscopeApi,
  ref: ModelRef,
  { name, page, count }: { readonly name: string; readonly page: number; readonly count: number },
  signal: AbortSignal,
): Promise<string[]> {
  try {
    const url = api.url(ref, '/commits', { Ref: name, PageNumber: String(page), PageSize: String(count) });
    const { data } = await api.ask(ref, url, modelscopeCommits, signal);
    return (data.Commit ?? []).map(({ Id }) => Id.toLowerCase());
  } catch (error) {
    // Any form of "no such question" leaves the name; whether the repository may be read, the listing decides.
    if (['NOT_FOUND', 'REVISION_NOT_FOUND', 'HUB_PROTOCOL'].includes(codeOf(error) ?? '')) return [];
    throw error;
  }
}
