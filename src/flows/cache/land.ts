// Lands what the runner cache gives before anything else moves: members of packs, and large files that come in one piece only. Gives
// works their fates; a cache that disappoints costs a warning, and the transfer brings the rest.

import type { CachePart } from '../../core/cache/key.ts';
import { DELETE_ADVICE } from '../../core/cache/warnings.ts';
import type { Digest } from '../../core/digest.ts';
import { codeOf } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import type { Blob, CacheHit, Clock, EntryCache } from '../../core/ports.ts';
import { printable } from '../../core/repo-path.ts';
import type { SourceTime } from '../../core/report/cache.ts';
import { CACHE_SOURCE, type FileFate, UNMOVED } from '../../core/report.ts';
import { identityOf, type RemoteFile, totalBytes } from '../../core/snapshot.ts';
import { missingOf, type Work } from '../scan/scan.ts';
import { type PackDependencies, readPack } from './read-pack.ts';
import { readWhole, type WholeEntry } from './read-whole.ts';
import { createRival, type Rival } from './rival.ts';

export interface LandDependencies extends PackDependencies {
  readonly works: readonly Work[];
  readonly cache: EntryCache;
  readonly clock: Clock;
  readonly emit: Emit;
}

/** @returns whether anything of it is of use. @throws DISK_FULL, DISK_IO, ABORTED */
export async function landPack(
  part: CachePart,
  hit: CacheHit,
  deps: LandDependencies,
  signal: AbortSignal,
): Promise<boolean> {
  const { works, cache, emit } = deps;
  const missing = new Set(works.flatMap(missingOf).map(identityOf));
  const wanted = part.files.filter((file) => missing.has(identityOf(file)));
  if (!cache.usable || wanted.length === 0) return false;
  const read = await beside(wanted, deps, signal, (rival, onMeasured) =>
    readPack(hit.request, wanted, { ...deps, rival, onMeasured }, signal),
  );
  settleFates(works, read.blobs, read.sent);
  const isDamaged = read.wrong.length > 0 || codeOf(read.failure) === 'SIZE_MISMATCH';
  if (isDamaged) warnOfDamage(emit, hit.key, read.wrong);
  else if (read.failure !== undefined) cache.fail(read.failure.message);
  return read.blobs.size > 0;
}

/** Lands large files that cannot come by ranges. @returns what it took. @throws DISK_FULL, DISK_IO, ABORTED */
export async function landWhole(
  hits: readonly (readonly [RemoteFile, CacheHit])[],
  deps: LandDependencies,
  signal: AbortSignal,
): Promise<SourceTime> {
  const { works, cache, clock, emit } = deps;
  if (!cache.usable || hits.length === 0) return { bytes: 0, seconds: 0 };
  emit({
    type: 'notice',
    message: `The host of the runner cache has no ranges: ${hits.length} large files are read from it whole, before anything else`,
  });
  const startMs = clock.nowMs();
  const entries = hits.map(([file, { request }]): WholeEntry => ({ file, request }));
  const files = hits.map(([file]) => file);
  const { blobs, wrong, sentBytes, failure } = await beside(files, deps, signal, (rival) =>
    readWhole(entries, { ...deps, rival }, signal),
  );
  settleFates(works, blobs, new Set(blobs.keys()));
  for (const file of wrong) {
    const key = hits.find(([one]) => one === file)?.[1].key ?? '';
    warnOfDamage(emit, key, [file]);
  }
  if (failure !== undefined) cache.fail(failure.message);
  return { bytes: sentBytes, seconds: (clock.nowMs() - startMs) / 1000 };
}

// Reads while it is looked whether the hub would be quicker.
async function beside<T>(
  files: readonly RemoteFile[],
  { works, clock, transport }: LandDependencies,
  signal: AbortSignal,
  read: (rival: Rival, onMeasured: (sizeBytes: number) => void) => Promise<T>,
): Promise<T> {
  const sizeBytes = totalBytes(files);
  let leftBytes = sizeBytes;
  const [sample] = files.toSorted((a, b) => b.sizeBytes - a.sizeBytes);
  const work = works.find((one) => sample !== undefined && missingOf(one).includes(sample));
  const locate = async (limited: AbortSignal) =>
    work === undefined || sample === undefined
      ? undefined
      : (await work.hub.source.locate(work.snapshot, sample, limited))?.request;
  const left = () => {
    const wantedBytes = Math.min(sizeBytes, leftBytes);
    return { bytes: leftBytes, wantedBytes, files: Math.ceil((files.length * wantedBytes) / sizeBytes) };
  };
  const measured = (bytes: number) => {
    leftBytes = bytes;
  };
  const rival = createRival({ clock, transport, left, locate }, signal);
  const note = (countBytes: number) => {
    leftBytes = Math.max(0, leftBytes - countBytes);
    rival.note(countBytes);
  };
  try {
    return await read({ ...rival, note }, measured);
  } finally {
    rival.end();
  }
}

/** @param sent what of it the cache sent; the rest was here before its bytes came */
export function settleFates(works: readonly Work[], blobs: ReadonlyMap<Digest, Blob>, sent: ReadonlySet<Digest>): void {
  // Bytes of a content that several files share are counted with the first of them.
  const counted = new Set<Digest>();
  for (const work of works) {
    for (const file of missingOf(work)) {
      const identity = identityOf(file);
      const blob = blobs.get(identity);
      if (blob === undefined) continue;
      work.fates.set(file.path, fateOf(file, blob, { isSent: sent.has(identity), isFirst: !counted.has(identity) }));
      counted.add(identity);
    }
  }
}

function fateOf(file: RemoteFile, blob: Blob, { isSent, isFirst }: { isSent: boolean; isFirst: boolean }): FileFate {
  if (!isSent) return { blob, outcome: 'linked', source: 'store', ...UNMOVED };
  const sent: FileFate['sent'] = isFirst ? { [CACHE_SOURCE]: file.sizeBytes } : {};
  return { blob, outcome: 'restored', source: CACHE_SOURCE, ...UNMOVED, sent };
}

export function warnOfDamage(emit: Emit, key: string, files: readonly RemoteFile[]): void {
  const [first, ...rest] = files;
  const named = first === undefined ? 'what it should' : first.path;
  const more = rest.length === 0 ? '' : ` and ${rest.length} more`;
  emit({
    type: 'warning',
    code: 'CACHE_RESTORE',
    message: `The cache entry ${printable(key).slice(0, 200)} does not hold ${named}${more}; the hub is asked instead. ${DELETE_ADVICE}`,
  });
}
