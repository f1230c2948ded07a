// A hub that speaks Hugging Face's protocol to the letter of huggingface.md 1-3, 5 and 8. Only routes here, and how it reads.

import { type Caller, callerOf } from './access.ts';
import { createShelf, type Shelf } from './blob-shelf.ts';
import type { Cdn } from './cdn.ts';
import type { FaultPlan } from './faults.ts';
import { parseAddress } from './huggingface-address.ts';
import { commit } from './huggingface-commit.ts';
import { type Discussion, discussion, discussionStep } from './huggingface-discussions.ts';
import {
  type Call,
  commitOf,
  DEFAULTS,
  guard,
  type HuggingfaceHub,
  type HuggingfaceOptions,
  identify,
  QUOTA,
  refusal,
  repositoryOf,
  UPLOAD_DEFAULTS,
  writableOf,
} from './huggingface-hub.ts';
import { commitRow, entryAt, information, refs, treeEntry } from './huggingface-json.ts';
import { offer, verify } from './huggingface-lfs.ts';
import { preupload } from './huggingface-preupload.ts';
import { branch, settings, tag } from './huggingface-refs.ts';
import { resolveCached, resolveFile } from './huggingface-resolve.ts';
import { findWrite, type Write } from './huggingface-writes.ts';
import { type LfsStorage, startLfsStorage } from './lfs-storage.ts';
import { below, listFiles } from './listing.ts';
import { createRepository, type Kind, type Repository, type RepositoryDescription } from './repository.ts';
import { type Exchange, type FakeServer, Refusal, type Step, send, serve } from './server.ts';
import { spoilTexts } from './spoiled-text.ts';
import { createStepPlan, type StepPlan } from './steps/plan.ts';

export interface HuggingfaceSetup {
  readonly repositories: readonly RepositoryDescription[];
  readonly cdn: Cdn;
  readonly faults: FaultPlan;
  readonly steps?: StepPlan;
  readonly port?: number;
  readonly options?: HuggingfaceSetting;
}

export type HuggingfaceSetting = Partial<Omit<HuggingfaceOptions, 'upload'>> & {
  readonly upload?: Partial<HuggingfaceOptions['upload']>;
};

export interface FakeHuggingface {
  readonly url: string;
  readonly server: FakeServer;
  readonly options: HuggingfaceOptions;
  /** Where large files are sent to. */
  readonly storage: LfsStorage;
  /** @throws when there is none of that name */
  repository(id: string, kind?: Kind): Repository;
  /** In the order of their numbers; a test may change any. */
  discussions(id: string): Discussion[];
  close(): Promise<void>;
}

export async function startHuggingface({
  repositories,
  cdn,
  faults,
  steps = createStepPlan(),
  port,
  options,
}: HuggingfaceSetup): Promise<FakeHuggingface> {
  const rateLimit = { ...QUOTA, resetSeconds: 172 };
  const upload = { ...UPLOAD_DEFAULTS, ...options?.upload };
  const shelves = new Map<Repository, Shelf>();
  const discussions = new Map<Repository, Discussion[]>();
  const hub: HuggingfaceHub = {
    options: { ...DEFAULTS, rateLimit, ...options, upload },
    repositories: repositories.map((description) => createRepository(description, 'main')),
    cdn,
    faults,
    steps,
    storage: await startLfsStorage(steps),
    busy: new Set(),
    sessions: new Map(),
    shelfOf(repository) {
      const shelf = shelves.get(repository) ?? createShelf(hub.options.upload.shelf);
      shelves.set(repository, shelf);
      return shelf;
    },
    discussionsOf(repository) {
      const found = discussions.get(repository) ?? [];
      discussions.set(repository, found);
      return found;
    },
  };
  const find = (id: string, kind: Kind = 'model') => {
    const found = hub.repositories.find((one) => one.id === id && one.kind === kind);
    if (found === undefined) throw new Error(`there is no ${kind} ${id}`);
    return found;
  };
  const server = await serve((exchange) => answer(hub, exchange), port === undefined ? {} : { port });
  return {
    url: server.url,
    server,
    options: hub.options,
    storage: hub.storage,
    repository: find,
    discussions: (id) => hub.discussionsOf(find(id)),
    async close() {
      await Promise.all([server.close(), hub.storage.close()]);
      await Promise.all([...shelves.values()].map((shelf) => shelf.close()));
    },
  };
}

