// One task of looking after a store, and what came of it.

import type { Lock } from '../core/lock.ts';
import { identityOf } from '../core/snapshot.ts';
import type { StoreTask } from '../core/store-actions.ts';
import type { StoreCare } from '../core/store-care.ts';
import type { StoreReport } from '../core/store-report.ts';

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
