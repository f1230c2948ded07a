// The runner cache through @actions/cache, for services that do not speak the second protocol. The package hides its failures in log
// lines: here they become one warning, and silence.

import { isFeatureAvailable, restoreCache, saveCache } from '@actions/cache';
import { type Allowance, createAllowance } from '../../core/cache/allowance.ts';
import { aborted, type ErrorCode } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import type { ArchiveCache, CacheEntry, Clock } from '../../core/ports.ts';
import type { CacheAccess } from './access.ts';
import { createChatter } from './chatter.ts';
import { createFolderScope } from './folder-scope.ts';
import { createPackageCalls, type Way } from './package-calls.ts';

/** Always, so that Windows shares entries with the others. */
const CROSS_OS = true;

const TORN_ENTRY = /\btar\b/i;
const TORN_ADVICE =
  'A cache entry cannot be unpacked; its files are fetched instead. Delete the entries of this repository that begin with model-fetch-v1: an entry cannot be replaced.';

interface Call<T> {
  work(): Promise<T>;
  /** Whether it unpacks. */
  readonly lands: boolean;
  readonly way: Way;
}

const READ: Way = { leastBytes: 256 * 1024, sends: false };
const SEND: Way = { leastBytes: 2 * 1024 * 1024, sends: true };

export interface ArchiveCacheParts {
  readonly access: CacheAccess;
  readonly emit: Emit;
  readonly clock: Clock;
  /** What faults may cost; two seconds unless given. */
  readonly allowance?: Allowance;
}

/** Undefined where there is no cache service. */
export function createArchiveCache({
  access,
  emit,
  clock,
  allowance = createAllowance(),
}: ArchiveCacheParts): ArchiveCache | undefined {
  if (!isFeatureAvailable()) return undefined;
  const inFolder = createFolderScope();
  const calls = createPackageCalls({ clock, allowance });
  let isBroken = false;
  let code: ErrorCode = 'CACHE_RESTORE';
  let isTorn = false;
  const chatter = createChatter((failure) => {
    // An archive that cannot be unpacked says nothing about the service.
    if (TORN_ENTRY.test(failure)) {
      if (!isTorn) emit({ type: 'warning', code, message: `${TORN_ADVICE} (${failure})` });
      isTorn = true;
      return;
    }
    if (!isBroken)
      emit({
        type: 'warning',
        code,
        message: `The runner cache failed and is left alone from here on: ${failure}`,
      });
    isBroken = true;
  });

  /** The work's lines are read until it ends, also when nobody waits for it any more. @returns undefined after a failure */
  async function call<T>(root: string, { work, lands, way }: Call<T>, signal: AbortSignal): Promise<T | undefined> {
    if (signal.aborted) throw aborted();
    if (isBroken) return undefined;
    try {
      const begun = { lands, work: () => calls.begin(() => chatter.during(work)) };
      return await inFolder(root, begun, (lasting) => calls.wait(lasting, way));
    } catch (error) {
      chatter.fail(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  const lookUp = ({ folder, key }: CacheEntry, restoreKeys: readonly string[]): Call<string | undefined> => ({
    work: () => restoreCache([folder], key, [...restoreKeys], { lookupOnly: true }, CROSS_OS),
    lands: false,
    way: READ,
  });
  const unpack = ({ folder, key, restoreKeys }: CacheEntry): Call<string | undefined> => ({
    work: () => restoreCache([folder], key, [...restoreKeys], {}, CROSS_OS),
    lands: true,
    way: READ,
  });
  const pack = ({ folder, key }: CacheEntry): Call<number> => ({
    work: () => saveCache([folder], key, undefined, CROSS_OS),
    lands: false,
    way: SEND,
  });

  return {
    kind: 'archives',
    get writable() {
      return access.write && !isBroken && allowance.leftMs > 0;
    },
    async restore(entry, root, signal) {
      if (!access.read) return undefined;
      const found = await call(root, lookUp(entry, entry.restoreKeys), signal);
      return found === undefined ? undefined : await call(root, unpack(entry), signal);
    },
    async save(entry, root, signal) {
      // The package packs before it asks, so ask first.
      const found = access.read ? await call(root, lookUp(entry, []), signal) : undefined;
      if (found === entry.key) return 'present';
      code = 'CACHE_SAVE';
      const id = await call(root, pack(entry), signal);
      return id === undefined || id === -1 ? 'failed' : 'saved';
    },
  };
}
