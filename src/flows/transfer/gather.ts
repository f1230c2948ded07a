// Brings what is missing for all models of a run: each content once, from the cache, the hub and its mirrors, and tells what became
// of each file. How a byte moves is transfer.ts.

import type { CachePart } from '../../core/cache/key.ts';
import type { Digest } from '../../core/digest.ts';
import { codeOf, ModelFetchError } from '../../core/errors.ts';
import type { Options } from '../../core/options.ts';
import type { Blob, RunnerCache, Source } from '../../core/ports.ts';
import type { ModelRef } from '../../core/ref.ts';
import type { SourceTime } from '../../core/report/cache.ts';
import { CACHE_SOURCE, type Departure, UNMOVED } from '../../core/report.ts';
import { describeSnapshot, identityOf, type RemoteFile } from '../../core/snapshot.ts';
import { GRACE_MS } from '../../core/transfer/ranking.ts';
import { saveToCache } from '../cache/save.ts';
import type { CacheUse } from '../cache/use.ts';
import { missingOf, type Work } from '../scan/scan.ts';
import type { FileResult, TransferItem } from './file-job.ts';
import { createSourceTimes } from './source-times.ts';
import { type TransferDependencies, transfer } from './transfer.ts';

export interface GatherDependencies extends Omit<TransferDependencies, 'connections'> {
  /** Further places that may hold the files of a reference. */
  readonly mirrorsOf: (ref: ModelRef) => readonly Source[];
  readonly cache?: RunnerCache;
  /** Told before the first byte moves which entries the cache lacks and should get, once what they hold is here. */
  readonly onFetch?: (parts: readonly CachePart[]) => Promise<void>;
}

export interface Gathered {
  /** How long each source was sending. */
  readonly times: Readonly<Record<string, SourceTime>>;
  readonly departures: readonly Departure[];
}

export const NOTHING_GATHERED: Gathered = { times: {}, departures: [] };

/** Gives every file of the works a fate.
 * @throws the code of what failed; INCOMPLETE, naming each file, when several files failed in different ways; ABORTED */
export async function gather(
  works: readonly Work[],
  { connections, cacheSave, use }: Pick<Options, 'connections' | 'cacheSave'> & { readonly use: CacheUse },
  deps: GatherDependencies,
  signal: AbortSignal,
): Promise<Gathered> {
  const all = placesOf(works);
  if (all.length === 0) return NOTHING_GATHERED;
  const subject = works.map((work) => describeSnapshot(work.snapshot)).join(', ');
  deps.emit({ type: 'phase', phase: 'transfer', subject });
  const { emit, times } = createSourceTimes(deps.emit, deps.clock);
  if (cacheSave === 'post' && use.toSave.length > 0) await deps.onFetch?.(use.toSave);
  const items = itemsOf(all, works, { cache: use.source, mirrorsOf: deps.mirrorsOf });
  const { results, departures } = await transfer(items, { ...deps, connections, emit }, signal);
  charge(departures, deps.cache);
  // Also what came before a failure.
  if (cacheSave === 'immediately' && deps.cache !== undefined) {
    await saveToCache(use.toSave, { ...deps, cache: deps.cache }, signal);
  }
  const failures: Failure[] = [];
  for (const [index, result] of results.entries()) {
    const places = all[index] ?? [];
    const path = places[0]?.file.path ?? '';
    if (result.blob !== undefined) share(places, result.blob, result);
    else failures.push({ path, error: result.error ?? new Error(`nothing became of ${path}`) });
  }
  if (failures.length > 0) throw joinFailures(failures);
  return { times: times(), departures };
}

// A cache that was silent has cost what it takes to see that.
function charge(departures: readonly Departure[], cache: RunnerCache | undefined): void {
  const isSilent = departures.some(({ source, code }) => source === CACHE_SOURCE && code === 'STALLED');
  if (isSilent && cache?.kind === 'entries') cache.allowance.spend(GRACE_MS);
}

// The same content under two names, or in two models, is moved once.
function placesOf(works: readonly Work[]): Place[][] {
  const wanted = new Map<Digest, Place[]>();
  for (const work of works) {
    for (const file of missingOf(work)) {
      const places = wanted.get(identityOf(file));
      if (places === undefined) wanted.set(identityOf(file), [{ work, file }]);
      else places.push({ work, file });
    }
  }
  return [...wanted.values()];
}

interface Sources {
  readonly cache: Source | undefined;
  readonly mirrorsOf: GatherDependencies['mirrorsOf'];
}

function itemsOf(
  all: readonly (readonly Place[])[],
  works: readonly Work[],
  { cache, mirrorsOf }: Sources,
): TransferItem[] {
  const sourcesOf = new Map(
    works.map((work) => {
      const near = cache === undefined ? [] : [cache];
      return [work, [...near, work.hub.source, ...mirrorsOf(work.snapshot.ref)]] as const;
    }),
  );
  return all.flatMap(([first]) =>
    first === undefined
      ? []
      : [{ snapshot: first.work.snapshot, file: first.file, sources: sourcesOf.get(first.work) ?? [] }],
  );
}

/** Where a content is wanted. */
interface Place {
  readonly work: Work;
  readonly file: RemoteFile;
}

// Content that several files share came once: its bytes are counted with the first of them.
function share(places: readonly Place[], blob: Blob, { sent, resumedBytes, lostBytes }: FileResult): void {
  const [source = 'store'] = Object.entries(sent)
    .sort(([, a], [, b]) => b - a)
    .map(([name]) => name);
  // Else it is a file of no bytes, or one that an interrupted run had brought whole.
  const outcome = source === 'store' ? 'linked' : source === CACHE_SOURCE ? 'restored' : 'downloaded';
  for (const [index, { work, file }] of places.entries()) {
    const cost = index === 0 ? { sent, resumedBytes, lostBytes } : UNMOVED;
    work.fates.set(file.path, { blob, outcome, source, ...cost });
  }
}

interface Failure {
  readonly path: string;
  readonly error: Error;
}

const NAMED_FAILURES = 20;

function joinFailures(failures: readonly Failure[]): Error {
  const [first] = failures;
  const bug = failures.find(({ error }) => codeOf(error) === undefined);
  if (bug !== undefined) return bug.error;
  // One file, or one disk that is full for all of them.
  if (first !== undefined && failures.every(({ error }) => error === first.error)) return first.error;
  const code = failures.every(({ error }) => codeOf(error) === codeOf(first?.error)) ? codeOf(first?.error) : undefined;
  const lines = failures
    .slice(0, NAMED_FAILURES)
    .map(({ path, error }) => `- ${path}: ${codeOf(error)}: ${error.message}`);
  if (failures.length > NAMED_FAILURES) lines.push(`- and ${failures.length - NAMED_FAILURES} more`);
  return new ModelFetchError(code ?? 'INCOMPLETE', `${failures.length} files could not be had:\n${lines.join('\n')}`, {
    hint: 'Run the same command again: every file that was verified is kept.',
    cause: first?.error,
  });
}
