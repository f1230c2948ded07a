// What the runner cache does for a run: asked once, before anything moves, for everything that is missing. Large files get it as a
// source, small ones are landed here, and what it lacks is to be saved. Never fails for the cache's sake.

import { byGain, chooseWithin, LOOKUPS_A_RUN } from '../../core/cache/budget.ts';
import { type CachePart, cacheParts } from '../../core/cache/key.ts';
import type { Emit } from '../../core/events.ts';
import type { CacheHit, Clock, EntryCache, RunnerCache, Source, Store, Transport } from '../../core/ports.ts';
import type { SourceTime } from '../../core/report/cache.ts';
import { describeSnapshot, identityOf, type RemoteFile, totalBytes } from '../../core/snapshot.ts';
import { showBytes } from '../../core/text/show.ts';
import { missingOf, type Work } from '../scan/scan.ts';
import { restoreFromArchives } from './archive-restore.ts';
import { landEntries, settleFates, warnOfDamage } from './land.ts';
import { createCacheSource } from './source.ts';

export interface CacheUseDependencies {
  /** Absent where the host has none, or when it is turned off. */
  readonly cache?: RunnerCache;
  readonly store: Store;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly emit: Emit;
}

export interface CacheUse {
  /** Besides the hub; undefined when the cache has no large file of this run. */
  readonly source: Source | undefined;
  /** Entries with something that is about to be fetched and that the cache lacks, as many as fit. */
  readonly toSave: readonly CachePart[];
  /** Entries that were asked for, and those that were there and of use. */
  readonly asked: number;
  readonly found: number;
  readonly lookupSeconds: number;
  readonly packSeconds: number;
  /** Large files that could only come whole, before the transfer. */
  readonly whole: SourceTime;
}

const UNUSED: CacheUse = {
  source: undefined,
  toSave: [],
  asked: 0,
  found: 0,
  lookupSeconds: 0,
  packSeconds: 0,
  whole: { bytes: 0, seconds: 0 },
};

/** Gives works their fates where the cache has them. @throws DISK_FULL, DISK_IO, ABORTED */
export async function useCache(
  works: readonly Work[],
  limitBytes: number,
  deps: CacheUseDependencies,
  signal: AbortSignal,
): Promise<CacheUse> {
  const { cache, emit } = deps;
  const needy = works.filter((work) => missingOf(work).length > 0);
  if (cache === undefined || needy.length === 0) return UNUSED;
  const subject = needy.map((work) => describeSnapshot(work.snapshot)).join(', ');
  emit({ type: 'phase', phase: 'cache', subject });
  if (cache.kind === 'entries') return await useEntries(needy, cache, { ...deps, limitBytes }, signal);
  const startMs = deps.clock.nowMs();
  for (const work of needy) await useArchives(work, { ...deps, cache }, signal);
  const packSeconds = (deps.clock.nowMs() - startMs) / 1000;
  const toSave = chooseParts(needy.flatMap(partsOf), limitBytes, emit);
  return { ...UNUSED, toSave, packSeconds };
}

async function useArchives(
  work: Work,
  deps: Parameters<typeof restoreFromArchives>[1],
  signal: AbortSignal,
): Promise<void> {
  const missing = missingOf(work);
  const input = { ref: work.snapshot.ref, all: work.snapshot.files, missing };
  const blobs = await restoreFromArchives(input, deps, signal);
  settleFates([work], blobs, new Set(blobs.keys()));
}

type EntryDependencies = CacheUseDependencies & { readonly limitBytes: number };

async function useEntries(
  works: readonly Work[],
  cache: EntryCache,
  deps: EntryDependencies,
  signal: AbortSignal,
): Promise<CacheUse> {
  const { clock, emit } = deps;
  const distinct = new Map(works.flatMap(partsOf).map((part) => [part.entry.key, part]));
  const parts = [...distinct.values()].sort(byGain).slice(0, LOOKUPS_A_RUN);
  const startMs = clock.nowMs();
  const hits = await cache.find(
    parts.map((part) => part.entry),
    signal,
  );
  const lookupSeconds = (clock.nowMs() - startMs) / 1000;
  const packs = parts.flatMap((part) => {
    const hit = part.kind === 'pack' ? hits.get(part.entry.key) : undefined;
    return hit === undefined ? [] : [[part, hit] as const];
  });
  const blobs = blobHits(parts, hits, emit);
  const ahead = { packs, whole: blobs.filter(([, { ranges }]) => !ranges) };
  const { usedPacks, ...cost } = await landEntries(ahead, { ...deps, works, cache }, signal);
  const ranged = blobs.filter(([, { ranges }]) => ranges);
  const isThere = ({ entry }: CachePart) => hits.get(entry.key)?.key === entry.key;
  const stillMissing = new Set(works.flatMap(missingOf).map(identityOf));
  const lacking = parts.filter(
    (part) => !isThere(part) && part.files.some((file) => stillMissing.has(identityOf(file))),
  );
  const thereBytes = totalBytes(parts.filter(isThere).flatMap(({ files }) => files));
  const found = usedPacks + blobs.length;
  emit({ type: 'notice', message: `${found} of ${parts.length} entries are in the runner cache` });
  return {
    source: ranged.length === 0 ? undefined : createCacheSource(byIdentity(ranged), cache),
    toSave: chooseParts(lacking, deps.limitBytes - thereBytes, emit),
    asked: parts.length,
    found,
    lookupSeconds,
    ...cost,
  };
}

/** The entries that hold something that a work lacks. */
function partsOf(work: Work): CachePart[] {
  const missing = new Set(missingOf(work).map(identityOf));
  return cacheParts(work.snapshot.ref, work.snapshot.files).filter((part) =>
    part.files.some((file) => missing.has(identityOf(file))),
  );
}

type BlobHit = readonly [RemoteFile, CacheHit];

function byIdentity(hits: readonly BlobHit[]) {
  return new Map(hits.map(([file, hit]) => [identityOf(file), hit]));
}

// The size is known before a byte is asked for: an entry of another size is not the file.
function blobHits(parts: readonly CachePart[], hits: ReadonlyMap<string, CacheHit>, emit: Emit): BlobHit[] {
  const found: BlobHit[] = [];
  for (const { kind, entry, files } of parts) {
    const hit = hits.get(entry.key);
    const [file] = files;
    if (kind !== 'blob' || file === undefined || hit?.key !== entry.key) continue;
    if (hit.sizeBytes === undefined || hit.sizeBytes === file.sizeBytes) found.push([file, hit]);
    else warnOfDamage(emit, entry.key, [file]);
  }
  return found;
}

function chooseParts(parts: readonly CachePart[], roomBytes: number, emit: Emit): readonly CachePart[] {
  const { chosen, left } = chooseWithin(roomBytes, parts);
  if (left.length > 0) {
    const size = showBytes(totalBytes(left.flatMap(({ files }) => files)));
    emit({
      type: 'notice',
      message: `${left.length} entries (${size}) are not saved: they pass \`cache-limit\`, or are too many for one run`,
    });
  }
  return chosen;
}
