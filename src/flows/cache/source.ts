// The runner cache as a source of large files: an entry is the file's bytes, so its address is the request. Says where, moves nothing.

import type { Digest } from '../../core/digest.ts';
import { ModelFetchError } from '../../core/errors.ts';
import type { CacheHit, EntryCache, Source } from '../../core/ports.ts';
import { CACHE_SOURCE } from '../../core/report.ts';
import { identityOf } from '../../core/snapshot.ts';

/** @param hits by the identity of the file whose bytes the entry should be */
export function createCacheSource(hits: ReadonlyMap<Digest, CacheHit>, cache: EntryCache): Source {
  return {
    name: CACHE_SOURCE,
    kind: 'cache',
    async locate(_, file) {
      const hit = cache.usable ? hits.get(identityOf(file)) : undefined;
      return hit === undefined ? undefined : { request: hit.request };
    },
    patienceMs: () => cache.allowance.leftMs,
    // None of its refusals is worth another try: the hub has the file, too.
    refusal: ({ status }, _, file) =>
      new ModelFetchError('CACHE_RESTORE', `The runner cache refused the bytes of ${file.path} (${status}).`, {
        hint: 'The link may have expired, or the entry was dropped meanwhile.',
      }),
  };
}
