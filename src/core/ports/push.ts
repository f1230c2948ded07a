// The seams of publishing: what a hub promises a release. A hub describes requests and reads answers; the flow moves the bytes.
// Interfaces only; nothing here does anything.

import type { Chunks } from '../chunks.ts';
import type { Digest } from '../digest.ts';
import type { HttpRequest, Range } from '../http.ts';
import type { FailedAnswer } from '../ports.ts';
import type { ModelRef } from '../ref.ts';
import type { RepoPath } from '../repo-path.ts';
import type { ListedFile } from '../snapshot.ts';

export const VISIBILITIES = ['public', 'private'] as const;
export type Visibility = (typeof VISIBILITIES)[number];

/** So much of a file's beginning a hub may want to see before it says how the file is to travel (huggingface.md 5.3). */
export const SAMPLE_BYTES = 512;

/** A file larger than this is kept in git by no hub, so nobody asks for its git id. */
export const MAX_GIT_BYTES = 16 * 1024 * 1024;

/** A file on this machine that is to be published. */
export interface LocalFile {
  /** Where it goes in the repository; the target's folder is part of it. */
  readonly path: RepoPath;
  readonly sizeBytes: number;
  readonly digests: LocalDigests;
  /** The first SAMPLE_BYTES, or all there is. */
  readonly sample: Uint8Array;
  /** The bytes of the range, or all, from the disk; each call begins anew.
   * @throws DISK_IO, and a code of its own when the file is no longer the one that was hashed */
  open(range?: Range): Chunks;
}

export interface LocalDigests {
  readonly sha256: Digest;
  /** May be left out above MAX_GIT_BYTES. */
  readonly 'git-sha1'?: Digest;
}

/** Where a release goes. */
export interface PushTarget {
  /** Hub, kind and repository. Its revision is the branch; its subpath is no matter of the hub’s. */
  readonly ref: ModelRef;
  /** Undefined means the default branch. */
  readonly branch?: string;
  /** Whether a repository or branch that is missing is made. */
  readonly create: boolean;
  /** Of a repository that is made; the hub’s own default when undefined. */
  readonly visibility?: Visibility;
  /** Of a repository that is made: an SPDX id in lower case. */
  readonly license?: string;
  /** Whether the release is proposed in a pull request in place of being made on the branch. One of an earlier run that is still open,
   * by the same account and for the same folder, is gone on with. */
  readonly createPr: boolean;
  /** Folder of the repository that the release fills, for telling proposals apart; its root when undefined. */
  readonly folder?: string;
  /** Contents on their way, shared by all targets of a run: a hub whose storage serves every repository takes each content once.
   * Hubs read and fill it; nobody else does. */
  readonly given?: Map<string, string>;
}

/** What the release is built on, as the hub tells it now. */
export interface PushBase {
  readonly hasRepository: boolean;
  /** False too where the repository is missing. */
  readonly hasBranch: boolean;
  readonly branch: string;
  /** The head of the branch, or where a branch that is to be made begins; undefined where the hub tells none. */
  readonly commit: string | undefined;
  /** What the branch holds, or will hold when it is made. Strangers’ text: for comparing, and printed only by `printable`. */
  readonly files: readonly ListedFile[];
  /** Where the base is the head of an open pull request: its page. */
  readonly proposal?: string;
}

/** What a hub takes, as data, so that a release is refused before a byte moves. */
export interface PushLimits {
  /** A larger file is refused. */
  readonly fileBytes: number;
  /** More changes than this do not fit into one commit. */
  readonly commitFiles: number;
  /** More inline content than this does not fit into one commit, in bytes before encoding. */
  readonly commitInlineBytes: number;
  /** What goes through as a rule: to fall back to when a larger commit is answered by TIMEOUT or TOO_LARGE. */
  readonly calmCommitFiles: number;
  /** Offers go in batches of this. Any number may be given at once; fewer let the first bytes move earlier. */
  readonly offerFiles: number;
  /** How many parts of one file may be in flight at the same time, 1 where a file travels whole. */
  readonly parallelParts: number;
  /** Most files of the repository, and of one folder. */
  readonly repositoryFiles: number;
  readonly folderFiles: number;
  readonly canMoveTag: boolean;
  readonly canOpenPr: boolean;
  /** Whether the hub may add lines of its own to the file at this path, so that it need not read back as it was sent. */
  isAmended(path: string): boolean;
  /** Why the hub would refuse a tag of this name, as the end of a sentence; undefined when it takes it. */
  refusedTag(name: string): string | undefined;
  /** Why the hub would refuse this path, as the end of a sentence; undefined when it takes it. */
  refusedName(path: string): string | undefined;
}

