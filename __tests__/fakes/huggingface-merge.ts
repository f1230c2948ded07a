// What a merge of a pull request makes of the default branch. File by file: two changes of one file conflict.

import type { Change, Commit, Repository } from './repository.ts';

export interface Merging {
  readonly number: number;
  readonly title: string;
  readonly way: 'squash' | 'fast-forward';
  readonly thresholdBytes: number;
}

/** @returns the commit that the branch is at then; undefined when the files conflict, and then nothing was done */
export function mergeProposal(
  repository: Repository,
  { number, title, way, thresholdBytes }: Merging,
): string | undefined {
  const { defaultBranch } = repository;
  const onto = headOf(repository, defaultBranch);
  const proposed = headOf(repository, `refs/pr/${number}`);
  const base = commonOf(repository, onto, proposed);
  if (way === 'fast-forward' && base.id === onto.id) {
    repository.branches.set(defaultBranch, proposed.id);
    return proposed.id;
  }
  const theirs = changed(base, onto);
  const ours = changed(base, proposed);
  const apart = changed(onto, proposed);
  if ([...ours].some((path) => theirs.has(path) && apart.has(path))) return undefined;
  const toChange = (path: string): Change => {
    const entry = proposed.entries.get(path);
    return entry === undefined ? null : { content: entry.body, isLarge: repository.isLarge(entry, thresholdBytes) };
  };
  const changes = Object.fromEntries([...ours].map((path) => [path, toChange(path)]));
  return repository.commit(defaultBranch, changes, `${title} (#${number})`);
}

function headOf(repository: Repository, branch: string): Commit {
  const commit = repository.resolve(branch);
  if (commit === undefined) throw new Error(`there is no ${branch}`);
  return commit;
}

function commonOf(repository: Repository, a: Commit, b: Commit): Commit {
  const known = new Set(repository.history(a).map(({ id }) => id));
  const found = repository.history(b).find(({ id }) => known.has(id));
  if (found === undefined) throw new Error(`${a.id} and ${b.id} have nothing in common`);
  return found;
}

function changed(from: Commit, to: Commit): ReadonlySet<string> {
  const paths = [...from.entries.keys(), ...to.entries.keys()];
  return new Set(paths.filter((path) => from.entries.get(path)?.body.identity !== to.entries.get(path)?.body.identity));
}
