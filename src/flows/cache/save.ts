// Puts verified content into the runner cache: only what this run fetched, and only what the cache lacks.

import pMap from 'p-map';
import { type CachePart, cacheName, entryName } from '../../core/cache/key.ts';
import { codeOf, familyOf, type ModelFetchError } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import type {
  ArchiveCache,
  Blob,
  CacheContent,
  CacheSave,
  EntryCache,
  RunnerCache,
  Saving,
  Stage,
  Store,
} from '../../core/ports.ts';
import type { RemoteFile } from '../../core/snapshot.ts';
import { ENTRIES_AT_ONCE } from './archive-restore.ts';
import { packContent } from './pack-content.ts';

export interface SaveDependencies {
  readonly cache: RunnerCache;
  readonly store: Store;
  readonly emit: Emit;
}

/** Each is uploaded in several blocks at once already. */
const UPLOADS_AT_ONCE = 2;
/** Entries whose bytes are there while their host still puts them together. With more it is no use to go on. */
const MOST_OPEN = 4;
const FAILED: Saving = { outcome: Promise.resolve('failed') };

/** Never fails for the cache's sake. @throws ABORTED */
export async function saveToCache(
  parts: readonly CachePart[],
  deps: SaveDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { cache } = deps;
  if (!cache.writable || parts.length === 0) return;
  const results =
    cache.kind === 'entries'
      ? await saveEntries(parts, cache, deps, signal)
      : await saveArchives(parts, cache, deps, signal).catch((error: unknown) => tellDiskFault(error, deps.emit));
  const count = (what: CacheSave) => results.filter((result) => result === what).length;
  const present = count('present') === 0 ? '' : `; ${count('present')} were there or are being saved by another job`;
  deps.emit({ type: 'notice', message: `Saved ${count('saved')} of ${parts.length} cache entries${present}.` });
}

// The first one alone: when the service is down, one call finds out.
async function eachOf<T>(
  parts: readonly CachePart[],
  atOnce: number,
  work: (part: CachePart) => Promise<T>,
): Promise<T[]> {
  const [first, ...rest] = parts;
  return first === undefined ? [] : [await work(first), ...(await pMap(rest, work, { concurrency: atOnce }))];
}

// A host may take its time to put an entry together; the next ones go up meanwhile, so that only the end has to be waited for.
async function saveEntries(
  parts: readonly CachePart[],
  cache: EntryCache,
  deps: SaveDependencies,
  signal: AbortSignal,
): Promise<CacheSave[]> {
  const open = new Set<Promise<CacheSave>>();
  let isDiskWell = true;
  const giveUp = (error: unknown): Saving => {
    if (isDiskWell || !isOfDisk(error)) tellDiskFault(error, deps.emit);
    isDiskWell = false;
    return FAILED;
  };
  const begin = async (part: CachePart) => {
    while (open.size >= MOST_OPEN) await Promise.race(open);
    const { outcome } = isDiskWell ? await saveEntry(part, cache, deps, signal).catch(giveUp) : FAILED;
    const tracked = outcome.finally(() => open.delete(tracked));
    open.add(tracked);
    // It is looked at when all have begun.
    tracked.catch(() => undefined);
    return { outcome: tracked };
  };
  const savings = await eachOf(parts, UPLOADS_AT_ONCE, begin);
  return await Promise.all(savings.map(({ outcome }) => outcome));
}

function isOfDisk(error: unknown): error is ModelFetchError {
  const code = codeOf(error);
  return code !== undefined && familyOf(code) === 'disk';
}

// Not the cache's doing, and no reason to fail what was fetched and proved.
function tellDiskFault(error: unknown, emit: Emit): CacheSave[] {
  if (!isOfDisk(error)) throw error;
  const { code, message } = error;
  emit({ type: 'warning', code, message: `Our own disk failed, so the runner cache gets no more: ${message}` });
  return [];
}

async function saveEntry(
  part: CachePart,
  cache: EntryCache,
  deps: SaveDependencies,
  signal: AbortSignal,
): Promise<Saving> {
  const blobs = cache.writable ? await provedBlobs(part, deps, signal) : undefined;
  const content = blobs === undefined ? undefined : contentOf(part, blobs, deps.store);
  return content === undefined ? FAILED : await cache.save(part.entry, content, signal);
}

function contentOf(
  { kind }: CachePart,
  blobs: readonly (readonly [RemoteFile, Blob])[],
  store: Store,
): CacheContent | undefined {
  const members = blobs.map(([file, blob]) => ({ identity: cacheName(file), sizeBytes: file.sizeBytes, blob }));
  if (kind === 'pack') return packContent(members, store);
  const [only] = members;
  if (only === undefined) return undefined;
  return { sizeBytes: only.sizeBytes, read: (range) => store.read(only.blob, range) };
}

async function saveArchives(
  parts: readonly CachePart[],
  cache: ArchiveCache,
  deps: SaveDependencies,
  signal: AbortSignal,
): Promise<CacheSave[]> {
  const stage = await deps.store.stage();
  try {
    return await eachOf(parts, ENTRIES_AT_ONCE, (part) => saveArchive(part, { cache, stage, deps }, signal));
  } finally {
    await stage.discard();
  }
}

async function saveArchive(
  part: CachePart,
  { cache, stage, deps }: { cache: ArchiveCache; stage: Stage; deps: SaveDependencies },
  signal: AbortSignal,
): Promise<CacheSave> {
  const blobs = await provedBlobs(part, deps, signal);
  if (blobs === undefined) return 'failed';
  for (const [file, blob] of blobs) await stage.expose(blob, part.entry.folder, entryName(file));
  return cache.save(part.entry, stage.folder, signal);
}

// Later steps could change a file in place, and with it the blob that it is a link to; a failed run has files that never came.
async function provedBlobs(
  part: CachePart,
  { store, emit }: SaveDependencies,
  signal: AbortSignal,
): Promise<(readonly [RemoteFile, Blob])[] | undefined> {
  const blobs: (readonly [RemoteFile, Blob])[] = [];
  for (const file of part.files) {
    const { blob, damaged } = await store.find(file, 'receipt', signal);
    if (damaged) {
      emit({
        type: 'warning',
        code: 'CACHE_SAVE',
        message: `${file.path} was changed after it was fetched, so it is not saved to the cache.`,
      });
    }
    if (blob === undefined) return undefined;
    blobs.push([file, blob]);
  }
  return blobs;
}
