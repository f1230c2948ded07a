// What a repository's listing says at a commit: the truth, then what the test wants it to say instead. No hub's spelling.

import { createHash } from 'node:crypto';
import type { Commit, Entry, EntryType, ListedOverride, Repository } from './repository.ts';

export interface ListedFile {
  readonly path: string;
  readonly type: EntryType;
  readonly sizeBytes: number;
  /** Null where the listing leaves the digest out. */
  readonly sha256: string | null;
  readonly gitSha1: string | null;
  readonly isLarge: boolean;
  readonly commitId: string;
  readonly raw: Readonly<Record<string, unknown>>;
}

export interface ListedFolder {
  readonly path: string;
  readonly type: 'folder';
  readonly commitId: string;
  /** Looks like a git tree id and changes with the content. */
  readonly treeId: string;
}

export type Listed = ListedFile | ListedFolder;

/** Every file that the listing names, sorted by path. */
export async function listFiles(repository: Repository, commit: Commit, thresholdBytes: number): Promise<ListedFile[]> {
  const overrides = new Map(repository.listed.map((override) => [override.path, override]));
  const files: ListedFile[] = [];
  for (const entry of commit.entries.values()) {
    const override = overrides.get(entry.path);
    overrides.delete(entry.path);
    if (override?.hidden !== true) files.push(describe(await truth(entry, repository, thresholdBytes), override));
  }
  for (const override of overrides.values()) {
    if (override.hidden !== true) files.push(describe(invented(override, commit), override));
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What lies below a folder ('' is the top): files and folders, or one level of them. Sorted by path. */
export function below(files: readonly ListedFile[], root: string, recursive: boolean): Listed[] {
  const prefix = root === '' ? '' : `${root}/`;
  const inside = files.filter(({ path }) => path.startsWith(prefix));
  const folders = new Map<string, ListedFile[]>();
  for (const file of inside) {
    for (const folder of parentsOf(file.path)) {
      if (folder.length > prefix.length) folders.set(folder, [...(folders.get(folder) ?? []), file]);
    }
  }
  const listed: Listed[] = [...inside, ...[...folders].map(([path, content]) => folderOf(path, content))];
  const wanted = recursive ? listed : listed.filter(({ path }) => !path.slice(prefix.length).includes('/'));
  return wanted.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function truth(entry: Entry, repository: Repository, thresholdBytes: number): Promise<ListedFile> {
  const { path, type, body, commitId } = entry;
  const isLarge = repository.isLarge(entry, thresholdBytes);
  return { path, type, sizeBytes: body.sizeBytes, ...(await body.digests()), isLarge, commitId, raw: {} };
}

function invented(override: ListedOverride, commit: Commit): ListedFile {
  const sha256 = createHash('sha256').update(override.path).digest('hex');
  const gitSha1 = createHash('sha1').update(override.path).digest('hex');
  return {
    path: override.path,
    type: 'file',
    sizeBytes: 1,
    sha256,
    gitSha1,
    isLarge: false,
    commitId: commit.id,
    raw: {},
  };
}

function describe(file: ListedFile, override: ListedOverride | undefined): ListedFile {
  if (override === undefined) return file;
  const { sizeBytes, sha256, gitSha1, type, raw } = override;
  return {
    ...file,
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(gitSha1 === undefined ? {} : { gitSha1 }),
    ...(type === undefined ? {} : { type }),
    ...(raw === undefined ? {} : { raw }),
  };
}

function parentsOf(path: string): string[] {
  const segments = path.split('/').slice(0, -1);
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'));
}

function folderOf(path: string, content: readonly ListedFile[]): ListedFolder {
  const text = content.map((file) => `${file.path} ${file.gitSha1}`).join('\n');
  const treeId = createHash('sha1').update(`tree ${path}\n${text}`).digest('hex');
  return { path, type: 'folder', commitId: content.at(-1)?.commitId ?? treeId, treeId };
}
