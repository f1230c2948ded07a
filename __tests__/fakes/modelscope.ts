// A hub that speaks ModelScope's protocol to the letter of modelscope.md 1-3, 5 and 7. Only routes here, and how it reads.

import { callerOf, mayRead } from './access.ts';
import { createShelf } from './blob-shelf.ts';
import type { Cdn } from './cdn.ts';
import type { FaultPlan } from './faults.ts';
import { listFiles } from './listing.ts';
import { refuse, refuseOpen, sendData, sendOpen } from './modelscope-answer.ts';
import { offer, put } from './modelscope-blobs.ts';
import { commit } from './modelscope-commit.ts';
import { change, create, login, refuseRemoval, tag } from './modelscope-create.ts';
import { sendRepositoryFile } from './modelscope-file.ts';
import { gitRefs } from './modelscope-git.ts';
import {
  type BlobStorage,
  caller,
  commitOf,
  DEFAULTS,
  type ModelscopeHub,
  type ModelscopeOptions,
  readable,
  readableOrBare,
  UPLOAD_DEFAULTS,
} from './modelscope-hub.ts';
import { commitPage, fileEntries, information, revisions } from './modelscope-listing.ts';
import { createRepository, type Kind, type Repository, type RepositoryDescription } from './repository.ts';
import { type Exchange, type FakeServer, Refusal, type Step, send, serve } from './server.ts';
import { spoilTexts } from './spoiled-text.ts';
import { createStepPlan, type StepPlan } from './steps/plan.ts';

export interface ModelscopeSetup {
  readonly repositories: readonly RepositoryDescription[];
  readonly cdn: Cdn;
  readonly faults: FaultPlan;
  readonly steps?: StepPlan;
  readonly port?: number;
  readonly options?: ModelscopeSetting;
}

export type ModelscopeSetting = Partial<Omit<ModelscopeOptions, 'upload'>> & {
  readonly upload?: Partial<ModelscopeOptions['upload']>;
};

export interface FakeModelscope {
  readonly url: string;
  readonly server: FakeServer;
  readonly options: ModelscopeOptions;
  /** The other origin that blobs may be sent to. */
  readonly storage: BlobStorage;
  /** @throws when there is none of that name */
  repository(id: string, kind?: Kind): Repository;
  close(): Promise<void>;
}

export async function startModelscope({
  repositories,
  cdn,
  faults,
  steps = createStepPlan(),
  port,
  options,
}: ModelscopeSetup): Promise<FakeModelscope> {
  const upload = { ...UPLOAD_DEFAULTS, ...options?.upload };
  const shelf = createShelf(upload.shelf);
  const storage = await startStorage((exchange) => answer(hub, exchange));
  const hub: ModelscopeHub = {
    options: { ...DEFAULTS, ...options, upload },
    repositories: repositories.map((description) => createRepository(description, 'master')),
    cdn,
    faults,
    steps,
    shelf,
    storage,
    busy: new Set(),
  };
  const server = await serve((exchange) => answer(hub, exchange), port === undefined ? {} : { port });
  return {
    url: server.url,
    server,
    options: hub.options,
    storage,
    repository(id, kind = 'model') {
      const found = hub.repositories.find((one) => one.id === id && one.kind === kind);
      if (found === undefined) throw new Error(`there is no ${kind} ${id}`);
      return found;
    },
    async close() {
      await Promise.all([server.close(), storage.server.close()]);
      await shelf.close();
    },
  };
}

// The same service under another origin, which must not be trusted with credentials.
async function startStorage(handler: (exchange: Exchange) => Promise<void>): Promise<BlobStorage> {
  const leaks: BlobStorage['leaks'] = [];
  const server = await serve(
    async (exchange) => {
      const { authorization, cookie } = exchange.log.headers;
      if (authorization !== undefined || cookie !== undefined) {
        leaks.push({ path: exchange.log.path, authorization, cookie });
      }
      await handler(exchange);
    },
    { kind: 'blob' },
  );
  return { url: server.url, server, leaks };
}

type Respond = (hub: ModelscopeHub, exchange: Exchange, groups: readonly string[]) => Promise<void>;
type Route = readonly [path: RegExp, answer: Respond, step?: Step];
/** A route that only one method leads to. */
type WriteRoute = readonly [method: string, path: RegExp, answer: Respond, step: Step];

