// The state of the Hugging Face fake, and the questions that every route asks: who calls, which repository, which commit; and how
// each is refused (huggingface.md 1.5-1.7). Sends nothing.

import { type Caller, callerOf, mayRead, TOKENS, type Tokens } from './access.ts';
import type { Shelf, ShelfOptions } from './blob-shelf.ts';
import { SHELF_DEFAULTS } from './blob-shelf.ts';
import type { Cdn } from './cdn.ts';
import type { FaultPlan } from './faults.ts';
import type { Address } from './huggingface-address.ts';
import type { Discussion } from './huggingface-discussions.ts';
import { type Session, sessionCaller, type TrustedPublisher } from './huggingface-oauth.ts';
import type { LfsStorage } from './lfs-storage.ts';
import type { Commit, Repository } from './repository.ts';
import { type Exchange, Refusal } from './server.ts';
import type { StepPlan } from './steps/plan.ts';

/** How this instance behaves; a test may change any of them at any time. */
export interface HuggingfaceOptions {
  tokens: Tokens;
  /** Entries on one page of a tree (huggingface.md 2.3). */
  pageSize: number;
  /** Larger files live on the CDN. */
  lfsThresholdBytes: number;
  /** Whether cached small files are compressed for clients that accept it; `always` even when they ask for a range. */
  gzip: 'without-range' | 'always' | 'never';
  /** Large files are announced as stored in Xet too. */
  xetHeaders: boolean;
  /** Requests that are left in each bucket, and seconds until they are refilled, which never happens by itself. */
  rateLimit: { api: number; resolvers: number; resetSeconds: number };
  upload: HuggingfaceUploadOptions;
}

/** How it takes uploads. Where huggingface.md 9 says UNKNOWN, each plausible answer is a choice here. */
export interface HuggingfaceUploadOptions {
  shelf: ShelfOptions;
  /** Larger blobs are asked for in parts. */
  multipartAboveBytes: number;
  partSizeBytes: number;
  /** How the size of a part is spelled, and the numbers of parts. */
  partSpelling: 'padded' | 'plain';
  /** Larger files, and those with a NUL byte, have to be LFS. */
  inlineLimitBytes: number;
  /** Larger files are refused, each in its own place of the offer. */
  fileLimitBytes: number;
  /** Objects of one offer, files of one preupload, large files of one commit; more are refused. */
  offerLimit: number;
  preuploadLimit: number;
  commitLimit: number;
  /** More in one commit's body is refused. */
  commitLimitBytes: number;
  /** Whether a verify action comes with an offer. */
  verifyAction: boolean;
  /** In place of its own, in the addresses of completion and verification: another name of the same server. */
  hrefBase: string | undefined;
  /** What becomes of a commit that changes nothing. */
  emptyCommit: 'made' | 'refused' | 'head';
  /** Whether repositories have pull requests and discussions; how it is told that they have none is UNKNOWN. */
  discussions: 'enabled' | { readonly status: number };
  /** What a merge makes of the branch: one commit with all changes, or the commits of the pull request where the branch has not moved. */
  merge: 'squash' | 'fast-forward';
  /** Whether a draft may be merged, which the hub's guide denies. */
  mergesDrafts: boolean;
  /** How a merge is refused whose files conflict. */
  conflictStatus: 400 | 409 | 412;
  /** Whether the details of a merged pull request name the commit. */
  namesMerge: boolean;
  /** Whether discussions take another title. */
  rename: 'enabled' | { readonly status: number };
  /** Discussions on one page of their list. */
  discussionsPage: number;
  /** How deleting `main` is refused. */
  protectedBranchStatus: 400 | 403;
  /** Namespaces that no caller here may create repositories in. */
  foreignNamespaces: readonly string[];
  /** Jobs that get a token for who they are, whom they have to address, and how long the token is good. */
  trustedPublishers: readonly TrustedPublisher[];
  audience: string;
  tokenSeconds: number;
}

export const UPLOAD_DEFAULTS: HuggingfaceUploadOptions = {
  shelf: SHELF_DEFAULTS,
  multipartAboveBytes: 5_000_000_000,
  partSizeBytes: 16_000_000,
  partSpelling: 'padded',
  inlineLimitBytes: 10 * 1024 * 1024,
  fileLimitBytes: 500_000_000_000,
  offerLimit: 1000,
  preuploadLimit: 1000,
  commitLimit: 25_000,
  commitLimitBytes: 1_000_000_000,
  verifyAction: true,
  hrefBase: undefined,
  emptyCommit: 'made',
  discussions: 'enabled',
  merge: 'squash',
  mergesDrafts: false,
  conflictStatus: 409,
  namesMerge: true,
  rename: 'enabled',
  discussionsPage: 10,
  protectedBranchStatus: 403,
  foreignNamespaces: [],
  trustedPublishers: [],
  audience: 'https://huggingface.co',
  tokenSeconds: 3600,
};

