// Repositories, tags and sessions of ModelScope, as they are made (modelscope.md 1.3, 5.2, 5.9).

import { randomUUID } from 'node:crypto';
import { parseObject } from './json-body.ts';
import { failure, refuse, sendData } from './modelscope-answer.ts';
import { caller, type ModelscopeHub, notLoggedIn, writableOf } from './modelscope-hub.ts';
import { information } from './modelscope-listing.ts';
import { createRepository, type Kind, type Repository } from './repository.ts';
import { type Exchange, Refusal } from './server.ts';

const EXISTS = { model: 10010101001, dataset: 10020101001 } as const;
const FIRST_FILES: Readonly<Record<string, string>> = {
  '.gitattributes': '*.safetensors filter=lfs diff=lfs merge=lfs -text\n*.bin filter=lfs diff=lfs merge=lfs -text\n',
  'README.md': '---\nlicense: apache-2.0\n---\n',
  'configuration.json': '{"framework":"Pytorch","task":"other"}\n',
};

/** `POST /api/v1/models`, JSON, and `POST /api/v1/datasets`, a form. */
export async function create(hub: ModelscopeHub, exchange: Exchange, [type]: readonly string[]): Promise<void> {
  const kind: Kind = type === 'dataset' ? 'dataset' : 'model';
  const body = kind === 'dataset' ? await parseForm(exchange) : await parseObject(exchange);
  const owner = body[kind === 'dataset' ? 'Owner' : 'Path'];
  const id = `${owner}/${body['Name']}`;
  exchange.log.subject = id;
  const { account } = caller(hub, exchange);
  if (account === undefined) throw notLoggedIn();
  if (account !== 'writer' || hub.options.upload.foreignOwners.includes(String(owner))) {
    throw refuse('noAccess', hub.options.errorStyle);
  }
  if (!/^[\w.-]+\/[\w.-]+$/.test(id)) throw new Refusal(failure(400, EXISTS[kind] + 1, '参数错误'));
  if (hub.repositories.some((one) => one.id === id && one.kind === kind)) {
    throw new Refusal(failure(400, EXISTS[kind], '该名称已被注册使用，请重新命名'));
  }
  const repository = make(hub, { id, kind, visibility: Number(body['Visibility'] ?? 5) });
  hub.repositories.push(repository);
  exchange.log.applied = true;
  await sendData(exchange, information(repository, repository.resolve('master')));
}

function make(
  { options }: ModelscopeHub,
  { id, kind, visibility }: { id: string; kind: Kind; visibility: number },
): Repository {
  const files = Object.fromEntries(options.upload.initialFiles.map((path) => [path, FIRST_FILES[path] ?? '']));
  return createRepository(
    { id, kind, visibility: visibility === 5 ? 'public' : 'private', commits: [{ message: 'init', files }] },
    'master',
  );
}

async function parseForm(exchange: Exchange): Promise<Record<string, unknown>> {
  const headers = { 'Content-Type': exchange.log.headers['content-type'] ?? '' };
  const body = new Uint8Array(await exchange.readBody());
  const form = await new Response(body, { headers }).formData();
  return Object.fromEntries(form.entries());
}

/** `PUT /api/v1/models/{id}`: only the visibility can be changed here. */
export async function change(hub: ModelscopeHub, exchange: Exchange, groups: readonly string[]): Promise<void> {
  const repository = writableOf(hub, exchange, groups);
  repository.visibility = Number((await parseObject(exchange))['Visibility']) === 5 ? 'public' : 'private';
  exchange.log.applied = true;
  await sendData(exchange, {});
}

/** `DELETE` of a file or a repository, which tokens may no longer do: files go by a commit (modelscope.md 5.9). */
export async function refuseRemoval(): Promise<void> {
  throw new Refusal(failure(401, 401, 'the current token no longer supports deletion operations'));
}

/** `POST /api/v1/models/{id}/repo/tag` */
export async function tag(hub: ModelscopeHub, exchange: Exchange, groups: readonly string[]): Promise<void> {
  const repository = writableOf(hub, exchange, groups);
  const { TagName: name, Ref: ref } = await parseObject(exchange);
  if (typeof name !== 'string' || name === '')
    throw new Refusal(failure(400, 10010101003, '参数错误：版本名称不能为空'));
  exchange.log.subject = name;
  const target = repository.resolve(typeof ref === 'string' ? ref : repository.defaultBranch);
  if (target === undefined) throw refuse('noTree', '4xx');
  const { duplicateTag } = hub.options.upload;
  const isThere = repository.tags.has(name);
  if (isThere && (duplicateTag === '400' || duplicateTag === '200')) {
    throw new Refusal(failure(duplicateTag === '400' ? 400 : 200, 10010101004, '版本名称已存在'));
  }
  if (!isThere || duplicateTag === 'moved') {
    repository.tags.delete(name);
    repository.tags.set(name, target.id);
    exchange.log.applied = true;
  }
  await sendData(exchange, { TagName: name });
}

/** `POST /api/v1/login` */
export async function login(hub: ModelscopeHub, exchange: Exchange): Promise<void> {
  const { AccessToken: token } = await parseObject(exchange);
  const known = Object.entries(hub.options.tokens).find(([, one]) => one === token);
  if (known === undefined) throw new Refusal(failure(400, 10010103009, 'AccessToken error'));
  exchange.response.setHeader('Set-Cookie', `m_session_id=${token}; Path=/; Max-Age=2592000; HttpOnly`);
  const [Username] = known;
  await sendData(exchange, { AccessToken: `git-${randomUUID()}`, Username, Email: `${Username}@example.com` });
}