const ROUTES: readonly Route[] = [
  [
    /^\/api\/v1\/repos\/internalAccelerationInfo$/,
    (_hub, exchange) => sendData(exchange, { InternalRegionQueryAddress: '' }),
  ],
  [/^\/openapi\/v1\/users\/me$/, me],
  [/^\/openapi\/v1\/(model|dataset)s\/([^/]+\/[^/]+)$/, openInformation],
  [/^\/api\/v1\/(model|dataset)s\/([^/]+\/[^/]+)$/, legacyInformation],
  [/^\/api\/v1\/(model|dataset)s\/([^/]+\/[^/]+)\/revisions$/, legacyRevisions],
  [/^\/api\/v1\/(model|dataset)s\/([^/]+\/[^/]+)\/commits$/, commits],
  [/^\/api\/v1\/(model)s\/([^/]+\/[^/]+)\/repo\/files$/, modelFiles, 'list'],
  [/^\/api\/v1\/(dataset)s\/([^/]+(?:\/[^/]+)?)\/repo\/tree$/, datasetTree, 'list'],
  [/^\/api\/v1\/(model|dataset)s\/([^/]+\/[^/]+)\/repo$/, file],
  [/^\/(model|dataset)s\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/, pageFile],
  [/^\/(?:models\/|datasets\/)?([^/]+\/[^/]+)\.git\/info\/refs$/, gitRefs],
];

const REPO = '/api/v1/repos/(model|dataset)s/([^/]+/[^/]+)';
const WRITES: readonly WriteRoute[] = [
  ['POST', /^\/api\/v1\/login$/, login, 'look'],
  ['POST', /^\/api\/v1\/(model|dataset)s$/, create, 'create'],
  ['PUT', /^\/api\/v1\/(model)s\/([^/]+\/[^/]+)$/, change, 'create'],
  ['POST', /^\/api\/v1\/(model|dataset)s\/([^/]+\/[^/]+)\/repo\/tag$/, tag, 'tag'],
  ['DELETE', /^\/api\/v1\/(model|dataset)s\/([^/]+\/[^/]+)(?:\/file|\/repo)?$/, refuseRemoval, 'create'],
  ['POST', new RegExp(`^${REPO}/info/lfs/objects/batch$`), offer, 'offer'],
  ['PUT', new RegExp(`^${REPO}/blobs/([0-9a-f]{64})/(\\d+)$`), put, 'put'],
  ['POST', new RegExp(`^${REPO}/commit/(.+)$`), commit, 'commit'],
];

async function answer(hub: ModelscopeHub, exchange: Exchange): Promise<void> {
  spoilTexts(exchange, hub.faults, ({ query, path }) => query.get('FilePath') ?? path);
  const { method, path } = exchange.log;
  // The edge sends file reads under this prefix around in a circle (modelscope.md 1.1).
  if (/^\/api\/v1\/repos\/(model|dataset)s\/[^/]+\/[^/]+\/repo(\/|$)/.test(path)) {
    throw new Refusal({ status: 421, body: { message: 'mirror self-forwarded loop detected' } });
  }
  if (/^\/api\/v1\/datasets\/.*\/repo\/files$/.test(path))
    throw new Refusal({ status: 405, body: '405 method not allowed' });
  for (const [verb, pattern, respond, step] of WRITES) {
    const match = verb === method ? pattern.exec(path) : null;
    if (match !== null) return stepByStep(hub, exchange, { step, groups: match.slice(1), respond });
  }
  for (const [pattern, respond, step = 'look'] of ROUTES) {
    const match = pattern.exec(path);
    if (match === null) continue;
    if (method !== 'GET' && method !== 'HEAD') throw new Refusal({ status: 405, body: '405 method not allowed' });
    return stepByStep(hub, exchange, { step, groups: match.slice(1), respond });
  }
  throw new Refusal({ status: 404, body: '404 page not found' });
}

interface Asked {
  readonly step: Step;
  readonly groups: readonly string[];
  readonly respond: Respond;
}

async function stepByStep(hub: ModelscopeHub, exchange: Exchange, { step, groups, respond }: Asked): Promise<void> {
  const { log } = exchange;
  const [kind, id, what] = groups;
  const repository = hub.repositories.find((one) => one.kind === kind && one.id === id);
  const subject = decodeURIComponent(what ?? id ?? log.path);
  Object.assign(log, { step, subject });
  const { token } = callerOf(log.headers);
  const context = { hub: 'modelscope', step, subject, token, repository, exchange } as const;
  await hub.steps.run(context, () => respond(hub, exchange, groups));
}

async function me(hub: ModelscopeHub, exchange: Exchange): Promise<void> {
  const { account } = caller(hub, exchange);
  if (account === undefined) throw refuseOpen(401, 'unauthorized');
  await sendOpen(exchange, { username: account, email: `${account}@example.com` });
}

async function openInformation(hub: ModelscopeHub, exchange: Exchange, groups: readonly string[]): Promise<void> {
  const [kind, id] = groups;
  const found = hub.repositories.find((one) => one.kind === kind && one.id === id);
  if (found === undefined || !mayRead(found, caller(hub, exchange))) throw refuseOpen(404, 'record not found');
  await sendOpen(exchange, { id: found.number, owner: found.id.split('/')[0], name: found.id.split('/')[1] });
}

