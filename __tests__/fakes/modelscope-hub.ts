// The state of the ModelScope fake, and the two questions that every route asks: which repository, which commit. Sends nothing.

import { type Account, type Caller, callerOf, mayRead, TOKENS } from './access.ts';
import type { Cdn } from './cdn.ts';
import type { FaultPlan } from './faults.ts';
import { type ErrorStyle, refuse } from './modelscope-answer.ts';
import type { Commit, Repository } from './repository.ts';
import { type Exchange, Refusal } from './server.ts';

/** How this instance behaves; a test may change any of them at any time. */
export interface ModelscopeOptions {
  tokens: Readonly<Record<Account, string>>;
  /** A listing is cut here, and nothing says so (modelscope.md 2.5). */
  listingLimit: number;
  unknownRevision: '404' | '200-null';
  /** How missing and hidden repositories are refused. */
  errorStyle: ErrorStyle;
  /** How missing files are refused. */
  missingFile: '404' | '200';
  /** False: the service does not tell commits, as if the route did not exist. */
  commitsEndpoint: boolean;
  /** True: listings and files know branches and tags only. */
  refusesCommitIds: boolean;
  /** Larger files live on the CDN. */
  lfsThresholdBytes: number;
  /** How small files answer a range (modelscope.md 3.2); `chunked` has no Content-Length either. */
  directBody: 'whole' | 'slice-under-200' | 'chunked';
}

/** The hub as its routes see it. */
export interface ModelscopeHub {
  readonly options: ModelscopeOptions;
  readonly repositories: readonly Repository[];
  readonly cdn: Cdn;
  readonly faults: FaultPlan;
}

export const DEFAULTS: ModelscopeOptions = {
  tokens: TOKENS,
  listingLimit: 3000,
  unknownRevision: '404',
  errorStyle: '4xx',
  missingFile: '404',
  commitsEndpoint: true,
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
