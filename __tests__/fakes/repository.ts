// One description of a repository, and its state: immutable commits, branches and tags that move. Knows no hub's dialect.

import { createHash } from 'node:crypto';
import { type Body, type Content, createBody } from './content.ts';

export interface RepositoryDescription {
  readonly id: string;
  /** A model unless said otherwise. */
  readonly kind?: Kind;
  readonly visibility?: Visibility;
  /** Oldest first; each names all of its files. */
  readonly commits: readonly CommitDescription[];
  /** Name → commit id or index. Unless given, the hub's own default branch is at the last commit. */
  readonly branches?: Readonly<Record<string, string | number>>;
  /** Oldest first. */
  readonly tags?: Readonly<Record<string, string | number>>;
  /** Paths that are kept as large files whatever their size. */
  readonly lfs?: readonly string[];
  /** What the listing says instead of the truth. */
  readonly listed?: readonly ListedOverride[];
  /** Former ids, for hubs that redirect them. */
  readonly renamedFrom?: readonly string[];
}

export type Kind = 'model' | 'dataset';
export type Visibility = 'public' | 'private' | 'gated';

export interface CommitDescription {
  /** 40 hex digits; derived from the content unless given. */
  readonly id?: string;
  readonly message?: string;
  readonly files: Readonly<Record<string, Content>>;
  /** Path → target. */
  readonly symlinks?: Readonly<Record<string, string>>;
}

/** Changes a listing's entry, or adds one for a path that no commit has: a listing may lie and may be hostile. */
export interface ListedOverride {
  readonly path: string;
  readonly sizeBytes?: number;
  /** Null leaves the digest out. */
  readonly sha256?: string | null;
  readonly gitSha1?: string | null;
  readonly type?: EntryType;
  /** Leaves the entry out although the file can be had. */
  readonly hidden?: boolean;
  /** Fields in the hub's own spelling; the last word. */
  readonly raw?: Readonly<Record<string, unknown>>;
}

export type EntryType = 'file' | 'symlink' | 'submodule';

export interface Entry {
  readonly path: string;
  readonly type: EntryType;
  readonly body: Body;
  /** The last commit that changed it. */
  readonly commitId: string;
  /** Whether it was uploaded as a large file; undefined where the description and its size decide. */
  readonly isLarge?: boolean;
}

/** What a commit does to a path: new content, new content kept in a given way, or nothing there any more. */
export type Change = Content | Uploaded | null;

export interface Uploaded {
  readonly content: Content;
  readonly isLarge: boolean;
}