async function legacyInformation(hub: ModelscopeHub, exchange: Exchange, groups: readonly string[]): Promise<void> {
  const repository = readable(hub, exchange, groups);
  await sendData(exchange, information(repository, repository.resolve(repository.defaultBranch)));
}

async function legacyRevisions(hub: ModelscopeHub, exchange: Exchange, groups: readonly string[]): Promise<void> {
  const repository = readable(hub, exchange, groups);
  const endTime = exchange.log.query.get('EndTime');
  await sendData(exchange, revisions(repository, endTime === null ? Number.POSITIVE_INFINITY : Number(endTime)));
}

async function commits(hub: ModelscopeHub, exchange: Exchange, groups: readonly string[]): Promise<void> {
  if (!hub.options.commitsEndpoint) throw new Refusal({ status: 404, body: '404 page not found' });
  const repository = readable(hub, exchange, groups);
  const { query } = exchange.log;
  const size = Math.min(hub.options.commitsPage, Number(query.get('PageSize') ?? 10));
  const page = { number: Number(query.get('PageNumber') ?? 1), size };
  const ref = query.get('Ref') ?? repository.defaultBranch;
  const isTold = hub.options.commitsOfCommits || !/^[0-9a-f]{40}$/.test(ref);
  await sendData(exchange, isTold ? commitPage(repository, ref, page) : { Commit: null, TotalCount: 0 });
}

async function modelFiles(hub: ModelscopeHub, exchange: Exchange, groups: readonly string[]): Promise<void> {
  const entries = await entriesFor(hub, exchange, readable(hub, exchange, groups));
  const cut = entries?.slice(0, hub.options.listingLimit) ?? null;
  await sendData(exchange, { Files: cut, IsVisual: 0, LatestCommitter: { Id: '', ShortId: '' } });
}

// modelscope.md 2.6
async function datasetTree(hub: ModelscopeHub, exchange: Exchange, groups: readonly string[]): Promise<void> {
  const { query } = exchange.log;
  const entries = await entriesFor(hub, exchange, readable(hub, exchange, groups));
  const number = Number(query.get('PageNumber') ?? 1);
  const size = Number(query.get('PageSize') ?? 50);
  const page = entries?.slice((number - 1) * size, number * size) ?? null;
  await sendData(
    exchange,
    { Files: page, LatestCommitter: { ShortId: '' } },
    {
      TotalCount: entries?.length ?? 0,
      PageNumber: number,
      PageSize: size,
    },
  );
}

async function entriesFor(
  hub: ModelscopeHub,
  exchange: Exchange,
  repository: Repository,
): Promise<object[] | undefined> {
  const { query } = exchange.log;
  const revision = query.get('Revision') ?? repository.defaultBranch;
  const commit = commitOf(hub, repository, revision);
  if (commit === undefined && hub.options.unknownRevision === '404') throw refuse('noTree', '4xx');
  if (commit === undefined) return undefined;
  const root = (query.get('Root') ?? '').replace(/^\/+|\/+$/g, '');
  const recursive = query.get('Recursive')?.toLowerCase() === 'true';
  const files = await listFiles(repository, commit, hub.options.lfsThresholdBytes);
  return fileEntries(files, root, recursive, commit.dateSeconds);
}

async function file(hub: ModelscopeHub, exchange: Exchange, groups: readonly string[]): Promise<void> {
  exchange.log.kind = 'file';
  const { query } = exchange.log;
  const target = { revision: query.get('Revision') ?? undefined, path: query.get('FilePath') ?? '' };
  await sendRepositoryFile(hub, exchange, readableOrBare(hub, exchange, groups), target);
}

/** The page's own download link, which takes a commit too (modelscope.md 3.1). */
async function pageFile(hub: ModelscopeHub, exchange: Exchange, groups: readonly string[]): Promise<void> {
  exchange.log.kind = 'file';
  const [kind = '', id = '', revision = '', path = ''] = groups;
  const repository = readableOrBare(hub, exchange, [kind, id]);
  const target = { revision: decodeURIComponent(revision), path: decodeURIComponent(path) };
  const entry = commitOf(hub, repository, target.revision)?.entries.get(target.path);
  if (
    exchange.log.method === 'HEAD' &&
    entry !== undefined &&
    repository.isLarge(entry, hub.options.lfsThresholdBytes)
  ) {
    return send(exchange, { status: 200, headers: { 'X-Linked-Etag': `"${(await entry.body.digests()).sha256}"` } });
  }
  await sendRepositoryFile(hub, exchange, repository, target);
}
