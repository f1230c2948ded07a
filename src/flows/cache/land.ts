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
import { identityOf, type RemoteFile } from '../../core/snapshot.ts';
import { missingOf, type Work } from '../scan/scan.ts';
import { beside, type RunRival } from './beside.ts';
import { type PackDependencies, readPack } from './read-pack.ts';
import { readWhole, type WholeEntry } from './read-whole.ts';

export interface LandDependencies extends PackDependencies {
  readonly works: readonly Work[];
  readonly cache: EntryCache;
  readonly clock: Clock;
  readonly emit: Emit;
}

export interface EntriesAhead {
  readonly packs: readonly (readonly [CachePart, CacheHit])[];
  /** Large files that cannot come by ranges. */
  readonly whole: readonly (readonly [RemoteFile, CacheHit])[];
}

export interface Landed {
  /** Packs of which anything was of use. */
  readonly usedPacks: number;
  readonly packSeconds: number;
  readonly whole: SourceTime;
}

/** Reads one pack after the other, then the large files; what all of it takes is compared with the hub.
 * @throws DISK_FULL, DISK_IO, ABORTED */
export async function landEntries(
  { packs, whole }: EntriesAhead,
  deps: LandDependencies,
  signal: AbortSignal,
): Promise<Landed> {
  const { works, clock } = deps;
  const missing = new Set(works.flatMap(missingOf).map(identityOf));
  const isMissing = (file: RemoteFile) => missing.has(identityOf(file));
  const ahead = packs.map(([part, hit]) => ({ hit, wanted: part.files.filter(isMissing) }));
  const files = [...ahead.flatMap(({ wanted }) => wanted), ...whole.map(([file]) => file)];
  const startMs = clock.nowMs();
  let usedPacks = 0;
  return await beside(files, deps, signal, async (rival) => {
    for (const { hit, wanted } of ahead) {
      if (await landPack(hit, wanted, { ...deps, rival }, signal)) usedPacks += 1;
      rival.passed(wanted);
    }
    const packSeconds = (clock.nowMs() - startMs) / 1000;
    return { usedPacks, packSeconds, whole: await landWhole(whole, { ...deps, rival }, signal) };
  });
}

type WithRival = LandDependencies & { readonly rival: RunRival };

/** @returns whether anything of it is of use. @throws DISK_FULL, DISK_IO, ABORTED */
async function landPack(
  hit: CacheHit,
  files: readonly RemoteFile[],
  deps: WithRival,
  signal: AbortSignal,
): Promise<boolean> {
  const { works, cache, emit, rival } = deps;
  // An earlier pack may have had some of them.
  const missing = new Set(works.flatMap(missingOf).map(identityOf));
  const wanted = files.filter((file) => missing.has(identityOf(file)));
  if (!cache.usable || wanted.length === 0) return false;
  const onMeasured = (sizeBytes: number) => rival.measured(wanted, sizeBytes);
  const read = await readPack(hit.request, wanted, { ...deps, onMeasured }, signal);
  settleFates(works, read.blobs, read.sent);
  const isDamaged = read.wrong.length > 0 || codeOf(read.failure) === 'SIZE_MISMATCH';
  if (isDamaged) warnOfDamage(emit, hit.key, read.wrong);
  else if (read.failure !== undefined) cache.fail(read.failure.message);
  return read.blobs.size > 0;
}

/** @returns what it took. @throws DISK_FULL, DISK_IO, ABORTED */
async function landWhole(hits: EntriesAhead['whole'], deps: WithRival, signal: AbortSignal): Promise<SourceTime> {
  const { works, cache, clock, emit } = deps;
  if (!cache.usable || hits.length === 0) return { bytes: 0, seconds: 0 };
  emit({
    type: 'notice',
    message: `The host of the runner cache has no ranges: ${hits.length} large files are read from it whole, before anything else`,
  });
  const startMs = clock.nowMs();
  const entries = hits.map(([file, { request }]): WholeEntry => ({ file, request }));
  const { blobs, wrong, sentBytes, failure } = await readWhole(entries, deps, signal);
  settleFates(works, blobs, new Set(blobs.keys()));
  for (const file of wrong) {
    const key = hits.find(([one]) => one === file)?.[1].key ?? '';
    warnOfDamage(emit, key, [file]);
  }
  if (failure !== undefined) cache.fail(failure.message);
  return { bytes: sentBytes, seconds: (clock.nowMs() - startMs) / 1000 };
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
