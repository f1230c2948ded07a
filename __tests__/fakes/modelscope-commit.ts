// How ModelScope makes a commit: on a branch only, one at a time, the last writer wins (modelscope.md 5.6, 5.7).

import { findBlob } from './blob-search.ts';
import { changesNothing } from './changes.ts';
import type { Body } from './content.ts';
import { parseObject } from './json-body.ts';
import { failure, sendBare, sendData } from './modelscope-answer.ts';
import { type ModelscopeHub, writableOf } from './modelscope-hub.ts';
import type { Change, Repository } from './repository.ts';
import { type Exchange, Refusal, send } from './server.ts';

/** The generic failure of the service that keeps repositories. */
export const REPOSITORY_FAILURE = 10030000001;

interface Action {
  readonly action?: unknown;
  readonly path?: unknown;
  readonly type?: unknown;
  readonly size?: unknown;
  readonly sha256?: unknown;
  readonly content?: unknown;
  readonly encoding?: unknown;
}

/** `POST /api/v1/repos/{type}s/{id}/commit/{branch}` */
export async function commit(hub: ModelscopeHub, exchange: Exchange, groups: readonly string[]): Promise<void> {
  const repository = writableOf(hub, exchange, groups);
  const branch = decodeURIComponent(groups[2] ?? '');
  checkBranch(hub, repository, branch);
  if (hub.busy.has(repository)) {
    throw new Refusal(failure(429, REPOSITORY_FAILURE, 'commit lock busy, please try again'));
  }
  hub.busy.add(repository);
  const made = await commitAlone(hub, exchange, { repository, branch }).finally(() => hub.busy.delete(repository));
  await sendCommit(hub, exchange, made);
}

function checkBranch({ options }: ModelscopeHub, { branches, tags }: Repository, branch: string): void {
  if (branches.has(branch)) return;
  if (tags.has(branch) || /^[0-9a-f]{40}$/.test(branch)) {
    throw new Refusal({
      status: 400,
      body: { message: 'You can only create or edit files when you are on a branch' },
    });
  }
  if (options.upload.missingBranch === 'refused') {
    throw new Refusal(failure(404, REPOSITORY_FAILURE, `branch ${branch} not found`));
  }
}

interface Target {
  readonly repository: Repository;
  readonly branch: string;
}

async function commitAlone(hub: ModelscopeHub, exchange: Exchange, { repository, branch }: Target): Promise<string> {
  const { commitLimitBytes, emptyCommit } = hub.options.upload;
  if (Number(exchange.log.headers['content-length'] ?? 0) > commitLimitBytes) {
    throw new Refusal({ status: 413, body: '<html><h1>413 Request Entity Too Large</h1></html>' });
  }
  const { commit_message: message, actions } = await parseObject(exchange);
  if (!Array.isArray(actions)) throw new Refusal(failure(400, REPOSITORY_FAILURE, 'actions is required'));
  const head = repository.resolve(branch) ?? repository.resolve(repository.defaultBranch);
  const changes = new Map<string, Change>();
  for (const action of actions as Action[]) {
    const path = checkPath(action.path);
    if (action.action === 'delete' && head?.entries.has(path) !== true) throw rejected();
    changes.set(path, action.action === 'delete' ? null : await toChange(hub, path, action));
  }
  if (!repository.branches.has(branch) && head !== undefined) repository.branches.set(branch, head.id);
  const isEmpty = emptyCommit !== 'made' && (await changesNothing(head, changes));
  if (isEmpty && emptyCommit === 'refused') throw rejected();
  const words = typeof message === 'string' ? message : 'update';
  const made = isEmpty ? (head?.id ?? '') : repository.commit(branch, Object.fromEntries(changes), words);
  exchange.log.applied = !isEmpty;
  return made;
}

async function toChange(hub: ModelscopeHub, path: string, action: Action): Promise<Change> {
  const { action: verb, type, size, sha256, content, encoding } = action;
  if (verb !== 'create' && verb !== 'update') throw new Refusal(failure(400, REPOSITORY_FAILURE, 'unknown action'));
  if (type === 'lfs') {
    return { content: await blobOf(hub, String(sha256), Number(size)), isLarge: true };
  }
  const bytes = Buffer.from(String(content), encoding === 'base64' ? 'base64' : 'utf8');
  const isWrong = typeof content !== 'string' || (size !== undefined && bytes.length !== size);
  if (isWrong || bytes.length > hub.options.upload.inlineLimitBytes) {
    throw new Refusal(failure(400, REPOSITORY_FAILURE, `content of ${path} is invalid or too large`));
  }
  return { content: bytes, isLarge: false };
}

async function blobOf(hub: ModelscopeHub, oid: string, sizeBytes: number): Promise<Body> {
  const place = { shelf: hub.shelf, thresholdBytes: hub.options.lfsThresholdBytes };
  const found = await findBlob(place, { oid, sizeBytes }, hub.repositories);
  if (found !== undefined) return found;
  if (hub.options.upload.missingBlob === 'refused') {
    throw new Refusal(failure(400, REPOSITORY_FAILURE, `lfs object ${oid} not found`));
  }
  return {
    identity: `missing:${oid}`,
    sizeBytes,
    // What was seen under load: a body without bytes (modelscope.md 6).
    read: () => [],
    digests: async () => ({ sha256: oid, gitSha1: '0'.repeat(40) }),
  };
}

// A leading slash or dot is taken off by the clients; here it would be another file.
function checkPath(path: unknown): string {
  const isGood = typeof path === 'string' && !/(^|\/)(\.|\.\.|\.git|)(\/|$)/.test(path);
  if (!isGood) throw rejected();
  return path;
}

function rejected(): Refusal {
  return new Refusal(failure(400, REPOSITORY_FAILURE, 'commit rejected by repository policy'));
}

async function sendCommit({ options }: ModelscopeHub, exchange: Exchange, id: string): Promise<void> {
  const { commitAnswer, envelope } = options.upload;
  if (commitAnswer === 'none') return send(exchange, { status: 200, body: { Code: 200 } });
  const shapes = {
    both: { oid: id, commit: { id } },
    oid: { oid: id },
    commit: { commit: id },
    'commit-id': { commit: { id } },
    null: null,
  };
  const data = shapes[commitAnswer];
  await (envelope === 'whole' ? sendData(exchange, data) : sendBare(exchange, data));
}
