// Garbage collection: makes a store keep its limit by removing what was not used for longest. Never what a run holds, what a lock file
// pins, or what has another link, since removing that would free nothing.

import { lstat, rm, statfs } from 'node:fs/promises';
import { hexOf } from '../core/digest.ts';
import { totalBytes } from '../core/snapshot.ts';
import type { Collected, CollectOptions, Removed, StoredBlob } from '../core/store-care.ts';
import type { StoreLimit } from '../core/store-limit.ts';
import { throwIfAborted } from './abort.ts';
import { createFileSystemClock } from './fs-clock.ts';
import { type Inventory, neededBy, resolveAll, type StoredPartial, takeInventory } from './inventory.ts';
import { ifPresent } from './io-error.ts';
import type { Layout } from './layout.ts';
import { digestsOfReceipt } from './receipt.ts';
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
  const removed: Removed[] = [];
  let afterBytes = beforeBytes;
  for (const victim of victimsOf(inventory)) {
    throwIfAborted(signal);
    if (afterBytes <= limitBytes) break;
    if (!options.dryRun && !(await remove(layout, victim))) continue;
    afterBytes -= victim.item.sizeBytes;
    removed.push(describe(victim));
  }
  if (!options.dryRun) await forgetUses(layout, inventory, removed);
  return { limitBytes, beforeBytes, afterBytes, removed };
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

/** @returns false when somebody needs it by now */
async function remove(layout: Layout, victim: Victim): Promise<boolean> {
  if (victim.kind === 'partial') {
    await rm(victim.item.folder, { recursive: true, force: true });
    return true;
  }
  const { sha256 } = victim.item;
  // A run may have begun since the list was made: it says what it needs before it looks.
  if ((await neededBy(layout, 'holds')).has(sha256)) return false;
  if (((await ifPresent(lstat(layout.blob(sha256))))?.nlink ?? 0) > 1) return false;
  const digests = await digestsOfReceipt(layout, sha256);
  await rm(layout.blob(sha256), { force: true });
  await rm(layout.receipt(sha256), { force: true });
  await rm(layout.marks(sha256), { force: true });
  for (const digest of digests)
    if (digest.startsWith('git-sha1:')) await rm(layout.alias(hexOf(digest)), { force: true });
  return true;
}

// A use of which nothing is left tells nothing any more.
async function forgetUses(layout: Layout, { blobs, uses }: Inventory, removed: readonly Removed[]): Promise<void> {
  const gone = new Set(removed.flatMap((one) => (one.sha256 === undefined ? [] : [one.sha256])));
  const left = new Set(blobs.map(({ sha256 }) => sha256).filter((sha256) => !gone.has(sha256)));
  for (const { name, digests } of uses) {
    // What git names stays known by its alias as long as its blob is there; without it nothing is left of it.
    const known = await resolveAll(layout, digests);
    if (![...known].some((sha256) => left.has(sha256))) await rm(layout.record('uses', name), { force: true });
  }
}