export const DEFAULTS: Omit<HuggingfaceOptions, 'rateLimit' | 'upload'> = {
  tokens: TOKENS,
  pageSize: 1000,
  lfsThresholdBytes: 1024 * 1024,
  gzip: 'without-range',
  xetHeaders: false,
};

/** Of an account without a plan (huggingface.md 1.7). */
export const QUOTA = { api: 1000, resolvers: 5000 } as const;

/** The hub as its routes see it. */
export interface HuggingfaceHub {
  readonly options: HuggingfaceOptions;
  readonly repositories: Repository[];
  readonly cdn: Cdn;
  readonly faults: FaultPlan;
  readonly steps: StepPlan;
  readonly storage: LfsStorage;
  /** Repositories with a commit in the making. */
  readonly busy: Set<Repository>;
  /** Tokens that were given for identities. */
  readonly sessions: Map<string, Session>;
  /** Large files are stored for each repository by itself. */
  shelfOf(repository: Repository): Shelf;
  /** Discussions and pull requests share their numbers, from 1. */
  discussionsOf(repository: Repository): Discussion[];
}

/** A request whose address was understood. */
export interface Call extends Address {
  readonly hub: HuggingfaceHub;
  readonly exchange: Exchange;
  readonly caller: Caller;
}

export function refusal(
  status: number,
  message: string,
  code?: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  const named = code === undefined ? {} : { 'X-Error-Code': code };
  return new Refusal({
    status,
    headers: { ...named, 'X-Error-Message': message, ...headers },
    body: { error: message },
  });
}

/** @throws 401 for a token that is not known, on every route */
export function identify(hub: HuggingfaceHub, exchange: Exchange): Caller {
  const plain = callerOf(exchange.request.headers, hub.options.tokens);
  const caller = sessionCaller(hub, plain.token) ?? plain;
  if (caller.token === undefined || caller.account !== undefined) return caller;
  throw refusal(401, 'Invalid credentials in Authorization header');
}

/** The repository of a call. Missing and private look alike: 401 for an anonymous caller, else 404; a former name redirects. */
export function repositoryOf({ hub, exchange, caller, kind, id }: Call): Repository {
  const found = hub.repositories.find((one) => one.kind === kind && one.id === id);
  if (found !== undefined && (found.visibility === 'gated' || mayRead(found, caller))) return found;
  const renamed = hub.repositories.find(
    (one) => one.kind === kind && one.renamedFrom.includes(id) && mayRead(one, caller),
  );
  if (renamed !== undefined) throw movedTo(renamed, exchange, id);
  if (caller.account === undefined) throw refusal(401, 'Invalid username or password.');
  throw refusal(404, 'Repository not found', 'RepoNotFound');
}

function movedTo(repository: Repository, exchange: Exchange, id: string): Refusal {
  const location = (exchange.request.url ?? '').replace(`/${id}`, `/${repository.id}`);
  return new Refusal({
    status: 307,
    headers: { Location: location },
    body: `Temporary Redirect. Redirecting to ${location}`,
  });
}

/** The commit of a revision, given as one percent-encoded segment. @throws 404 RevisionNotFound */
export function commitOf(repository: Repository, segment: string | undefined): Commit {
  const revision = decodeURIComponent(segment ?? 'HEAD');
  const commit = repository.resolve(revision === 'HEAD' ? repository.defaultBranch : revision);
  if (commit === undefined) throw refusal(404, `Invalid rev id: ${revision}`, 'RevisionNotFound');
  return commit;
}

/** The repository of a call that writes. @throws 401, 403, 404 (huggingface.md 1.5) */
export function writableOf(call: Call): Repository {
  const repository = repositoryOf(call);
  const { account, resource } = call.caller;
  const name = `${repository.kind === 'dataset' ? 'datasets/' : ''}${repository.id}`;
  if (account === 'writer' && (resource ?? name) === name) return repository;
  if (call.caller.account === undefined) throw refusal(401, 'Invalid username or password.');
  throw refusal(403, 'Forbidden: you must use a write token to write to this repository.');
}

/** The same where a pull request is opened or added to, which takes no more than reading. */
export function proposableOf(call: Call, isProposal: boolean): Repository {
  if (!isProposal) return writableOf(call);
  const repository = repositoryOf(call);
  if (call.caller.account === undefined) throw refusal(401, 'Invalid username or password.');
  guard(repository, call.caller);
  return repository;
}

/** Lets a caller pass to the content of a gated repository, or says why not (huggingface.md 1.6). */
export function guard(repository: Repository, caller: Caller): void {
  if (mayRead(repository, caller)) return;
  const restricted = `Access to ${repository.kind} ${repository.id} is restricted`;
  if (caller.account === undefined) {
    throw refusal(
      401,
      `${restricted}. You must have access to it and be authenticated to access it. Please log in.`,
      'GatedRepo',
    );
  }
  throw refusal(
    403,
    `${restricted} and you are not in the authorized list. Visit its page to ask for access.`,
    'GatedRepo',
  );
}
