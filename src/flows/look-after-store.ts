// One task of looking after a store, and what came of it.

import type { Lock } from '../core/lock.ts';
import type { StoreTask } from '../core/options/store-actions.ts';
import type { StoreCare } from '../core/ports/store-care.ts';
import type { StoreReport } from '../core/report/store.ts';
import { identityOf } from '../core/snapshot.ts';

/** @param lock what the task's lock file says
 * @throws DISK_FULL, DISK_IO, STORE_FORMAT, ABORTED */
export async function lookAfterStore(
  { action, limit, dryRun }: StoreTask,
  { care, lock }: { readonly care: StoreCare; readonly lock: Lock | undefined },
  signal: AbortSignal,
): Promise<StoreReport> {
  if (action === 'ls') return { action, dryRun: false, ...(await care.list()) };
  if (action === 'verify') return { action, dryRun, ...(await care.check({ dryRun }, signal)) };
  const keep = lock?.models.flatMap(({ files }) => files.map(identityOf)) ?? [];
  return { action, dryRun, ...(await care.collect({ limit, dryRun, keep }, signal)) };
}
