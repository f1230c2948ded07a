// ModelScope: how a reference becomes a snapshot there, and where a file's bytes are. It describes and moves nothing.

import { codeOf } from '../core/errors.ts';
import type { Hub, HubDependencies, HubEntry, Select, Source } from '../core/ports.ts';
import { type ModelRef, repositoryOf } from '../core/ref.ts';
import { createSnapshot, type ListedFile, type Snapshot } from '../core/snapshot.ts';
import { isRange } from '../core/version.ts';
import { createModelscopeApi, MODELSCOPE_TITLE, type ModelscopeApi } from './modelscope-api.ts';
import { listModelscope } from './modelscope-listing.ts';
import { parseModelscopePage } from './modelscope-page.ts';
import { modelscopeCommits, modelscopeRefusal, modelscopeRevisions } from './modelscope-wire.ts';
import { chooseName, isCommit, type RevisionNames, revisionNotFound } from './revision.ts';

/** The branch of new repositories (modelscope.md 2.3). */
const DEFAULT_BRANCH = 'master';

/** modelscope.md 1.1 to 1.3 */
export const modelscope: HubEntry = {
  name: 'modelscope',
  title: MODELSCOPE_TITLE,
  prefixes: ['ms', 'modelscope'],
  bareNames: false,
  tokenVariables: ['MODELSCOPE_API_TOKEN'],
  endpointVariables: ['MODELSCOPE_ENDPOINT', 'MODELSCOPE_DOMAIN'],
  defaultEndpoint: 'https://www.modelscope.cn',
  parsePage: parseModelscopePage,
  create(setting, dependencies): Hub {
    const api = createModelscopeApi(setting, dependencies.transport);
    return {
      resolve: (ref, select, signal) => resolve({ api, ...dependencies }, ref, select, signal),
      source: createSource(api),
    };
  },
};

type Context = HubDependencies & { readonly api: ModelscopeApi };

interface Pin {
  /** What was asked for, or the branch or tag that it means. */
  readonly name: string;
  /** Undefined where the service tells none. */
  readonly commit: string | undefined;
}

interface Listing {
  readonly revision: string;
  readonly immutable: boolean;
  readonly listed: readonly ListedFile[];
}

async function resolve(context: Context, ref: ModelRef, select: Select, signal: AbortSignal): Promise<Snapshot> {
  const { revision, immutable, listed } = isCommit(ref.revision)
    ? await listCommit(context, ref, ref.revision, signal)
    : await listName(context, ref, await findPin(context, ref, signal), signal);
  return createSnapshot({ ref, revision, immutable }, select(listed));
}

async function listCommit({ api }: Context, ref: ModelRef, commit: string, signal: AbortSignal): Promise<Listing> {
  try {
    return { revision: commit, immutable: true, listed: await listModelscope(api, ref, commit, signal) };
  } catch (error) {
    if (codeOf(error) !== 'REVISION_NOT_FOUND') throw error;
    throw revisionNotFound(ref, commit, (await readNames(api, ref, signal)) ?? { branches: [], tags: [] });
  }
}

async function listName(
  { api, emit }: Context,
  ref: ModelRef,
  { name, commit }: Pin,
  signal: AbortSignal,
): Promise<Listing> {
  let listed: readonly ListedFile[] | undefined;
  try {
    if (commit !== undefined) listed = await listModelscope(api, ref, commit, signal);
  } catch (error) {
    // Some services name a commit and then list by branch and tag only.
    if (codeOf(error) !== 'REVISION_NOT_FOUND') throw error;
  }
  if (commit !== undefined && listed !== undefined) return { revision: commit, immutable: true, listed };
  const byName = await listModelscope(api, ref, name, signal);
  const message = `${repositoryOf(ref)}: the hub gives no commit for "${name}", so another run may find other files under that name.`;
  emit({ type: 'notice', message });
  return { revision: name, immutable: false, listed: byName };
}

async function findPin({ api, pickVersion }: Context, ref: ModelRef, signal: AbortSignal): Promise<Pin> {
  const names = await readNames(api, ref, signal);
  const wanted = ref.revision ?? defaultName(names);
  const name = names === undefined ? wanted : chooseName(ref, wanted, names, pickVersion);
  return { name, commit: await readCommit(api, ref, name, signal) };
}

function defaultName(names: RevisionNames | undefined): string {
  const [only, ...others] = names?.branches ?? [];
  return only !== undefined && others.length === 0 ? only : DEFAULT_BRANCH;
}

/** Undefined where the service does not offer the question, which is documented for models only. */
async function readNames(api: ModelscopeApi, ref: ModelRef, signal: AbortSignal): Promise<RevisionNames | undefined> {
  try {
    const { data } = await api.ask(ref, api.url(ref, '/revisions'), modelscopeRevisions, signal);
    const { Branches, Tags } = data.RevisionMap;
    return {
      branches: (Branches ?? []).map(({ Revision }) => Revision),
      tags: (Tags ?? []).map(({ Revision }) => Revision),
    };
  } catch (error) {
    const isUnoffered = codeOf(error) === 'HUB_PROTOCOL' && ref.kind === 'dataset';
    if (isUnoffered && (ref.revision === undefined || !isRange(ref.revision))) return undefined;
    throw error;
  }
}

/** The commit behind a name; undefined where the service tells none (modelscope.md 2.4). */
async function readCommit(
  api: ModelscopeApi,
  ref: ModelRef,
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const url = api.url(ref, '/commits', { Ref: name, PageNumber: '1', PageSize: '1' });
    const { data } = await api.ask(ref, url, modelscopeCommits, signal);
    const id = data.Commit?.[0]?.Id.toLowerCase();
    return isCommit(id) ? id : undefined;
  } catch (error) {
    // Any form of "no such question" leaves the name; whether the repository may be read, the listing decides.
    if (['NOT_FOUND', 'REVISION_NOT_FOUND', 'HUB_PROTOCOL'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

function createSource(api: ModelscopeApi): Source {
  return {
    name: modelscope.name,
    async locate(snapshot, file, signal) {
      const { ref, revision } = snapshot;
      const query =
        ref.kind === 'dataset'
          ? { Source: 'SDK', Revision: revision, FilePath: file.path, View: 'False' }
          : { Revision: revision, FilePath: file.path };
      return { request: await api.get(api.url(ref, '/repo', query), signal) };
    },
    refusal: (answer, _snapshot, file) => modelscopeRefusal(answer, api.question(`"${file.path}"`), 'FILE_NOT_FOUND'),
  };
}
