// ModelScope's spelling of information, revisions, commits and file entries (modelscope.md 2). Makes data, sends nothing.

import { below, type Listed, type ListedFile } from './listing.ts';
import type { Commit, Repository } from './repository.ts';

const MODES = { file: '33188', symlink: '40960', submodule: '57344', folder: '16384' } as const;
const VISIBILITY = { public: 5, gated: 5, private: 1 } as const;

/** The entries of one listing request, in the order of their paths. Root is '' or a folder without slashes around it. */
export function fileEntries(
  files: readonly ListedFile[],
  root: string,
  recursive: boolean,
  dateSeconds: number,
): object[] {
  return below(files, root, recursive).map((listed) => fileEntry(listed, dateSeconds));
}

// modelscope.md 2.5
function fileEntry(listed: Listed, dateSeconds: number): object {
  const isFolder = listed.type === 'folder';
  return {
    CommitMessage: 'upload files',
    CommittedDate: dateSeconds,
    CommitterName: 'owner',
    InCheck: false,
    IsLFS: !isFolder && listed.isLarge,
    Mode: MODES[listed.type],
    Name: listed.path.slice(listed.path.lastIndexOf('/') + 1),
    Path: listed.path,
    Revision: listed.commitId,
    Sha256: isFolder ? '' : listed.sha256,
    Size: isFolder ? 0 : listed.sizeBytes,
    Type: isFolder ? 'tree' : listed.type === 'submodule' ? 'commit' : 'blob',
    ...(isFolder ? {} : listed.raw),
  };
}

// modelscope.md 2.1
export function information(repository: Repository, head: Commit | undefined): object {
  const [owner, name] = repository.id.split('/');
  return {
    Id: repository.number,
    Path: owner,
    Name: name,
    ChineseName: '',
    Visibility: VISIBILITY[repository.visibility],
    License: 'apache-2.0',
    IsPublished: 1,
    IsOnline: 1,
    Revision: repository.defaultBranch,
    CreatedTime: head?.dateSeconds ?? 0,
    LastUpdatedTime: head?.dateSeconds ?? 0,
    Downloads: 10,
    Stars: 0,
    ApprovalMode: 2,
    ProtectedMode: repository.visibility === 'gated' ? 1 : 2,
    Tasks: [],
    Tags: [],
    Organization: null,
  };
}

/** Tags newest first; `EndTime` leaves out those made later (modelscope.md 2.2). */
export function revisions(repository: Repository, endTimeSeconds: number): object {
  const rows = (refs: ReadonlyMap<string, string>) =>
    [...refs].map(([name, id]) => ({ Revision: name, CreatedAt: repository.resolve(id)?.dateSeconds ?? 0 }));
  const tags = rows(repository.tags).reverse();
  return {
    RevisionMap: { Branches: rows(repository.branches), Tags: tags.filter((tag) => tag.CreatedAt <= endTimeSeconds) },
  };
}

/** One page of the history; an unknown ref has none (modelscope.md 2.4). */
export function commitPage(repository: Repository, ref: string, page: { number: number; size: number }): object {
  const commit = repository.resolve(ref);
  if (commit === undefined) return { Commit: null, TotalCount: 0 };
  const all = repository.history(commit);
  const start = (page.number - 1) * page.size;
  return { Commit: all.slice(start, start + page.size).map(commitRow), TotalCount: all.length };
}

function commitRow(commit: Commit): object {
  const person = { Name: 'owner', Email: 'owner@example.com' };
  return {
    Id: commit.id,
    ShortId: commit.id.slice(0, 8),
    Title: commit.message,
    Message: commit.message,
    AuthorName: person.Name,
    AuthorEmail: person.Email,
    AuthoredDate: commit.dateSeconds,
    CommitterName: person.Name,
    CommitterEmail: person.Email,
    CommittedDate: commit.dateSeconds,
    CreatedAt: commit.dateSeconds,
  };
}
