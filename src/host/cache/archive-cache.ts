// The runner cache through @actions/cache, for services that do not speak the second protocol. The package hides its failures in log
// lines: here they become one warning, and silence.

import { isFeatureAvailable, restoreCache, saveCache } from '@actions/cache';
import { aborted, type ErrorCode, ModelFetchError } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import type { ArchiveCache, CacheEntry } from '../../core/ports.ts';
import type { CacheAccess } from './access.ts';
import { createChatter } from './chatter.ts';

/** Always, so that Windows shares entries with the others. */
const CROSS_OS = true;

// @actions/cache takes paths relative to the working folder when it packs, and to GITHUB_WORKSPACE when it unpacks. What makes two
// entries the same is the path as passed, so it must be short and the same everywhere.
function createFolderScope(): <T>(folder: string, work: () => Promise<T>) => Promise<T> {
  const before = { cwd: process.cwd(), workspace: process.env['GITHUB_WORKSPACE'] };
  let depth = 0;
  return async (folder, work) => {
    depth += 1;
    try {
      process.chdir(folder);
      process.env['GITHUB_WORKSPACE'] = folder;
      return await work();
    } finally {
      depth -= 1;
      if (depth === 0) {
        process.chdir(before.cwd);
        if (before.workspace === undefined) delete process.env['GITHUB_WORKSPACE'];
        else process.env['GITHUB_WORKSPACE'] = before.workspace;
      }
    }
  };
}

const TORN_ENTRY = /\btar\b/i;
const TORN_ADVICE =
  'A cache entry cannot be unpacked; its files are fetched instead. Delete the entries of this repository that begin with model-fetch-v1: an entry cannot be replaced.';

interface Call<T> {
  work(): Promise<T>;
  within?(lasting: Promise<T>): Promise<T>;
}

/** How long a lookup may take. The package itself would try for half a minute (github-actions.md 2.3). */
const PATIENCE_MS = 2000;

/** Undefined where there is no cache service. */
export function createArchiveCache(
  access: CacheAccess,
  emit: Emit,
  patienceMs = PATIENCE_MS,
): ArchiveCache | undefined {
  if (!isFeatureAvailable()) return undefined;
  const inFolder = createFolderScope();
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

  /** @param within what is waited for; the work's lines are read until it ends, also when nobody waits for it any more */
  async function call<T>(
    root: string,
    { work, within = (lasting) => lasting }: Call<T>,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    if (signal.aborted) throw aborted();
    if (isBroken) return undefined;
    try {
      return await inFolder(root, () => within(chatter.during(work)));
    } catch (error) {
      chatter.fail(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  const lookUp = ({ folder, key }: CacheEntry, restoreKeys: readonly string[]): Call<string | undefined> => ({
    work: () => restoreCache([folder], key, [...restoreKeys], { lookupOnly: true }, CROSS_OS),
    within: (lasting) => soon(lasting, patienceMs),
  });
  const unpack = ({ folder, key, restoreKeys }: CacheEntry): Call<string | undefined> => ({
    work: () => restoreCache([folder], key, [...restoreKeys], {}, CROSS_OS),
  });
  const pack = ({ folder, key }: CacheEntry): Call<number> => ({
    work: () => saveCache([folder], key, undefined, CROSS_OS),
  });

  return {
    kind: 'archives',
    get writable() {
      return access.write && !isBroken;
    },
    async restore(entry, root, signal) {
      if (!access.read) return undefined;
      // Looking has a limit of time of ours, unpacking has those of the package.
      const found = await call(root, lookUp(entry, entry.restoreKeys), signal);
      return found === undefined ? undefined : await call(root, unpack(entry), signal);
    },
    async save(entry, root, signal) {
      // Packing comes before asking in saveCache, so ask first.
      const found = access.read ? await call(root, lookUp(entry, []), signal) : undefined;
      if (found === entry.key) return 'present';
      code = 'CACHE_SAVE';
      const id = await call(root, pack(entry), signal);
      return id === undefined || id === -1 ? 'failed' : 'saved';
    },
  };
}

// What is given up goes on in the background, and touches no file: it only looks.
async function soon<T>(work: Promise<T>, limitMs: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const message = `it did not answer within ${limitMs / 1000} seconds`;
  const limit = setTimeout(() => reject(new ModelFetchError('CACHE_RESTORE', message)), limitMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(limit);
  }
}
