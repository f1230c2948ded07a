// The whole listing of a ModelScope repository at one revision, however the service cuts it. Judges no entry.

import { toDigest } from '../../core/digest.ts';
import { ModelFetchError } from '../../core/errors.ts';
import { type ModelRef, repositoryOf } from '../../core/ref.ts';
import { printable } from '../../core/repo-path.ts';
import type { ListedFile } from '../../core/snapshot.ts';
import { protocolError } from '../border.ts';
import type { ModelscopeApi } from './api.ts';
import { type ModelscopeEntry, modelscopeDataset, modelscopeListing } from './wire.ts';

/** From this many entries on, a listing of a model may have been cut without a word (modelscope.md 2.5). */
const CUT_ENTRIES = 3000;
const PAGE_ENTRIES = 200;
const PARALLEL_FOLDERS = 4;
/** More than any repository may hold; a service that never ends is stopped here. */
const MAX_ENTRIES = 500_000;

const TYPE_BITS = 0o170000;
const SYMLINK = 0o120000;
const SUBMODULE = 0o160000;

/** All files of the repository at the revision.
 * @throws REVISION_NOT_FOUND when there is none: the service answers an unknown revision with an empty listing as well as with an
 * error (modelscope.md 2.3), git keeps no empty folders, and the remedy is the same. HUB_PROTOCOL when the listing cannot be had
 * whole. */
export async function listModelscope(
  api: ModelscopeApi,
  ref: ModelRef,
  revision: string,
  signal: AbortSignal,
): Promise<ListedFile[]> {
  const list = ref.kind === 'dataset' ? listDataset : listModel;
  const entries = await list(api, ref, revision, signal);
  if (entries.length === 0) throw noFiles(ref, revision);
  return entries.filter((entry) => entry.Type !== 'tree').map(toListedFile);
}

async function listModel(
  api: ModelscopeApi,
  ref: ModelRef,
  revision: string,
  signal: AbortSignal,
): Promise<ModelscopeEntry[]> {
  const url = api.url(ref, '/repo/files', { Revision: revision, Recursive: 'True' });
  const { data } = await api.ask(ref, url, modelscopeListing, signal);
  const entries = data.Files ?? [];
  return entries.length < CUT_ENTRIES ? entries : listByFolder(api, ref, revision, signal);
}

// Level by level, because a folder's own children are the one thing that is known to come whole.
async function listByFolder(
  api: ModelscopeApi,
  ref: ModelRef,
  revision: string,
  signal: AbortSignal,
): Promise<ModelscopeEntry[]> {
  const found = new Map<string, ModelscopeEntry>();
  for (let level = ['']; level.length > 0; ) {
    const deeper: string[] = [];
    for (let from = 0; from < level.length; from += PARALLEL_FOLDERS) {
      const folders = level.slice(from, from + PARALLEL_FOLDERS);
      const listings = await Promise.all(folders.map((folder) => listFolder(api, ref, { revision, folder }, signal)));
      for (const entry of listings.flat()) {
        if (entry.Type === 'tree' && !found.has(entry.Path)) deeper.push(entry.Path);
        found.set(entry.Path, entry);
      }
      refuseEndless(api, ref, found.size);
    }
    level = deeper;
  }
  return [...found.values()];
}

async function listFolder(
  api: ModelscopeApi,
  ref: ModelRef,
  { revision, folder }: { revision: string; folder: string },
  signal: AbortSignal,
): Promise<ModelscopeEntry[]> {
  const url = api.url(ref, '/repo/files', { Revision: revision, Recursive: 'False', Root: folder });
  const { data } = await api.ask(ref, url, modelscopeListing, signal);
  const entries = data.Files ?? [];
  const reason = folderTrouble(folder, entries);
  if (reason !== undefined) throw protocolError(api.question(repositoryOf(ref)), reason);
  return entries;
}

function folderTrouble(folder: string, entries: readonly ModelscopeEntry[]): string | undefined {
  const name = folder === '' ? 'the top folder' : `the folder "${printable(folder)}"`;
  if (entries.length === 0) return `it names ${name} and lists nothing in it`;
  if (entries.length >= CUT_ENTRIES)
    return `${name} has ${CUT_ENTRIES} entries or more, and the hub lists no more than that`;
  if (folder !== '' && !entries.every((entry) => entry.Path.startsWith(`${folder}/`)))
    return `its listing of ${name} leaves it`;
  return undefined;
}

async function listDataset(
  api: ModelscopeApi,
  ref: ModelRef,
  revision: string,
  signal: AbortSignal,
): Promise<ModelscopeEntry[]> {
  const info = await api.ask(ref, api.url(ref, ''), modelscopeDataset, signal);
  const id = info.data.Id == null ? ref.repo : encodeURIComponent(info.data.Id);
  const found = new Map<string, ModelscopeEntry>();
  for (let page = 1; ; page += 1) {
    const query = {
      Revision: revision,
      Root: '/',
      Recursive: 'True',
      PageNumber: String(page),
      PageSize: String(PAGE_ENTRIES),
    };
    const { data, envelope } = await api.ask(ref, api.url(ref, '/repo/tree', query, id), modelscopeListing, signal);
    const entries = data.Files ?? [];
    const before = found.size;
    for (const entry of entries) found.set(entry.Path, entry);
    // A service may hold pages shorter than asked for; then its total tells that more follow.
    const isLast = entries.length < PAGE_ENTRIES && found.size >= Number(data.TotalCount ?? envelope.TotalCount ?? 0);
    if (entries.length === 0 || isLast) return [...found.values()];
    if (found.size === before)
      throw protocolError(api.question(repositoryOf(ref)), `page ${page} of the listing repeats what came before`);
    refuseEndless(api, ref, found.size);
  }
}

function refuseEndless(api: ModelscopeApi, ref: ModelRef, entries: number): void {
  if (entries > MAX_ENTRIES)
    throw protocolError(api.question(repositoryOf(ref)), `it lists more than ${MAX_ENTRIES} entries`);
}

function toListedFile(entry: ModelscopeEntry): ListedFile {
  const digest = toDigest('sha256', entry.Sha256);
  return {
    path: entry.Path,
    sizeBytes: entry.Size ?? Number.NaN,
    digests: digest === undefined ? [] : [digest],
    kind: kindOf(entry),
  };
}

/** `Mode` is git's file mode as a decimal number (modelscope.md 2.5). */
function kindOf({ Type, Mode }: ModelscopeEntry): ListedFile['kind'] {
  const bits = Number(Mode ?? 0) & TYPE_BITS;
  if (bits === SYMLINK) return 'symlink';
  if (bits === SUBMODULE || Type === 'commit') return 'submodule';
  return Type === 'blob' ? 'file' : 'unknown';
}

function noFiles(ref: ModelRef, revision: string): ModelFetchError {
  return new ModelFetchError('REVISION_NOT_FOUND', `${repositoryOf(ref)} has no files at "${printable(revision)}".`, {
    hint: 'The hub answers an unknown revision and an empty one alike: check the name, and that the repository holds files.',
  });
}
