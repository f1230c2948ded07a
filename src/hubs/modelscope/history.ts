// The commits of a ModelScope branch between two points, page by page. Reads them; what they mean for a release is told elsewhere.

import type { ModelRef } from '../../core/ref.ts';
import type { ModelscopeApi } from './api.ts';
import { readCommits } from './revisions.ts';

const PAGE = 50;
/** More than the largest release has, and many beside it; whoever shows more may never end. */
const MAX_COMMITS = 2000;

interface Span {
  /** The older commit. */
  readonly from: string;
  readonly to: string;
  /** Whose history it is, for services that know no commits by their ids. */
  readonly branch: string;
}

/** The commits after `from` and before `to`, the newest first (modelscope.md 2.4).
 * @returns undefined where the service does not tell all of them */
export async function commitsBetween(
  api: ModelscopeApi,
  ref: ModelRef,
  { from, to, branch }: Span,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  for (const name of [to, branch]) {
    const seen = await readUntil(api, ref, { name, last: from }, signal);
    const start = seen?.indexOf(to) ?? -1;
    if (seen !== undefined && start >= 0) return seen.slice(start + 1);
  }
  return undefined;
}

// How long a page is, the service decides; one with nothing new on it is the last.
async function readUntil(
  api: ModelscopeApi,
  ref: ModelRef,
  { name, last }: { readonly name: string; readonly last: string },
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const seen = new Set<string>();
  for (let page = 1; seen.size < MAX_COMMITS; page += 1) {
    const before = seen.size;
    for (const id of await readCommits(api, ref, { name, page, count: PAGE }, signal)) {
      if (id === last) return [...seen];
      seen.add(id);
    }
    if (seen.size === before) return undefined;
  }
  return undefined;
}