export interface Commit {
  readonly id: string;
  readonly message: string;
  readonly parentId: string | undefined;
  /** Seconds since 1970; each commit is one minute later than its parent. */
  readonly dateSeconds: number;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Repository {
  readonly id: string;
  readonly kind: Kind;
  visibility: Visibility;
  /** A number that names it, as some hubs have. */
  readonly number: number;
  readonly defaultBranch: string;
  readonly branches: Map<string, string>;
  /** Oldest first. */
  readonly tags: Map<string, string>;
  readonly renamedFrom: readonly string[];
  readonly listed: ListedOverride[];
  /** The commit of a branch, tag or commit id. */
  resolve(revision: string): Commit | undefined;
  /** The commit and its ancestors, newest first. */
  history(commit: Commit): Commit[];
  /** Every commit that was ever made. */
  commits(): Iterable<Commit>;
  /** Makes a commit and moves the branch to it; a branch that is new begins with it. Null deletes a path.
   * @returns the commit's id */
  commit(branch: string, changes: Readonly<Record<string, Change>>, message?: string): string;
  isLarge(entry: Entry, thresholdBytes: number): boolean;
}

const FIRST_DATE_SECONDS = 1_726_842_501;

/** @param defaultBranch the branch that the hub makes when the description names none */
export function createRepository(description: RepositoryDescription, defaultBranch: string): Repository {
  const { commits, ids } = createHistory(description);
  const head = ids.at(-1);
  if (head === undefined) throw new Error(`the description of ${description.id} has no commit`);
  const branches = createRefs(description.branches ?? { [defaultBranch]: head }, ids);
  const tags = createRefs(description.tags ?? {}, ids);
  const resolve = (revision: string) => commits.get(branches.get(revision) ?? tags.get(revision) ?? revision);
  return {
    id: description.id,
    kind: description.kind ?? 'model',
    visibility: description.visibility ?? 'public',
    number: Number.parseInt(sha1(description.id).slice(0, 7), 16),
    defaultBranch: branches.has(defaultBranch) ? defaultBranch : ([...branches.keys()][0] ?? defaultBranch),
    branches,
    tags,
    renamedFrom: description.renamedFrom ?? [],
    listed: [...(description.listed ?? [])],
    resolve,
    history: (commit) => ancestry(commit, commits),
    commits: () => commits.values(),
    commit(branch, changes, message = 'change') {
      const parent = resolve(branch);
      const made = createCommit({ message, files: {}, entries: applyChanges(parent, changes) }, parent);
      commits.set(made.id, made);
      branches.set(branch, made.id);
      return made.id;
    },
    isLarge: ({ type, path, body, isLarge }, thresholdBytes) =>
      isLarge ?? (type === 'file' && (body.sizeBytes > thresholdBytes || description.lfs?.includes(path) === true)),
  };
}

function createHistory(description: RepositoryDescription): { commits: Map<string, Commit>; ids: string[] } {
  const commits = new Map<string, Commit>();
  const ids: string[] = [];
  for (const next of description.commits) {
    const made = createCommit(next, commits.get(ids.at(-1) ?? ''));
    commits.set(made.id, made);
    ids.push(made.id);
  }
  return { commits, ids };
}

function createRefs(named: Readonly<Record<string, string | number>>, ids: readonly string[]): Map<string, string> {
  return new Map(Object.entries(named).map(([name, target]) => [name, targetOf(target, ids)]));
}

/** A commit in the making: what it takes over unchanged, and what is new. */
interface NewCommit extends CommitDescription {
  readonly entries?: readonly Omit<Entry, 'commitId'>[];
}

function createCommit(next: NewCommit, parent: Commit | undefined): Commit {
  const fresh: Omit<Entry, 'commitId'>[] = [
    ...Object.entries(next.files).map(([path, content]) => ({
      path,
      type: 'file' as const,
      body: createBody(content),
    })),
    ...Object.entries(next.symlinks ?? {}).map(([path, to]) => ({
      path,
      type: 'symlink' as const,
      body: createBody(to),
    })),
  ];
  const all = [...(next.entries ?? []), ...fresh].sort((a, b) => (a.path < b.path ? -1 : 1));
  const text = all.map((entry) => `${entry.type} ${entry.path} ${entry.body.identity}`).join('\n');
  const id = next.id ?? sha1(`${parent?.id ?? 'root'}\n${next.message ?? ''}\n${text}`);
  const entries = new Map(
    all.map((entry) => {
      const before = parent?.entries.get(entry.path);
      const commitId = before !== undefined && isSame(before, entry) ? before.commitId : id;
      return [entry.path, { ...entry, commitId }];
    }),
  );
  const dateSeconds = parent === undefined ? FIRST_DATE_SECONDS : parent.dateSeconds + 60;
  return { id, message: next.message ?? 'upload files', parentId: parent?.id, dateSeconds, entries };
}

function isSame(a: Omit<Entry, 'commitId'>, b: Omit<Entry, 'commitId'>): boolean {
  return a.type === b.type && a.body.identity === b.body.identity;
}

function applyChanges(
  parent: Commit | undefined,
  changes: Readonly<Record<string, Change>>,
): Omit<Entry, 'commitId'>[] {
  const kept = [...(parent?.entries.values() ?? [])].filter(({ path }) => !Object.hasOwn(changes, path));
  const fresh = Object.entries(changes).flatMap(([path, change]) => {
    if (change === null) return [];
    const isUploaded = typeof change === 'object' && 'content' in change;
    const body = createBody(isUploaded ? change.content : change);
    return [{ path, type: 'file' as const, body, ...(isUploaded ? { isLarge: change.isLarge } : {}) }];
  });
  return [...kept, ...fresh];
}

function ancestry(commit: Commit, commits: ReadonlyMap<string, Commit>): Commit[] {
  const found: Commit[] = [];
  for (let at: Commit | undefined = commit; at !== undefined; at = commits.get(at.parentId ?? '')) found.push(at);
  return found;
}

function targetOf(target: string | number, ids: readonly string[]): string {
  const id = typeof target === 'number' ? ids.at(target) : target;
  if (id === undefined || !ids.includes(id))
    throw new Error(`a branch or tag names the commit ${target}, which is not described`);
  return id;
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
