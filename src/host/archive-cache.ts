// The runner cache through @actions/cache, for services that do not speak the second protocol. The package hides its failures in log
// lines: here they become one warning, and silence.

import { isFeatureAvailable, restoreCache, saveCache } from '@actions/cache';
import { aborted, type ErrorCode } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { ArchiveCache, CacheEntry } from '../core/ports.ts';
import type { CacheAccess } from './cache-access.ts';
import { createChatter } from './cache-chatter.ts';

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

/** Undefined where there is no cache service. */
export function createArchiveCache(access: CacheAccess, emit: Emit): ArchiveCache | undefined {
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

  async function call<T>(root: string, work: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    if (signal.aborted) throw aborted();
    if (isBroken) return undefined;
    try {
      return await inFolder(root, () => chatter.during(work));
    } catch (error) {
      chatter.fail(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  const find = (entry: CacheEntry, restoreKeys: readonly string[], lookupOnly: boolean) =>
    restoreCache([entry.folder], entry.key, [...restoreKeys], { lookupOnly }, CROSS_OS);

  return {
    kind: 'archives',
    get writable() {
      return access.write && !isBroken;
    },
    async restore(entry, root, signal) {
      if (!access.read) return undefined;
      return call(root, () => find(entry, entry.restoreKeys, false), signal);
    },
    async save(entry, root, signal) {
      // Packing comes before asking in saveCache, so ask first.
      const found = access.read ? await call(root, () => find(entry, [], true), signal) : undefined;
      if (found === entry.key) return 'present';
      code = 'CACHE_SAVE';
      const id = await call(root, () => saveCache([entry.folder], entry.key, undefined, CROSS_OS), signal);
      return id === undefined || id === -1 ? 'failed' : 'saved';
    },
  };
}
