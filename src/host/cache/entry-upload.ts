// One entry on its way into the runner cache: what the calls of the service and the puts to its host do together. Judges no failure.

import type { Emit } from '../../core/events.ts';
import type { CacheContent } from '../../core/ports.ts';
import { linkSecrets } from '../../core/signed-link.ts';
import type { Upload } from './block-upload.ts';
import type { CacheCalls, EntryName } from './calls.ts';

export interface EntryUploadParts {
  readonly calls: CacheCalls;
  readonly upload: Upload;
  readonly emit: Emit;
  /** Whether the service may be asked what it has. */
  readonly mayLook: boolean;
}

/** Sends the bytes of an entry that the cache lacks. @returns what makes an entry of them
 * @throws CACHE_RESTORE, CACHE_SAVE, DISK_IO, the network codes, ABORTED */
export type EntryUpload = (
  name: EntryName,
  content: CacheContent,
  signal: AbortSignal,
) => Promise<'present' | ((signal: AbortSignal) => Promise<'saved'>)>;

export function createEntryUpload({ calls, upload, emit, mayLook }: EntryUploadParts): EntryUpload {
  return async (name, content, signal) => {
    const found = mayLook ? await calls.lookUp({ ...name, restoreKeys: [] }, signal) : undefined;
    if (found?.key === name.key) return 'present';
    // The reservation elects one job of a matrix; the others leave the work to it.
    const url = await calls.reserve(name, signal);
    if (url === undefined) return 'present';
    for (const value of linkSecrets(url)) emit({ type: 'secret', value });
    const commit = await upload(url, content, signal);
    return async (still) => {
      await commit(still);
      await calls.finish({ ...name, sizeBytes: content.sizeBytes }, still);
      return 'saved';
    };
  };
}
