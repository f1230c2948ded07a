// What a run owes its store: to say what its lock file pins, to keep the store's limit when it is done, and to let go. Garbage
// collection never fails a run.

import { codeOf } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { Lock } from '../core/lock.ts';
import type { Collected, StoreCare } from '../core/ports/store-care.ts';
import type { Store } from '../core/ports.ts';
import type { StoreLimit } from '../core/store/limit.ts';
import { showBytes } from '../core/text/show.ts';

export interface Tending {
  readonly store: Store;
  readonly care: StoreCare;
  readonly limit: StoreLimit | undefined;
  readonly dryRun: boolean;
  readonly lock: { readonly path: string; readonly content: Lock } | undefined;
  readonly emit: Emit;
}

/** Runs the work between both. @throws what the work throws, DISK_FULL, DISK_IO, STORE_FORMAT */
export async function tendStore<T>(tending: Tending, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const { store, lock } = tending;
  try {
    if (lock !== undefined) {
      const files = lock.content.models.flatMap((model) => model.files);
      await store.pin(lock.path, files);
    }
    const result = await work().catch(async (error: unknown) => {
      // A store past its limit may be what takes the room that the next run needs.
      if (codeOf(error) === 'DISK_FULL' && !tending.dryRun) await keepLimit(tending, signal);
      throw error;
    });
    if (!tending.dryRun) await keepLimit(tending, signal);
    return result;
  } finally {
    await store.close();
  }
}

async function keepLimit({ care, limit, emit }: Tending, signal: AbortSignal): Promise<void> {
  try {
    if (limit === undefined) return await care.sweep();
    tell(await care.collect({ limit, dryRun: false, keep: [] }, signal), emit);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    emit({ type: 'warning', message: `The store was not tidied up: ${reason}` });
  }
}

function tell({ removed, beforeBytes, afterBytes, limitBytes = afterBytes }: Collected, emit: Emit): void {
  const freed = showBytes(beforeBytes - afterBytes);
  if (removed.length > 0)
    emit({
      type: 'notice',
      message: `Removed ${removed.length} contents (${freed}) from the store, unused for longest`,
    });
  if (afterBytes <= limitBytes) return;
  const sizes = `The store holds ${showBytes(afterBytes)} and should hold ${showBytes(limitBytes)}`;
  emit({ type: 'warning', message: `${sizes}: all of it is in use, pinned by a lock file, or linked to.` });
}
