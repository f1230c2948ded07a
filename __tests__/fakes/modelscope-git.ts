// The refs of a repository as git asks for them, which is the other way to learn a branch's commit (modelscope.md 2.3).

import { mayRead } from './access.ts';
import { caller, type ModelscopeHub } from './modelscope-hub.ts';
import type { Repository } from './repository.ts';
import { type Exchange, Refusal, send } from './server.ts';

/** `…/{owner}/{name}.git/info/refs?service=git-upload-pack`, for git only: the edge turns every other agent away. */
export async function gitRefs(hub: ModelscopeHub, exchange: Exchange, [id]: readonly string[]): Promise<void> {
  if (exchange.log.headers['user-agent']?.startsWith('git/') !== true) {
    throw new Refusal({ status: 421, body: { message: 'mirror self-forwarded loop detected' } });
  }
  const repository = hub.repositories.find((one) => one.id === id);
  if (repository === undefined || !mayRead(repository, caller(hub, exchange))) {
    throw new Refusal({
      status: 401,
      headers: { 'WWW-Authenticate': 'Basic realm="git"' },
      body: 'authentication required',
    });
  }
  const headers = { 'Content-Type': 'application/x-git-upload-pack-advertisement', 'Cache-Control': 'no-cache' };
  await send(exchange, { status: 200, headers, body: advertisement(repository) });
}

function advertisement(repository: Repository): string {
  const { branches, tags, defaultBranch } = repository;
  const refs = [
    ['HEAD', branches.get(defaultBranch)],
    ...[...branches].map(([name, id]) => [`refs/heads/${name}`, id]),
    ...[...tags].map(([name, id]) => [`refs/tags/${name}`, id]),
  ];
  const capabilities = `symref=HEAD:refs/heads/${defaultBranch} agent=git/fake`;
  const lines = refs.map(([name, id], index) => packet(`${id} ${name}${index === 0 ? `\0${capabilities}` : ''}\n`));
  return `${packet('# service=git-upload-pack\n')}0000${lines.join('')}0000`;
}

// Four hex digits of the length, themselves counted.
function packet(text: string): string {
  return (Buffer.byteLength(text) + 4).toString(16).padStart(4, '0') + text;
}
