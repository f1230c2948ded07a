// How ModelScope hands out one file: small ones itself, large ones by a link to its CDN (modelscope.md 3.2).

import { sendFile } from './file-answer.ts';
import { refuse } from './modelscope-answer.ts';
import { commitOf, type ModelscopeHub } from './modelscope-hub.ts';
import type { Entry, Repository } from './repository.ts';
import { type Exchange, Refusal, send } from './server.ts';

export interface FileTarget {
  readonly revision: string | undefined;
  readonly path: string;
}

export async function sendRepositoryFile(
  hub: ModelscopeHub,
  exchange: Exchange,
  repository: Repository,
  target: FileTarget,
): Promise<void> {
  const revision = target.revision ?? repository.defaultBranch;
  const entry = commitOf(hub, repository, revision)?.entries.get(target.path);
  const isHead = exchange.log.method === 'HEAD';
  if (entry === undefined)
    throw isHead ? new Refusal({ status: 404 }) : refuse('noFile', hub.options.missingFile === '200' ? '200' : '4xx');
  if (isHead) return send(exchange, { status: 200 });
  if (repository.isLarge(entry, hub.options.lfsThresholdBytes))
    return redirect(hub, exchange, { repository, entry, revision });
  const { directBody } = hub.options;
  await sendFile(exchange, {
    path: entry.path,
    place: 'hub',
    body: entry.body,
    faults: hub.faults,
    options: {
      ranges: directBody === 'slice-under-200' ? 'slice-under-200' : 'ignore',
      chunked: directBody === 'chunked',
    },
  });
}

async function redirect(
  hub: ModelscopeHub,
  exchange: Exchange,
  { repository, entry, revision }: { repository: Repository; entry: Entry; revision: string },
): Promise<void> {
  const { sha256 } = await entry.body.digests();
  const [namespace = '', name = ''] = repository.id.split('/');
  const location = hub.cdn.link(
    {
      pathname: `/prod/lfs-objects/${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256.slice(4)}`,
      query: { filename: entry.path, namespace, repository: name, revision, tag: repository.kind },
      path: entry.path,
      body: entry.body,
    },
    'auth_key',
  );
  await send(exchange, { status: 302, headers: { Location: location }, body: `<a href="${location}">Found</a>.\n` });
}
