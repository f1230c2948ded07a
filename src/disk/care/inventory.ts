// Everything that takes space in a store, by its metadata alone, and who needs it. Changes nothing.

import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, toDigest } from '../../core/digest.ts';
import type { Keeper, StoredBlob } from '../../core/ports/store-care.ts';
import { ifOurs, ifPresent } from '../io-error.ts';
import { isPartialKept } from '../lease/abandoned.ts';
import { ownerState } from '../lease/owner.ts';
import { untilFresh } from '../stale.ts';
import type { Layout } from '../store/layout.ts';
import { type NeedRecord, readRecords } from '../store/record.ts';
import { createNeeded, createResolver, type Needed } from './needed.ts';

export interface StoredPartial {
  readonly folder: string;
  /** That it takes on disk. */
  readonly sizeBytes: number;
  readonly usedMs: number;
  /** Somebody may still be writing to it. */
  readonly isOpen: boolean;
}

export interface Inventory {
  readonly blobs: readonly StoredBlob[];
  readonly partials: readonly StoredPartial[];
  readonly uses: readonly UseRecord[];
  /** What runs hold, to be looked at again. */
  readonly held: Needed;
}

export interface UseRecord extends NeedRecord {
  /** The sha256 in hex of what its digests lead to. */
  readonly contents: ReadonlySet<string>;
}

/** @param nowMs by the clock of the file system */
export async function takeInventory(layout: Layout, keep: readonly Digest[], nowMs: number): Promise<Inventory> {
  const resolver = createResolver(layout);
  const uses: UseRecord[] = [];
  const usedMs = new Map<string, number>();
  for (const record of await readRecords(layout, 'uses')) {
    const contents = await resolver.resolve(record.digests);
    uses.push({ ...record, contents });
    for (const sha256 of contents) usedMs.set(sha256, Math.max(usedMs.get(sha256) ?? 0, record.atMs));
  }
  const kept = await resolver.resolve(keep);
  const pinned = createNeeded(layout, 'pins', resolver);
  const held = createNeeded(layout, 'holds', resolver);
  await pinned.look();
  await held.look();
  const blobs: StoredBlob[] = [];
  for await (const { name, path } of filesBelow(layout.roots.blobs)) {
    const stat = toDigest('sha256', name) === undefined ? undefined : await ifPresent(untilFresh(() => lstat(path)));
    if (stat === undefined || !stat.isFile()) continue;
    const keeper: Keeper | undefined = held.has(name)
      ? 'run'
      : kept.has(name) || pinned.has(name)
        ? 'lock'
        : stat.nlink > 1
          ? 'link'
          : undefined;
    // Without a record: when it came, or when its last link went.
    const blob = { sha256: name, sizeBytes: stat.size, usedMs: usedMs.get(name) ?? stat.ctimeMs };
    blobs.push(keeper === undefined ? blob : { ...blob, keeper });
  }
  return { blobs, partials: await findPartials(layout, nowMs), uses, held };
}

async function* filesBelow(root: string): AsyncGenerator<{ name: string; path: string }> {
  for (const shard of (await ifPresent(untilFresh(() => readdir(root)))) ?? []) {
    for (const name of (await ifPresent(untilFresh(() => readdir(join(root, shard))))) ?? [])
      yield { name, path: join(root, shard, name) };
  }
}

async function findPartials(layout: Layout, nowMs: number): Promise<StoredPartial[]> {
  const partials: StoredPartial[] = [];
  for await (const { name, path } of filesBelow(layout.roots.partials)) {
    const folder = await ifOurs(untilFresh(() => lstat(path)));
    if (folder?.isDirectory() !== true) continue;
    // What another user keeps to themselves can neither be counted nor removed, and shows no time but the folder's.
    const data = await ifOurs(untilFresh(() => lstat(join(path, 'data'))));
    const journal = await ifOurs(untilFresh(() => lstat(join(path, 'journal'))));
    const usedMs = Math.max(journal?.mtimeMs ?? 0, data?.mtimeMs ?? 0, folder.mtimeMs);
    // Where a system does not count blocks, a file takes its length.
    const sizeBytes = data === undefined ? 0 : Math.min(data.size, (data.blocks ?? Number.POSITIVE_INFINITY) * 512);
    partials.push({ folder: path, sizeBytes, usedMs, isOpen: isPartialKept(ownerState(name), nowMs - usedMs) });
  }
  return partials;
}