/** A request of an upload as plain data. Its body is the bytes of the part’s range. */
export type SendRequest = Omit<HttpRequest, 'body'>;

export interface SendPart {
  /** From 0. */
  readonly index: number;
  readonly range: Range;
  readonly request: SendRequest;
}

/** Proof that a part arrived. Plain data. */
export interface Receipt {
  /** The upload that it belongs to. */
  readonly upload: string;
  readonly index: number;
  /** As the storage gave it, quotes included; empty where none is needed. */
  readonly etag: string;
}

/** How a file’s content comes to the hub. */
export type Ticket =
  /** The storage holds the content; only the commit is missing. */
  | { readonly kind: 'have'; readonly file: LocalFile }
  /** It travels inside the commit. */
  | { readonly kind: 'inline'; readonly file: LocalFile }
  | SendTicket
  /** The branch holds it, apart from lines that the hub added; a commit with this ticket is without it. */
  | { readonly kind: 'kept'; readonly file: LocalFile }
  /** The hub’s own rules leave it out; a commit with this ticket is without it. */
  | { readonly kind: 'ignored'; readonly file: LocalFile };

export interface SendTicket {
  readonly kind: 'send';
  readonly file: LocalFile;
  /** Names this upload. Receipts of an earlier ticket serve a later one with the same name, and no other. */
  readonly upload: string;
  /** In order, disjoint, together the whole file. */
  readonly parts: readonly SendPart[];
  /** The hub’s own: what ends the upload. Nobody else reads it. */
  readonly closing: { readonly complete?: string; readonly verify?: string };
}

/** One commit: all or nothing. */
export interface Change {
  /** Of the kinds `have` and `inline`, and of `send` when they are finished. */
  readonly tickets: readonly Ticket[];
  /** Paths of the base that are to go. */
  readonly deletes: readonly string[];
  /** First line is the title, the rest the description. */
  readonly message: string;
  /** That of the whole release, where this is one of its several commits. */
  readonly releaseMessage?: string;
  /** `commit` of the base that the change was made for; undefined where the hub told none. */
  readonly parent: string | undefined;
  /** Called right before the commit goes out. Whatever fails earlier has made nothing. */
  readonly onSend?: () => void;
}

export interface Committed {
  /** Undefined where the hub does not tell. */
  readonly revision: string | undefined;
  /** The page of the commit, of the pull request or of the repository. */
  readonly url: string;
}

export interface FoundTag {
  /** The commit; undefined where the hub does not tell. */
  readonly revision: string | undefined;
}

export interface TagRequest {
  readonly name: string;
  /** What the tag is to name, as `Committed` or the base told it; undefined means the head of the branch. */
  readonly revision: string | undefined;
  /** Whether a tag of that name on another commit is moved. */
  readonly move: boolean;
}

/** One release on its way to one repository. Nothing is visible to readers before `commit`.
 * Every call can fail with AUTH_REQUIRED, FORBIDDEN, READ_ONLY, HUB_PROTOCOL, NOT_FOUND, QUOTA, RATE_LIMITED and the network codes;
 * all but `commit` try passing failures again themselves. */
