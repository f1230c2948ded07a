// Discussions and pull requests of Hugging Face: opened, listed, read, closed, merged (huggingface.md 5.2; the official client's
// create_discussion, get_repo_discussions, get_discussion_details, change_discussion_status, merge_pull_request). Where the real answer
// is not known, it is a choice among the options. The official Python client (2.0) opens, filters, reads, publishes, closes, reopens and
// merges here; the suite has no Python.

import { type Call, commitOf, proposableOf, refusal, repositoryOf, writableOf } from './huggingface-hub.ts';
import { mergeProposal } from './huggingface-merge.ts';
import { parseObject } from './json-body.ts';
import type { Repository } from './repository.ts';
import { type Step, send } from './server.ts';

export interface Discussion {
  readonly number: number;
  title: string;
  readonly description: string;
  readonly isPullRequest: boolean;
  author: string;
  status: 'draft' | 'open' | 'closed' | 'merged';
  createdAt: string;
  mergeCommitId?: string;
  /** Who gave it other titles. */
  renamedBy?: string[];
}

export interface Opening extends Pick<Discussion, 'title' | 'description' | 'status'> {
  /** The commit that a pull request begins at; undefined for a plain discussion. */
  readonly pullRequestAt: string | undefined;
}

/** What a request below `discussions` is for. */
export function discussionStep(method: string, rest: readonly string[]): Step {
  if (method === 'GET') return 'look';
  return rest[1] === 'status' || rest[1] === 'merge' ? rest[1] : 'pull-request';
}

/** `GET` and `POST /api/{type}s/{id}/discussions[/{num}[/status|merge|title]]` */
export async function discussion(call: Call): Promise<void> {
  const { exchange, rest } = call;
  refuseDisabled(call);
  const isGet = exchange.log.method === 'GET';
  if (!isGet && exchange.log.method !== 'POST') throw refusal(405, 'Method not allowed');
  const [number, verb] = rest;
  if (number === undefined) return isGet ? list(call) : open(call);
  const repository = repositoryOf(call);
  const found = call.hub.discussionsOf(repository).find((one) => String(one.number) === number);
  if (found === undefined) throw refusal(404, 'Discussion not found');
  if (isGet && verb === undefined) return send(exchange, { status: 200, body: details(call, repository, found) });
  if (verb === 'status') return changeStatus(call, found);
  if (verb === 'merge') return merge(call, found);
  if (verb === 'title') return rename(call, found);
  throw refusal(404, 'Not found');
}

/** @throws the answer of a repository whose owner turned them off */
export function refuseDisabled({ hub }: Call): void {
  const { discussions } = hub.options.upload;
  if (discussions !== 'enabled') throw refusal(discussions.status, 'Discussions are disabled for this repo');
}

/** Opens the next discussion; a pull request has the branch `refs/pr/N`. */
export function openDiscussion({ hub, caller }: Call, repository: Repository, opening: Opening): Discussion {
  const { pullRequestAt, ...words } = opening;
  const all = hub.discussionsOf(repository);
  const made: Discussion = {
    ...words,
    number: all.length + 1,
    isPullRequest: pullRequestAt !== undefined,
    author: caller.account ?? 'nobody',
    createdAt: new Date().toISOString(),
  };
  all.push(made);
  if (pullRequestAt !== undefined) repository.branches.set(`refs/pr/${made.number}`, pullRequestAt);
  return made;
}

// Those that are opened by themselves are drafts.
async function open(call: Call): Promise<void> {
  const { exchange } = call;
  const repository = proposableOf(call, true);
  const { title, description, pullRequest } = await parseObject(exchange);
  if (typeof title !== 'string' || title.length < 3 || title.length > 200) throw refusal(400, '"title" is invalid');
  if (typeof description !== 'string' || description.length > 65_536) throw refusal(400, '"description" is invalid');
  const isProposal = pullRequest === true;
  const made = openDiscussion(call, repository, {
    title,
    description,
    status: isProposal ? 'draft' : 'open',
    pullRequestAt: isProposal ? commitOf(repository, undefined).id : undefined,
  });
  exchange.log.applied = true;
  const url = `${exchange.origin}/${repository.id}/discussions/${made.number}`;
  await send(exchange, { status: 200, body: { num: made.number, url, pullRequest: isProposal } });
}

