// A plain web server with the files of a repository at `/<repo>/<revision>/<path>` and at `/sha256/<hex>`. It knows no hub and no
// token; what goes wrong with its answers is its own.

import { createFaultPlan, type FaultPlan } from './faults.ts';
import { type FileAnswerOptions, sendFile } from './file-answer.ts';
import type { Entry, Repository } from './repository.ts';
import { type Exchange, type FakeServer, send, serve } from './server.ts';

export interface FakeMirror {
  /** As `mirrors` takes it. */
  readonly pattern: string;
  readonly bySha256: string;
  readonly server: FakeServer;
  readonly faults: FaultPlan;
  readonly options: FileAnswerOptions;
  close(): Promise<void>;
}

export async function startMirror(repository: Repository, options: FileAnswerOptions = {}): Promise<FakeMirror> {
  const faults = createFaultPlan();
  const server = await serve((exchange) => answer(exchange), { kind: 'file' });

  async function answer(exchange: Exchange): Promise<void> {
    const entry = await find(repository, decodeURIComponent(exchange.log.path));
    if (entry === undefined) return send(exchange, { status: 404, body: 'no such file' });
    await sendFile(exchange, { path: entry.path, place: 'cdn', body: entry.body, faults, options });
  }
  return {
    pattern: `${server.url}/{repo}/{revision}/{path}`,
    bySha256: `${server.url}/sha256/{sha256}`,
    server,
    faults,
    options,
    async close() {
      faults.release();
      await server.close();
    },
  };
}

async function find(repository: Repository, pathname: string): Promise<Entry | undefined> {
  const sha256 = /^\/sha256\/([0-9a-f]{64})$/.exec(pathname)?.[1];
  const [, revision = '', path = ''] = /^\/[^/]+\/[^/]+\/([^/]+)\/(.+)$/.exec(pathname) ?? [];
  if (sha256 === undefined) return repository.resolve(revision)?.entries.get(path);
  for (const entry of repository.resolve(repository.defaultBranch)?.entries.values() ?? []) {
    if ((await entry.body.digests()).sha256 === sha256) return entry;
  }
  return undefined;
}