async function answer(hub: HuggingfaceHub, exchange: Exchange): Promise<void> {
  spoilTexts(exchange, hub.faults, ({ path }) => decodeURIComponent(/\/resolve\/[^/]+\/(.+)$/.exec(path)?.[1] ?? path));
  const { path } = exchange.log;
  const write = findWrite(path);
  if (write !== undefined) return stepByStep(hub, exchange, { ...write, repository: undefined });
  const address = parseAddress(path);
  const verb = VERBS[address?.verb ?? ''];
  if (address === undefined || verb === undefined) return passing(hub, exchange, () => other(hub, exchange));
  const repository = hub.repositories.find(({ kind, id }) => kind === address.kind && id === address.id);
  const subject = decodeURIComponent(address.rest.join('/')) || address.id;
  const respond = async () => verb.respond({ hub, exchange, caller: identify(hub, exchange), ...address });
  const step = typeof verb.step === 'string' ? verb.step : verb.step(exchange.log.method, address.rest);
  await stepByStep(hub, exchange, { step, subject, repository, respond });
}

async function stepByStep(
  hub: HuggingfaceHub,
  exchange: Exchange,
  { step, subject, repository, respond }: Write & { readonly repository: Repository | undefined },
): Promise<void> {
  const { log } = exchange;
  Object.assign(log, { step, subject });
  const { token } = callerOf(log.headers);
  const context = { hub: 'huggingface', step, subject, token, repository, exchange } as const;
  await hub.steps.run(context, () => passing(hub, exchange, () => respond(hub, exchange)));
}

async function passing(hub: HuggingfaceHub, exchange: Exchange, respond: () => Promise<void>): Promise<void> {
  countDown(hub, exchange);
  await respond();
}

async function other(hub: HuggingfaceHub, exchange: Exchange): Promise<void> {
  const caller = identify(hub, exchange);
  if (exchange.log.path === '/api/whoami-v2') return whoAmI(exchange, caller);
  throw new Refusal({ status: 404, body: { error: 'Sorry, we can’t find the page you are looking for.' } });
}

async function whoAmI(exchange: Exchange, { account }: Caller): Promise<void> {
  if (account === undefined) throw refusal(401, 'Invalid username or password.');
  const accessToken = {
    displayName: account,
    role: account === 'writer' ? 'write' : 'read',
    createdAt: '2026-01-01T00:00:00.000Z',
  };
  const body = {
    type: 'user',
    id: '1',
    name: account,
    fullname: account,
    orgs: [],
    auth: { type: 'access_token', accessToken },
  };
  await send(exchange, { status: 200, body });
}

// On every answer, also those that refuse for another reason (huggingface.md 1.7).
function countDown({ options: { rateLimit } }: HuggingfaceHub, { log, response }: Exchange): void {
  const bucket = log.path.includes('/resolve/') ? 'resolvers' : 'api';
  const isEmpty = rateLimit[bucket] === 0;
  if (!isEmpty) rateLimit[bucket] -= 1;
  response.setHeader('RateLimit', `"${bucket}";r=${rateLimit[bucket]};t=${rateLimit.resetSeconds}`);
  response.setHeader('RateLimit-Policy', `"fixed window";"${bucket}";q=${QUOTA[bucket]};w=300`);
  response.setHeader('X-Request-Id', `Root=1-fake-${log.path.length}`);
  if (isEmpty) throw refusal(429, 'We had to rate limit you. Please retry later.');
}

interface Verb {
  readonly step: Step | ((method: string, rest: readonly string[]) => Step);
  respond(call: Call): Promise<void>;
}

const VERBS: Readonly<Record<string, Verb>> = {
  info: { step: 'look', respond: info },
  revision: { step: 'look', respond: info },
  refs: {
    step: 'look',
    respond: async (call) => send(call.exchange, { status: 200, body: refs(repositoryOf(call)) }),
  },
  tree: { step: 'list', respond: tree },
  'paths-info': { step: 'look', respond: pathsInfo },
  commits: { step: 'look', respond: commits },
  'auth-check': { step: 'look', respond: authCheck },
  resolve: { step: 'look', respond: resolveFile },
  'resolve-cache': { step: 'look', respond: resolveCached },
  settings: { step: 'create', respond: settings },
  branch: { step: 'branch', respond: branch },
  preupload: { step: 'preupload', respond: preupload },
  batch: { step: 'offer', respond: offer },
  verify: { step: 'verify', respond: verify },
  discussions: { step: discussionStep, respond: discussion },
  commit: { step: 'commit', respond: commit },
  tag: { step: 'tag', respond: tag },
};

