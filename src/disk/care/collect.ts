// Garbage collection: makes a store keep its limit by removing what was not used for longest. Never what a run holds, what a lock file
// pins, or what has another link, since removing that would free nothing.

import { lstat, rm, statfs } from 'node:fs/promises';
import type { Collected, CollectOptions, Removed, StoredBlob } from '../../core/ports/store-care.ts';
import { totalBytes } from '../../core/snapshot.ts';
import type { StoreLimit } from '../../core/store/limit.ts';
import { throwIfAborted } from '../abort.ts';
import { createFileSystemClock } from '../fs-clock.ts';
import { ifPresent, isForbidden } from '../io-error.ts';
import { removeLeftover } from '../leftover.ts';
import type { Layout } from '../store/layout.ts';
import { type Inventory, type StoredPartial, takeInventory } from './inventory.ts';
import type { Needed } from './needed.ts';
import { removeBlob } from './remove-blob.ts';
import { sweep } from './sweep.ts';

/** Answers StoreCare.sweep. @throws the system's own error */
export async function sweepStore(layout: Layout): Promise<void> {
  if (await isThere(layout)) await sweep(layout, await createFileSystemClock(layout)());
}

// Asking for the time writes: nothing is to be made where there is no store.
async function isThere(layout: Layout): Promise<boolean> {
  return (await ifPresent(lstat(layout.staging))) !== undefined;
}

/** Answers StoreCare.collect. @throws the system's own error, ABORTED */
export async function collect(layout: Layout, options: CollectOptions, signal: AbortSignal): Promise<Collected> {
  throwIfAborted(signal);
  if (!(await isThere(layout))) return { beforeBytes: 0, afterBytes: 0, removed: [] };
  const nowMs = await createFileSystemClock(layout)();
  if (!options.dryRun) await sweep(layout, nowMs);
  const inventory = await takeInventory(layout, options.keep, nowMs);
  const beforeBytes = totalBytes([...inventory.blobs, ...inventory.partials]);
  if (options.limit === undefined) return { beforeBytes, afterBytes: beforeBytes, removed: [] };
  const limitBytes = await toBytes(layout, options.limit);
  const remover = options.dryRun ? PRETENDER : createRemover(layout, inventory.held);
  const removed = await removeOldest(inventory, beforeBytes - limitBytes, remover, signal);
  const afterBytes = beforeBytes - totalBytes(removed);
  if (!options.dryRun) await forgetUses(layout, inventory, removed);
  if (remover.refusal !== undefined && afterBytes > limitBytes) throw remover.refusal;
  return { limitBytes, beforeBytes, afterBytes, removed };
}

async function removeOldest(
  inventory: Inventory,
  excessBytes: number,
  { remove }: Remover,
  signal: AbortSignal,
): Promise<Removed[]> {
  const removed: Removed[] = [];
  let leftBytes = excessBytes;
  for (const victim of victimsOf(inventory)) {
    throwIfAborted(signal);
    if (leftBytes <= 0) break;
    if (!(await remove(victim))) continue;
    leftBytes -= victim.item.sizeBytes;
    removed.push(describe(victim));
  }
  return removed;
}

async function toBytes(layout: Layout, limit: StoreLimit): Promise<number> {
  if (limit.kind === 'bytes') return limit.bytes;
  const { blocks, bsize } = await statfs(layout.folder);
  return Math.floor(limit.share * blocks * bsize);
}

type Victim =
  | { readonly kind: 'blob'; readonly item: StoredBlob }
  | { readonly kind: 'partial'; readonly item: StoredPartial };

// Least recently used first.
function victimsOf({ blobs, partials }: Inventory): Victim[] {
  const victims: Victim[] = [
    ...blobs.filter(({ keeper }) => keeper === undefined).map((item) => ({ kind: 'blob' as const, item })),
    ...partials.filter(({ isOpen }) => !isOpen).map((item) => ({ kind: 'partial' as const, item })),
  ];
  return victims.sort((a, b) => a.item.usedMs - b.item.usedMs);
}

function describe({ kind, item }: Victim): Removed {
  const { sizeBytes, usedMs } = item;
  return kind === 'blob' ? { kind, sha256: item.sha256, sizeBytes, usedMs } : { kind, sizeBytes, usedMs };
}

interface Remover {
  /** False when somebody needs it by now, or it may not be removed. */
  remove(victim: Victim): Promise<boolean>;
  /** What the system said of the first that may not. */
  readonly refusal: unknown;
}

const PRETENDER: Remover = { remove: async () => true, refusal: undefined };

// One that is another user's is passed by: what is younger may be ours.
function createRemover(layout: Layout, held: Needed): Remover {
  let refusal: unknown;
  const remove = async ({ kind, item }: Victim) => {
    if (kind === 'blob') return await removeBlob(layout, held, item.sha256);
    await rm(item.folder, { recursive: true, force: true });
    return true;
  };
  return {
    get refusal() {
      return refusal;
    },
    remove: (victim) =>
      remove(victim).catch((error: unknown) => {
        if (!isForbidden(error)) throw error;
        refusal ??= error;
        return false;
      }),
  };
}

// A use of which nothing is left tells nothing any more.
async function forgetUses(layout: Layout, { blobs, uses }: Inventory, removed: readonly Removed[]): Promise<void> {
  const gone = new Set(removed.flatMap((one) => (one.sha256 === undefined ? [] : [one.sha256])));
  const left = new Set(blobs.map(({ sha256 }) => sha256).filter((sha256) => !gone.has(sha256)));
  for (const { name, contents } of uses) {
    if (![...contents].some((sha256) => left.has(sha256))) await removeLeftover(layout.record('uses', name));
  }
}
