// ModelScope: how a reference becomes a snapshot there, and where a file's bytes are. It describes and moves nothing.

import { codeOf } from '../core/errors.ts';
import type { Hub, HubDependencies, HubEntry, Source } from '../core/ports.ts';
import { isCommit, type ModelRef, repositoryOf } from '../core/ref.ts';
import type { ListedFile, Listing } from '../core/snapshot.ts';
import { quote } from '../core/text/quote.ts';
import { createModelscopeApi, MODELSCOPE_TITLE, type ModelscopeApi } from './modelscope/api.ts';
import { listModelscope } from './modelscope/listing.ts';
import { parseModelscopePage } from './modelscope/page.ts';
import { pushModelscope } from './modelscope/push.ts';
import { defaultName, readCommit, readNames } from './modelscope/revisions.ts';
import { modelscopeRefusal } from './modelscope/wire.ts';
import { chooseName, revisionNotFound } from './revision.ts';

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
      endpoint: setting.endpoint,
      list: (ref, signal) => list({ api, ...dependencies }, ref, signal),
      source: createSource(api),
      push: (target, signal) => pushModelscope(api, target, signal),
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

async function list(context: Context, ref: ModelRef, signal: AbortSignal): Promise<Listing> {
  return isCommit(ref.revision)
    ? await listCommit(context, ref, ref.revision, signal)
    : await listName(context, ref, await findPin(context, ref, signal), signal);
}

async function listCommit({ api }: Context, ref: ModelRef, commit: string, signal: AbortSignal): Promise<Listing> {
  try {
    return { ref, revision: commit, immutable: true, files: await listModelscope(api, ref, commit, signal) };
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
  if (commit !== undefined && listed !== undefined) return { ref, revision: commit, immutable: true, files: listed };
  const byName = await listModelscope(api, ref, name, signal);
  const message = `${repositoryOf(ref)}: the hub gives no commit for ${quote(name)}, so another run may find other files under that name.`;
  emit({ type: 'notice', message });
  return { ref, revision: name, immutable: false, files: byName };
}

async function findPin({ api, pickVersion }: Context, ref: ModelRef, signal: AbortSignal): Promise<Pin> {
  const names = await readNames(api, ref, signal);
  const wanted = ref.revision ?? defaultName(names);
  const name = names === undefined ? wanted : chooseName(ref, wanted, names, pickVersion);
  return { name, commit: await readCommit(api, ref, name, signal) };
}

function createSource(api: ModelscopeApi): Source {
  const locate: Source['locate'] = async ({ ref, revision }, file, signal) => {
    const query =
      ref.kind === 'dataset'
        ? { Source: 'SDK', Revision: revision, FilePath: file.path, View: 'False' }
        : { Revision: revision, FilePath: file.path };
    return { request: await api.get(api.url(ref, '/repo', query), signal) };
  };
  return {
    name: modelscope.name,
    kind: 'origin',
    locate,
    relocate: ({ request }, { snapshot, file }, signal) =>
      api.keys.ifRenewed(request.credential, () => locate(snapshot, file, signal), signal),
    refusal: (answer, _snapshot, file) => modelscopeRefusal(answer, api.question(`"${file.path}"`), 'FILE_NOT_FOUND'),
  };
}