// Newest first. To the filter, a draft is open, and what was merged is closed.
async function list(call: Call): Promise<void> {
  const { exchange, hub } = call;
  const repository = repositoryOf(call);
  const { query } = exchange.log;
  const [type, status, author] = ['type', 'status', 'author'].map((name) => query.get(name));
  const isMeant = (one: Discussion) =>
    (type == null || type === 'all' || (type === 'pull_request') === one.isPullRequest) &&
    (status == null || status === 'all' || (status === 'open') === (one.status === 'open' || one.status === 'draft')) &&
    (author == null || author === one.author);
  const all = hub.discussionsOf(repository).filter(isMeant).reverse();
  const start = Number(query.get('p') ?? 0) * hub.options.upload.discussionsPage;
  const discussions = all.slice(start, start + hub.options.upload.discussionsPage).map((one) => row(repository, one));
  await send(exchange, { status: 200, body: { discussions, count: all.length, start, numClosedDiscussions: 0 } });
}

function row({ id, kind }: Repository, { number, title, status, isPullRequest, author, createdAt }: Discussion) {
  return {
    num: number,
    title,
    status,
    isPullRequest,
    author: { name: author, type: 'user' },
    createdAt,
    repo: { name: id, type: kind },
    numComments: 0,
    pinned: false,
  };
}

function details({ hub }: Call, repository: Repository, one: Discussion): object {
  const { author, createdAt, description, mergeCommitId } = one;
  const latest = { raw: description, html: `<p>${description}</p>`, updatedAt: createdAt, author: { name: author } };
  const data = { edited: false, hidden: false, latest, history: [] };
  const isTold = mergeCommitId !== undefined && hub.options.upload.namesMerge;
  const changes = { base: `refs/heads/${repository.defaultBranch}`, ...(isTold ? { mergeCommitId } : {}) };
  return {
    ...row(repository, one),
    events: [{ id: '0'.repeat(24), type: 'comment', createdAt, author: { name: author }, data }, ...titleChanges(one)],
    ...(one.isPullRequest ? { changes, filesWithConflicts: [], diff: '' } : {}),
  };
}

async function changeStatus(call: Call, found: Discussion): Promise<void> {
  const { exchange } = call;
  const repository = proposableOf(call, true);
  if (call.caller.account !== found.author) writableOf(call);
  const { status } = await parseObject(exchange);
  if (status !== 'open' && status !== 'closed') throw refusal(400, '"status" is invalid');
  if (found.status === 'merged' || found.status === status) throw refusal(400, `The discussion is ${found.status}`);
  found.status = status;
  exchange.log.applied = true;
  const event = { id: '1'.repeat(24), type: 'status-change', createdAt: new Date().toISOString(), data: { status } };
  const author = { name: call.caller.account };
  await send(exchange, { status: 200, body: { newStatus: { ...event, author, repo: repository.id } } });
}

function titleChanges({ renamedBy = [], title, createdAt }: Discussion): object[] {
  const data = { from: 'before', to: title };
  return renamedBy.map((name) => ({ id: '2'.repeat(24), type: 'title-change', createdAt, author: { name }, data }));
}

// The official client's rename_discussion; its author may, and who may write.
async function rename(call: Call, found: Discussion): Promise<void> {
  const { exchange, caller, hub } = call;
  proposableOf(call, true);
  if (hub.options.upload.rename !== 'enabled') throw refusal(hub.options.upload.rename.status, 'Not here');
  if (caller.account !== found.author) writableOf(call);
  const { title } = await parseObject(exchange);
  if (typeof title !== 'string' || title.length < 3 || title.length > 200) throw refusal(400, '"title" is invalid');
  found.title = title;
  found.renamedBy = [...(found.renamedBy ?? []), caller.account ?? 'nobody'];
  exchange.log.applied = true;
  await send(exchange, { status: 200, body: { newTitle: titleChanges(found).at(-1) } });
}

async function merge(call: Call, found: Discussion): Promise<void> {
  const { exchange, hub } = call;
  const repository = writableOf(call);
  const text = (await exchange.readBody()).toString();
  if (text !== '' && text !== 'null') JSON.parse(text);
  const isReady = found.status === 'open' || (found.status === 'draft' && hub.options.upload.mergesDrafts);
  if (!found.isPullRequest || !isReady) throw refusal(400, `This pull request is ${found.status} and cannot be merged`);
  if (hub.busy.has(repository)) {
    throw refusal(409, 'Another commit operation is in progress for this repository. Please try again later.');
  }
  const { merge: way, conflictStatus } = hub.options.upload;
  const made = mergeProposal(repository, { ...found, way, thresholdBytes: hub.options.lfsThresholdBytes });
  if (made === undefined) throw refusal(conflictStatus, 'This pull request has files that conflict');
  Object.assign(found, { status: 'merged', mergeCommitId: made });
  exchange.log.applied = true;
  await send(exchange, { status: 200, body: { status: 'merged' } });
}
