// What tables of releases share: a repository for each row with an old release in it, a new release, and what a reader may see. Not a test.

import { type Fakes, startFakes } from '../fakes/index.ts';
import type { Repository } from '../fakes/repository.ts';
import type { Step } from '../fakes/server.ts';
import type { HubName } from './open-flow.ts';
import { hashRepository } from './open-flow.ts';
import { type Content, hashContents, weights } from './open-upload.ts';

const KIB = 1024;
const SHARDS = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;
const INDEX = JSON.stringify({ weight_map: { a: SHARDS[0], b: SHARDS[1] } });

/** With these, one shard travels in parts and the other whole. */
export const PART_BYTES = 64 * KIB;

/** More than the buffers of a connection hold. */
const LONG_BYTES = 8 * 1024 * KIB;

/** So that one long shard travels whole, or in two parts. */
export function lengthen(fakes: Fakes, step: 'put' | 'part'): () => void {
  const { upload } = fakes.huggingface.options;
  const before = { ...upload };
  Object.assign(
    upload,
    step === 'put' ? { multipartAboveBytes: LONG_BYTES * 2 } : { partSizeBytes: LONG_BYTES * 0.75 },
  );
  return () => void Object.assign(upload, before);
}

export async function startReleaseFakes(ids: readonly string[]): Promise<Fakes> {
  const rateLimit = { api: 1_000_000, resolvers: 1_000_000, resetSeconds: 172 };
  return startFakes(
    ids.map((id) => ({ id, commits: [{ files: oldRelease(id) }] })),
    { huggingface: { rateLimit, upload: { multipartAboveBytes: 100 * KIB, partSizeBytes: PART_BYTES } } },
  );
}

/** Contents are the repository's own: hubs know those of others too. */
export function oldRelease(id: string): Record<string, Content> {
  return {
    'config.json': `{"old":"${id}"}`,
    'model.safetensors.index.json': INDEX,
    [SHARDS[0]]: weights(`${id} old 1`, 2 * KIB),
    [SHARDS[1]]: weights(`${id} old 2`, 2 * KIB),
    'stale.txt': 'stale',
  };
}

/** @param isLong whether its first shard is larger than the buffers of a connection */
export function newRelease(id: string, isLong = false): Record<string, Content> {
  return {
    'config.json': `{"new":"${id}"}`,
    'model.safetensors.index.json': INDEX,
    [SHARDS[0]]: weights(`${id} new 1`, isLong ? LONG_BYTES : 150 * KIB),
    [SHARDS[1]]: weights(`${id} new 2`, 40 * KIB),
  };
}

/** How a release is to be made so that it comes to a step: into a repository or a branch that is not there yet, or over an old one; as a
 * proposal, in several commits, or in one. */
export function placeFor(hub: HubName, step: Step | undefined, id: string): Place {
  const prefix = hub === 'huggingface' ? 'hf' : 'ms';
  if (step === 'create')
    return { ref: `${prefix}:owner/${id.replace('/', '-')}`, repository: `owner/${id.replace('/', '-')}` };
  const branch = step === 'branch' ? 'next' : undefined;
  return {
    ref: `${prefix}:${id}${branch === undefined ? '' : `@${branch}`}`,
    repository: id,
    ...(branch && { branch }),
    isProposed: step === 'pull-request' || step === 'status',
    ...(step === 'merge' && { pushLimits: IN_PARTS }),
  };
}

/** With these, the new release takes two commits. */
export const IN_PARTS = { commitFiles: 2, calmCommitFiles: 2 };

export interface Place {
  readonly ref: string;
  readonly repository: string;
  readonly branch?: string;
  readonly isLong?: boolean;
  /** Whether the release goes to a pull request. */
  readonly isProposed?: boolean;
  readonly pushLimits?: typeof IN_PARTS;
}

/** What the release is published with. */
export function optionsFor({ isProposed = false }: Pick<Place, 'isProposed'>): Readonly<Record<string, string>> {
  return { delete: 'stale.txt', ...(isProposed ? { 'create-pr': 'true' } : { tag: 'v1' }) };
}

export type Seen = 'old' | 'new' | 'mixed';

/** What a reader of the branch sees: the old release, or nothing where there was none; the new one; or something else. Of a release that
 * is proposed: whether there is one open pull request, with all of it, and nothing else has changed. */
export async function look(fakes: Fakes, hub: HubName, place: Place): Promise<Seen> {
  const { repository, branch, isProposed, isLong = false } = place;
  const name = branch ?? (hub === 'huggingface' ? 'main' : 'master');
  const seen = await lookAt(fakes, hub, { repository, name, isLong });
  if (isProposed !== true || seen !== 'old') return isProposed === true ? 'mixed' : seen;
  const open = fakes.huggingface.discussions(repository).filter(({ status }) => status === 'open');
  const [only] = open;
  if (only === undefined) return 'old';
  return open.length > 1 ? 'mixed' : lookAt(fakes, hub, { repository, name: `refs/pr/${only.number}`, isLong });
}

interface Spot {
  readonly repository: string;
  readonly name: string;
  readonly isLong: boolean;
}

async function lookAt(fakes: Fakes, hub: HubName, { repository, name, isLong }: Spot): Promise<Seen> {
  const found = repositoryOf(fakes, hub, repository);
  if (found?.branches.has(name) !== true) return 'old';
  const tree = await visible(found, name);
  const isNew = same(tree, hashContents(newRelease(repository, isLong)));
  if (isNew) return 'new';
  const isOld = repository.startsWith('owner/')
    ? !('config.json' in tree)
    : same(tree, hashContents(oldRelease(repository)));
  return isOld ? 'old' : 'mixed';
}

function repositoryOf(fakes: Fakes, hub: HubName, id: string): Repository | undefined {
  try {
    return fakes[hub].repository(id);
  } catch {
    // Not made yet.
    return undefined;
  }
}

// What hubs write by themselves, and strangers in these tests, is no part of a release.
async function visible(repository: Repository, branch: string): Promise<Record<string, string>> {
  const all = Object.entries(await hashRepository(repository, branch));
  const own = new Set(['.gitattributes', 'README.md', 'configuration.json', 'somebody-else.txt']);
  return Object.fromEntries(all.filter(([name]) => !own.has(name)));
}

function same(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a).sort();
  return names.join() === Object.keys(b).sort().join() && names.every((name) => a[name] === b[name]);
}
