// The Hugging Face Hub: how a reference becomes a snapshot there, and where a file's bytes are. It describes and moves nothing.

import { codeOf } from '../core/errors.ts';
import type { Hub, HubDependencies, HubEntry, Source } from '../core/ports.ts';
import { isCommit, type ModelRef, repositoryOf } from '../core/ref.ts';
import type { Listing } from '../core/snapshot.ts';
import { isRange } from '../core/version.ts';
import { protocolError } from './border.ts';
import {
  createHuggingfaceApi,
  HUGGINGFACE_ENDPOINT,
  HUGGINGFACE_TITLE,
  type HuggingfaceApi,
} from './huggingface/api.ts';
import { createHuggingfaceKeyless } from './huggingface/keyless.ts';
import { listHuggingface, toListedFile } from './huggingface/listing.ts';
import { parseHuggingfacePage } from './huggingface/page.ts';
import { pushHuggingface } from './huggingface/push.ts';
import { huggingfaceInfo, huggingfaceRefs, huggingfaceRefusal } from './huggingface/wire.ts';
import { chooseName, type RevisionNames, revisionNotFound } from './revision.ts';

/** huggingface.md 1.1 to 1.3 */
export const huggingface: HubEntry = {
  name: 'huggingface',
  title: HUGGINGFACE_TITLE,
  prefixes: ['hf', 'huggingface'],
  bareNames: true,
  tokenVariables: ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'],
  endpointVariables: ['HF_ENDPOINT'],
  defaultEndpoint: HUGGINGFACE_ENDPOINT,
  parsePage: parseHuggingfacePage,
  keyless: createHuggingfaceKeyless,
  create(setting, dependencies): Hub {
    const api = createHuggingfaceApi(setting, dependencies.transport);
    return {
      endpoint: setting.endpoint,
      list: (ref, signal) => list({ api, ...dependencies }, ref, signal),
      source: createSource(api),
      push: (target, signal) => pushHuggingface(api, target, signal),
    };
  },
};

type Context = HubDependencies & { readonly api: HuggingfaceApi };

async function list(context: Context, ref: ModelRef, signal: AbortSignal): Promise<Listing> {
  const { api } = context;
  try {
    const commit = await findCommit(context, ref, signal);
    const entries = await listHuggingface(api, ref, commit, signal);
    return { ref, revision: commit, immutable: true, files: entries.map(toListedFile) };
  } catch (error) {
    const isUnknown = codeOf(error) === 'REVISION_NOT_FOUND' && ref.revision !== undefined && !isRange(ref.revision);
    throw isUnknown ? revisionNotFound(ref, ref.revision ?? '', await readRefs(api, ref, signal)) : error;
  }
}

/** The commit that the reference means; one that is written out needs no question. */
async function findCommit({ api, pickVersion }: Context, ref: ModelRef, signal: AbortSignal): Promise<string> {
  const { revision } = ref;
  if (isCommit(revision)) return revision;
  if (revision === undefined || !isRange(revision)) return readHead(api, ref, revision, signal);
  return readHead(api, ref, chooseName(ref, revision, await readRefs(api, ref, signal), pickVersion), signal);
}

/** @param name a branch, a tag or another ref; undefined for the default branch (huggingface.md 2.1) */
async function readHead(
  api: HuggingfaceApi,
  ref: ModelRef,
  name: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const route = name === undefined ? '' : `/revision/${encodeURIComponent(name)}`;
  // Without `expand` the answer names every file of the repository, only to be listed again.
  const { data } = await api.ask(ref, `${api.apiUrl(ref)}${route}?expand=sha`, huggingfaceInfo, signal);
  if (isCommit(data.sha)) return data.sha;
  throw protocolError(api.question(repositoryOf(ref), ref), 'the head of its revision is no commit');
}

async function readRefs(api: HuggingfaceApi, ref: ModelRef, signal: AbortSignal): Promise<RevisionNames> {
  const { data } = await api.ask(ref, `${api.apiUrl(ref)}/refs`, huggingfaceRefs, signal);
  return { branches: (data.branches ?? []).map(({ name }) => name), tags: (data.tags ?? []).map(({ name }) => name) };
}

function createSource(api: HuggingfaceApi): Source {
  const locate: Source['locate'] = async ({ ref, revision }, file, signal) => {
    const path = file.path.split('/').map(encodeURIComponent).join('/');
    const url = `${api.pageUrl(ref)}/resolve/${encodeURIComponent(revision)}/${path}`;
    return { request: await api.get(url, signal) };
  };
  return {
    name: huggingface.name,
    kind: 'origin',
    locate,
    relocate: ({ request }, { snapshot, file }, signal) =>
      api.keys.ifRenewed(request.credential, () => locate(snapshot, file, signal), signal),
    refusal: (answer, { ref }, file) => huggingfaceRefusal(answer, api.question(`"${file.path}"`, ref)),
  };
}
