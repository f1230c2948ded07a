// Hugging Face's spelling of information, refs, commits and tree entries (huggingface.md 2). Makes data, sends nothing.

import { createHash } from 'node:crypto';
import { pointerOf } from './content.ts';
import { below, type Listed, type ListedFile } from './listing.ts';
import type { Commit, Repository } from './repository.ts';

// huggingface.md 2.3
export interface TreeOptions {
  readonly expand: boolean;
  readonly xetHash: boolean;
  readonly commit: Commit;
}

/** One entry of a tree. Links and submodules are `unknown`: how the real hub shows them is not known. */
export function treeEntry(listed: Listed, options: TreeOptions): object {
  const expanded = options.expand ? expansion(listed.commitId, options.commit) : {};
  if (listed.type === 'folder')
    return { type: 'directory', oid: listed.treeId, size: 0, path: listed.path, ...expanded };
  const type = listed.type === 'file' ? 'file' : 'unknown';
  if (!listed.isLarge)
    return { type, oid: listed.gitSha1, size: listed.sizeBytes, path: listed.path, ...expanded, ...listed.raw };
  const pointer = pointerOf(listed.sha256 ?? '', listed.sizeBytes);
  return {
    type,
    oid: gitSha1(pointer),
    size: listed.sizeBytes,
    lfs: { oid: listed.sha256, size: listed.sizeBytes, pointerSize: Buffer.byteLength(pointer) },
    ...(options.xetHash ? { xetHash: xetHashOf(listed.sha256 ?? '') } : {}),
    path: listed.path,
    ...expanded,
    ...listed.raw,
  };
}

function expansion(commitId: string, commit: Commit): object {
  return {
    lastCommit: { id: commitId, title: commit.message, date: dateOf(commit) },
    securityFileStatus: { status: 'safe' },
  };
}

/** Looks like one; nothing here can rebuild a file from it. */
export function xetHashOf(sha256: string): string {
  return createHash('sha256').update(`xet ${sha256}`).digest('hex');
}

function gitSha1(text: string): string {
  return createHash('sha1')
    .update(`blob ${Buffer.byteLength(text)}\0${text}`)
    .digest('hex');
}

/** @param expand when not empty, only these properties and the ids come back (huggingface.md 2.1) */
export function information(
  repository: Repository,
  {
    commit,
    files,
    expand,
    blobs,
  }: { commit: Commit; files: readonly ListedFile[]; expand: readonly string[]; blobs: boolean },
): object {
  const all: Record<string, unknown> = {
    _id: createHash('md5').update(repository.id).digest('hex').slice(0, 24),
    id: repository.id,
    ...(repository.kind === 'model' ? { modelId: repository.id } : {}),
    author: repository.id.split('/')[0],
    sha: commit.id,
    lastModified: dateOf(commit),
    createdAt: dateOf(commit),
    private: repository.visibility === 'private',
    gated: repository.visibility === 'gated' ? 'auto' : false,
    disabled: false,
    downloads: 1,
    likes: 1,
    tags: [],
    siblings: files.map((file) => sibling(file, blobs)),
  };
  if (expand.length === 0) return all;
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => name === '_id' || name === 'id' || expand.includes(name)),
  );
}

function sibling(file: ListedFile, blobs: boolean): object {
  if (!blobs) return { rfilename: file.path };
  const pointer = pointerOf(file.sha256 ?? '', file.sizeBytes);
  const lfs = { size: file.sizeBytes, sha256: file.sha256, pointerSize: Buffer.byteLength(pointer) };
  const blobId = file.isLarge ? gitSha1(pointer) : file.gitSha1;
  return { rfilename: file.path, size: file.sizeBytes, blobId, ...(file.isLarge ? { lfs } : {}) };
}

// huggingface.md 2.2
export function refs(repository: Repository): object {
  const rows = (names: ReadonlyMap<string, string>, prefix: string, folder: string) =>
    [...names]
      .filter(([name]) => (folder === '' ? !name.startsWith('refs/') : name.startsWith(folder)))
      .map(([name, id]) => ({ name: name.slice(folder.length), ref: `${prefix}${name}`, targetCommit: id }));
  return {
    branches: rows(repository.branches, 'refs/heads/', ''),
    converts: rows(repository.branches, '', 'refs/convert/'),
    tags: rows(repository.tags, 'refs/tags/', ''),
    pullRequests: rows(repository.branches, '', 'refs/pr/'),
  };
}

export function commitRow(commit: Commit): object {
  return { id: commit.id, title: commit.message, message: '', authors: [{ user: 'owner' }], date: dateOf(commit) };
}

function dateOf(commit: Commit): string {
  return new Date(commit.dateSeconds * 1000).toISOString();
}

/** The entry of one path, folders included; undefined when nothing is there. */
export function entryAt(files: readonly ListedFile[], path: string): Listed | undefined {
  return below(files, '', true).find((listed) => listed.path === path);
}
