// What readers see of a release, in any commit of a branch that they read: none of it, all of it, or a part.

import type { Fakes } from '../../fakes/index.ts';
import type { Repository } from '../../fakes/repository.ts';
import type { HubName } from '../../fakes/steps/step.ts';
import { hashRepository } from '../../flows/open-flow.ts';
import type { DrawnRelease } from './draw.ts';
import { findRepository, type Release, repositoryName } from './ground.ts';

export interface Place {
  readonly hub: HubName;
  readonly repository: Repository;
  /** The default one; of proposals, also those of pull requests that are not closed. */
  readonly branches: readonly string[];
}

/** Where the drawn run published; undefined where the repository was not made. */
export function placeOf(fakes: Fakes, drawn: DrawnRelease, hub: HubName): Place | undefined {
  const repository = findRepository(fakes, hub, drawn);
  if (repository === undefined) return undefined;
  const open =
    drawn.manner === 'proposal' ? discussionsOf(fakes, drawn).filter(({ status }) => status !== 'closed') : [];
  return { hub, repository, branches: [repository.defaultBranch, ...open.map(({ number }) => `refs/pr/${number}`)] };
}

/** Pull requests of Hugging Face, by number. */
export function discussionsOf(fakes: Fakes, drawn: DrawnRelease) {
  const isThere = findRepository(fakes, 'huggingface', drawn) !== undefined;
  return isThere ? fakes.huggingface.discussions(repositoryName(drawn)) : [];
}

/** Commits of all its branches, the newest first in each. */
export function commitsOf({ repository, branches }: Place) {
  const heads = branches.map((branch) => repository.resolve(branch)).filter((head) => head !== undefined);
  return [...new Set(heads.flatMap((head) => repository.history(head)))];
}

export type Share = 'none' | 'all' | 'part';

/** @param files path → sha256: those of the release that are asked about */
export async function shareAt(
  { repository }: Place,
  { revision, gone }: { readonly revision: string; readonly gone: Release['gone'] },
  files: Readonly<Record<string, string>>,
): Promise<Share> {
  const tree = await hashRepository(repository, revision);
  const facts = [
    ...Object.entries(files).map(([name, sha256]) => tree[name] === sha256),
    ...gone.map((name) => !(name in tree)),
  ];
  if (facts.every((is) => is)) return 'all';
  return facts.some((is) => is) ? 'part' : 'none';
}
