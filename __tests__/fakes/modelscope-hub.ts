// The state of the ModelScope fake, and the two questions that every route asks: which repository, which commit. Sends nothing.

import { type Caller, callerOf, mayRead, TOKENS, type Tokens } from './access.ts';
import { SHELF_DEFAULTS, type Shelf, type ShelfOptions } from './blob-shelf.ts';
import type { Cdn, Leak } from './cdn.ts';
import type { FaultPlan } from './faults.ts';
import { type ErrorStyle, failure, refuse } from './modelscope-answer.ts';
import type { Commit, Repository } from './repository.ts';
import { type Exchange, type FakeServer, Refusal } from './server.ts';
import type { StepPlan } from './steps/plan.ts';

/** How this instance behaves; a test may change any of them at any time. */
export interface ModelscopeOptions {
  tokens: Tokens;
  /** A listing is cut here, and nothing says so (modelscope.md 2.5). */
  listingLimit: number;
  unknownRevision: '404' | '200-null';
  /** How missing and hidden repositories are refused. */
  errorStyle: ErrorStyle;
  /** How missing files are refused. */
  missingFile: '404' | '200';
  /** False: the service does not tell commits, as if the route did not exist. */
  commitsEndpoint: boolean;
  /** A page of commits has no more than this, whatever is asked for. */
  commitsPage: number;
  /** False: it tells the commits of branches and tags only. */
  commitsOfCommits: boolean;
  /** True: listings and files know branches and tags only. */
  refusesCommitIds: boolean;
  /** Larger files live on the CDN. */
  lfsThresholdBytes: number;
  /** How small files answer a range (modelscope.md 3.2); `chunked` has no Content-Length either. */
  directBody: 'whole' | 'slice-under-200' | 'chunked';
  upload: ModelscopeUploadOptions;
}

/** How it takes uploads. Where modelscope.md 8 says UNKNOWN, each plausible answer is a choice here. */
export interface ModelscopeUploadOptions {
  shelf: ShelfOptions;
  /** What a blob's PUT has to bring (modelscope.md 1.3 has contradicting reports). */
  blobCredentials: 'both' | 'cookie' | 'bearer' | 'either';
  /** Where the offer sends blobs: to the endpoint itself, or to an origin that no rule allows credentials for. */
  blobOrigin: 'endpoint' | 'elsewhere';
  /** What a PUT is answered with. */
  putAnswer: 'envelope' | 'code-as-text' | 'empty';
  /** Whether envelopes of uploads have `Success` and `RequestId`. */
  envelope: 'whole' | 'bare';
  /** Objects of one offer. */
  offerLimit: number;
  /** Files in the commit itself are refused above this, and the whole body above the other. */
  inlineLimitBytes: number;
  commitLimitBytes: number;
  /** What a commit of a blob that nobody sent is answered with; when accepted, the file is listed and cannot be had. */
  missingBlob: 'refused' | 'accepted';
  emptyCommit: 'made' | 'refused' | 'head';
  /** What the commit says of itself. */
  commitAnswer: 'both' | 'oid' | 'commit' | 'commit-id' | 'none' | 'null';
  /** A branch that does not exist. */
  missingBranch: 'refused' | 'created';
  /** A tag that exists: refused under 400, refused under 200, left as it is, or moved. */
  duplicateTag: '400' | '200' | 'kept' | 'moved';
  /** How a caller without the right to write is refused. */
  noWriteAccess: '404' | '403';
  /** Files that the hub itself puts into a new repository. */
  initialFiles: readonly string[];
  /** Owners that no caller here may create repositories for. */
  foreignOwners: readonly string[];
}

export const UPLOAD_DEFAULTS: ModelscopeUploadOptions = {
  shelf: SHELF_DEFAULTS,
  blobCredentials: 'both',
  blobOrigin: 'endpoint',
  putAnswer: 'envelope',
  envelope: 'whole',
  offerLimit: 64,
  inlineLimitBytes: 5 * 1024 * 1024,
  commitLimitBytes: 20 * 1024 * 1024,
  missingBlob: 'refused',
  emptyCommit: 'made',
  commitAnswer: 'both',
  missingBranch: 'refused',
  duplicateTag: '400',
  noWriteAccess: '404',
  initialFiles: ['.gitattributes', 'README.md', 'configuration.json'],
  foreignOwners: [],
};