export interface Push {
  /** As it was when the push was opened, prepared or refreshed last. */
  readonly base: PushBase;
  readonly limits: PushLimits;
  /** Makes the repository and the branch where they are missing, and reads the base again then. Harmless when they are there.
   * @throws CONFLICT when the name is taken in a way that cannot be seen */
  prepare(signal: AbortSignal): Promise<PushBase>;
  /** Reads the base anew. After a commit whose answer was lost, it finds the pull request that the commit may have opened. */
  refresh(signal: AbortSignal): Promise<PushBase>;
  /** How these files are to travel, in their order. A `.gitattributes` among the files is offered first or with them. Asked again
   * for a file whose part ended in LINK_EXPIRED.
   * @throws TOO_LARGE, naming the file */
  offer(files: readonly LocalFile[], signal: AbortSignal): Promise<Ticket[]>;
  /** Tickets of those files that a commit would be without: `kept` and `ignored`, as `offer` would give them. Moves nothing. Wants the
   * branch, and as `offer` the `.gitattributes` with the files. */
  leaveOut(files: readonly LocalFile[], signal: AbortSignal): Promise<Ticket[]>;
  /** What the answer to a part means.
   * @throws LINK_EXPIRED (offer the file again: its link or the token is too old), DIGEST_MISMATCH (other bytes arrived than were
   * hashed), TIMEOUT, SERVER, RATE_LIMITED (send the part again) */
  receive(ticket: SendTicket, part: SendPart, answer: FailedAnswer, signal: AbortSignal): Promise<Receipt>;
  /** Ends an upload whose parts have all arrived, and lets the hub verify it.
   * @throws LINK_EXPIRED (offer the file again), DIGEST_MISMATCH */
  finish(ticket: SendTicket, receipts: readonly Receipt[], signal: AbortSignal): Promise<void>;
  /** Makes the release visible. Sent once:
   * after BUSY and RATE_LIMITED nothing happened, and the same call is sent again after the wait;
   * after CONFLICT nothing happened either, because the branch moved or a path to delete is gone: refresh, plan anew;
   * after TOO_LARGE nothing happened: in smaller commits it may go;
   * after NETWORK, TIMEOUT, STALLED, SERVER, HUB_PROTOCOL it may have been made if `onSend` was called: refresh, and compare. */
  commit(change: Change, signal: AbortSignal): Promise<Committed>;
  /** A place beside the branch where several commits are collected, at the branch’s head. Undefined where the readers of the branch have
   * to see each of them. Asked again after a failure, it makes no second one.
   * @throws READ_ONLY, REFUSED, NOT_FOUND, CONFLICT when the hub makes none */
  readonly stage?: (message: string, signal: AbortSignal) => Promise<Stage | undefined>;
  /** Gives up what a failed call of `stage` may have made; harmless when it made nothing. */
  readonly dropStage?: (signal: AbortSignal) => Promise<void>;
  /** Says that what was proposed is complete. Harmless when it was said, and when nothing was proposed.
   * @throws READ_ONLY, REFUSED when the hub does not take it from this account */
  readonly present?: (signal: AbortSignal) => Promise<void>;
  /** The page of a commit: of the pull request where there is one, of the repository where the hub shows no commit. */
  pageOf(revision: string | undefined): string;
  findTag(name: string, signal: AbortSignal): Promise<FoundTag | undefined>;
  /** Makes a tag. `kept` means that it named the revision before.
   * @throws CONFLICT when it names another commit and must not or cannot be moved */
  tag(request: TagRequest, signal: AbortSignal): Promise<'made' | 'kept' | 'moved'>;
  /** The listing at a revision, or at the branch when undefined. */
  readBack(revision: string | undefined, signal: AbortSignal): Promise<readonly ListedFile[]>;
  /** Commits that lie between two others, the newest first, without those that the hub named as made by this session; undefined where it
   * does not tell all of them. Absent where the hub itself refuses a commit whose parent is not the head. */
  between?(from: string, to: string, signal: AbortSignal): Promise<readonly string[] | undefined>;
}

/** Commits beside a branch, on their way to its readers all at once. */
export interface Stage {
  /** Its base is the stage; commits to it are seen by no reader of the branch. */
  readonly push: Pick<Push, 'base' | 'limits' | 'commit' | 'refresh' | 'pageOf'>;
  readonly url: string;
  /** Brings all of it to the branch in one step; the revision is told only where the hub tells it. Sent once, as a commit is:
   * after CONFLICT the branch has moved in a way that does not go together;
   * after NETWORK, TIMEOUT, STALLED, SERVER it may have been made: ask `merged`. */
  merge(signal: AbortSignal): Promise<Committed>;
  /** What a merge made of the branch; undefined when there was none yet. @throws CONFLICT when somebody closed the stage */
  merged(signal: AbortSignal): Promise<Committed | undefined>;
  /** Gives it up. */
  close(signal: AbortSignal): Promise<void>;
}
