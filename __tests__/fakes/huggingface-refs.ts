// Branches and tags of Hugging Face, as they are made and taken away (huggingface.md 5.2).

import { type Call, commitOf, refusal, writableOf } from './huggingface-hub.ts';
import { parseObject } from './json-body.ts';
import type { Repository } from './repository.ts';
import { send } from './server.ts';

/** `POST` and `DELETE /api/{type}s/{id}/branch/{name}` */
export async function branch(call: Call): Promise<void> {
  const { exchange, hub } = call;
  const repository = writableOf(call);
  const name = decodeURIComponent(call.rest.join('/'));
  const body = exchange.log.method === 'DELETE' ? undefined : await parseObject(exchange);
  if (body !== undefined) createBranch(repository, name, body);
  else if (name === repository.defaultBranch) {
    throw refusal(hub.options.upload.protectedBranchStatus, `Cannot delete the branch ${name}`);
  } else if (!repository.branches.delete(name)) throw refusal(404, `Invalid rev id: ${name}`, 'RevisionNotFound');
  exchange.log.applied = true;
  await send(exchange, { status: 200, body: 'OK' });
}

function createBranch(repository: Repository, name: string, body: Readonly<Record<string, unknown>>): void {
  if (name === '' || name.startsWith('refs/')) throw refusal(400, `Invalid branch name: ${name}`);
  if (repository.branches.has(name) && body['overwrite'] !== true) throw refusal(409, 'Reference already exists');
  const start = typeof body['startingPoint'] === 'string' ? encodeURIComponent(body['startingPoint']) : undefined;
  const { id } = commitOf(repository, start);
  if (body['emptyBranch'] !== true) repository.branches.set(name, id);
  else {
    repository.branches.delete(name);
    repository.commit(name, {}, 'initial commit');
  }
}

/** `POST /api/{type}s/{id}/tag/{rev}` and `DELETE …/tag/{tag}` */
export async function tag(call: Call): Promise<void> {
  const { exchange } = call;
  const repository = writableOf(call);
  const [target] = call.rest;
  if (exchange.log.method === 'DELETE') {
    const name = decodeURIComponent(target ?? '');
    if (!repository.tags.delete(name)) throw refusal(404, `Invalid rev id: ${name}`, 'RevisionNotFound');
  } else {
    const { tag: name } = await parseObject(exchange);
    if (typeof name !== 'string' || name === '') throw refusal(400, '"tag" is required');
    const { id } = commitOf(repository, target);
    if (repository.tags.has(name)) throw refusal(409, `Tag reference exists already: ${name}`);
    repository.tags.set(name, id);
  }
  exchange.log.applied = true;
  await send(exchange, { status: 200, body: 'OK' });
}

/** `PUT /api/{type}s/{id}/settings`: only the visibility can be changed here. */
export async function settings(call: Call): Promise<void> {
  const { exchange } = call;
  const repository = writableOf(call);
  if (exchange.log.method !== 'PUT') throw refusal(405, 'Method not allowed');
  const body = await parseObject(exchange);
  const visibility = body['visibility'] ?? (body['private'] === true ? 'private' : 'public');
  repository.visibility = visibility === 'private' ? 'private' : 'public';
  exchange.log.applied = true;
  await send(exchange, { status: 200, body: { private: repository.visibility === 'private' } });
}