/** The hub as its routes see it. */
export interface ModelscopeHub {
  readonly options: ModelscopeOptions;
  readonly repositories: Repository[];
  readonly cdn: Cdn;
  readonly faults: FaultPlan;
  readonly steps: StepPlan;
  /** One for all repositories (modelscope.md 5.4). */
  readonly shelf: Shelf;
  readonly storage: BlobStorage;
  /** Repositories with a commit in the making. */
  readonly busy: Set<Repository>;
}

/** The other origin that blobs may be sent to. Credentials that reach it are a leak. */
export interface BlobStorage {
  readonly url: string;
  readonly server: FakeServer;
  readonly leaks: Leak[];
}

export const DEFAULTS: Omit<ModelscopeOptions, 'upload'> = {
  tokens: TOKENS,
  listingLimit: 3000,
  unknownRevision: '404',
  errorStyle: '4xx',
  missingFile: '404',
  commitsEndpoint: true,
  commitsPage: 50,
  commitsOfCommits: true,
  refusesCommitIds: false,
  lfsThresholdBytes: 1024 * 1024,
  directBody: 'whole',
};

/** The repository of a route, if this caller may know of it. Private, gated and missing all answer 404 (modelscope.md 1.6). */
export function readable(hub: ModelscopeHub, exchange: Exchange, [kind, id = '']: readonly string[]): Repository {
  const found = hub.repositories.find(
    (one) => one.kind === kind && (one.id === decodeURIComponent(id) || String(one.number) === id),
  );
  if (found === undefined) throw refuse('missing', hub.options.errorStyle);
  if (!mayRead(found, caller(hub, exchange))) throw refuse('noAccess', hub.options.errorStyle);
  return found;
}

// A token that is not known is ignored on public reads (modelscope.md 1.3).
export function caller(hub: ModelscopeHub, exchange: Exchange): Caller {
  return callerOf(exchange.request.headers, hub.options.tokens);
}

/** The same for files: there a HEAD is refused without an envelope (modelscope.md 3.2). */
export function readableOrBare(hub: ModelscopeHub, exchange: Exchange, groups: readonly string[]): Repository {
  try {
    return readable(hub, exchange, groups);
  } catch (error) {
    throw exchange.log.method === 'HEAD' && error instanceof Refusal ? new Refusal({ status: 404 }) : error;
  }
}

/** The commit that a revision means, if this instance knows revisions of that kind. */
export function commitOf(hub: ModelscopeHub, repository: Repository, revision: string): Commit | undefined {
  const isName = repository.branches.has(revision) || repository.tags.has(revision);
  return hub.options.refusesCommitIds && !isName ? undefined : repository.resolve(revision);
}

/** The repository of a route that writes; a caller whom nobody knows is told so, one without the right may be told that there is no
 * such repository (modelscope.md 1.3). */
export function writableOf(hub: ModelscopeHub, exchange: Exchange, groups: readonly string[]): Repository {
  const { account } = caller(hub, exchange);
  if (account === undefined) throw notLoggedIn();
  const [kind, id = ''] = groups;
  const found = hub.repositories.find((one) => one.kind === kind && one.id === decodeURIComponent(id));
  if (found !== undefined && account === 'writer') return found;
  if (found !== undefined && hub.options.upload.noWriteAccess === '403') {
    throw new Refusal(failure(403, 403, 'no write permission to repository'));
  }
  const words = "The project you were looking for could not be found or you don't have permission to view it";
  throw new Refusal({ status: 404, body: { message: `${words}: ${kind}s/${id}` } });
}

/** A token that is missing, expired or half sent (modelscope.md 1.6, 5.5). */
export function notLoggedIn(): Refusal {
  return new Refusal(failure(400, 10030000001, 'user not logged in'));
}