// huggingface.md 2.1
async function info(call: Call): Promise<void> {
  const repository = repositoryOf(call);
  const commit = commitOf(repository, call.rest[0]);
  const files = await listFiles(repository, commit, call.hub.options.lfsThresholdBytes);
  const { query } = call.exchange.log;
  const blobs = query.get('blobs') === 'true';
  await send(call.exchange, {
    status: 200,
    body: information(repository, { commit, files, expand: query.getAll('expand'), blobs }),
  });
}

// huggingface.md 2.3
async function tree(call: Call): Promise<void> {
  const { hub, exchange, rest } = call;
  const { query } = exchange.log;
  const repository = repositoryOf(call);
  const commit = commitOf(repository, rest[0]);
  const root = rest.slice(1).map(decodeURIComponent).join('/');
  const files = await listFiles(repository, commit, hub.options.lfsThresholdBytes);
  const listed = below(files, root, query.get('recursive') === 'true');
  if (listed.length === 0 && root !== '') throw refusal(404, 'Entry not found', 'EntryNotFound');
  const expand = query.get('expand') === 'true';
  const most = expand ? Math.min(100, hub.options.pageSize) : hub.options.pageSize;
  const start = Number(Buffer.from(query.get('cursor') ?? '', 'base64url').toString() || 0);
  const end = start + Math.min(most, Number(query.get('limit') ?? most));
  const options = { expand, xetHash: hub.options.xetHeaders, commit };
  const body = listed.slice(start, end).map((one) => treeEntry(one, options));
  await send(exchange, { status: 200, headers: end < listed.length ? nextPage(exchange, end) : {}, body });
}

function nextPage({ origin, log }: Exchange, offset: number): Record<string, string> {
  const query = new URLSearchParams(log.query);
  query.set('cursor', Buffer.from(String(offset)).toString('base64url'));
  return { Link: `<${origin}${log.path}?${query}>; rel="next"` };
}

// huggingface.md 2.4: a form or JSON; paths that do not exist are left out.
async function pathsInfo(call: Call): Promise<void> {
  const { hub, exchange, rest } = call;
  const repository = repositoryOf(call);
  const commit = commitOf(repository, rest[0]);
  const { paths, expand } = parsePaths((await exchange.readBody()).toString());
  if (paths.length > 2000) throw refusal(413, 'Too many paths');
  const files = await listFiles(repository, commit, hub.options.lfsThresholdBytes);
  const found = paths.flatMap((path) => entryAt(files, path) ?? []);
  const options = { expand, xetHash: hub.options.xetHeaders, commit };
  await send(exchange, { status: 200, body: found.map((listed) => treeEntry(listed, options)) });
}

function parsePaths(text: string): { paths: string[]; expand: boolean } {
  if (text.startsWith('{')) {
    const { paths = [], expand = false } = JSON.parse(text) as { paths?: string[]; expand?: boolean };
    return { paths, expand };
  }
  const form = new URLSearchParams(text);
  return { paths: form.getAll('paths'), expand: /^true$/i.test(form.get('expand') ?? '') };
}

async function commits(call: Call): Promise<void> {
  const repository = repositoryOf(call);
  const all = repository.history(commitOf(repository, call.rest[0]));
  const { query } = call.exchange.log;
  const size = Number(query.get('limit') ?? 50);
  const start = Number(query.get('p') ?? 0) * size;
  const headers = { 'X-Total-Count': String(all.length) };
  await send(call.exchange, { status: 200, headers, body: all.slice(start, start + size).map(commitRow) });
}

async function authCheck(call: Call): Promise<void> {
  if (call.rest[0] === 'write') writableOf(call);
  else guard(repositoryOf(call), call.caller);
  await send(call.exchange, { status: 200 });
}
