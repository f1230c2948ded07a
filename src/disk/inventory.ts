// Everything that takes space in a store, by its metadata alone, and who needs it. Changes nothing.

import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { algorithmOf, type Digest, hexOf, toDigest } from '../core/digest.ts';
import type { Keeper, StoredBlob } from '../core/store-care.ts';
import { isPartialKept } from './abandoned.ts';
import { ifPresent } from './io-error.ts';
import type { Layout } from './layout.ts';
import { ownerState } from './owner.ts';
import { readAlias } from './receipt.ts';
import { type NeedRecord, readRecords } from './record.ts';

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
  readonly uses: readonly NeedRecord[];
}

/** @param nowMs by the clock of the file system */
export async function takeInventory(layout: Layout, keep: readonly Digest[], nowMs: number): Promise<Inventory> {
  const uses = await readRecords(layout, 'uses');
  const usedMs = new Map<string, number>();
  for (const { digests, atMs } of uses) {
    for (const sha256 of await resolveAll(layout, digests)) usedMs.set(sha256, Math.max(usedMs.get(sha256) ?? 0, atMs));
  }
  const pinned = await neededBy(layout, 'pins', keep);
  const held = await neededBy(layout, 'holds');
  const blobs: StoredBlob[] = [];
  for await (const { name, path } of filesBelow(layout.roots.blobs)) {
    const stat = toDigest('sha256', name) === undefined ? undefined : await ifPresent(lstat(path));
    if (stat === undefined || !stat.isFile()) continue;
    const keeper: Keeper | undefined = held.has(name)
      ? 'run'
      : pinned.has(name)
        ? 'lock'
        : stat.nlink > 1
          ? 'link'
          : undefined;
    // Without a record: when it came, or when its last link went.
    const blob = { sha256: name, sizeBytes: stat.size, usedMs: usedMs.get(name) ?? stat.ctimeMs };
    blobs.push(keeper === undefined ? blob : { ...blob, keeper });
  }
  return { blobs, partials: await findPartials(layout, nowMs), uses };
}

/** The sha256 of all that records of a kind name. */
export async function neededBy(
  layout: Layout,
  kind: 'holds' | 'pins',
  more: readonly Digest[] = [],
): Promise<Set<string>> {
  const records = (await readRecords(layout, kind)).filter(
    ({ name }) => kind === 'pins' || ownerState(name) !== 'dead',
  );
  return await resolveAll(layout, [...more, ...records.flatMap(({ digests }) => digests)]);
}

/** Those that are known of these contents, in hex. */
export async function resolveAll(layout: Layout, digests: readonly Digest[]): Promise<Set<string>> {
  const known = new Set<string>();
  for (const digest of digests) {
    const sha256 = algorithmOf(digest) === 'sha256' ? hexOf(digest) : await readAlias(layout, hexOf(digest));
    if (sha256 !== undefined) known.add(sha256);
  }
  return known;
}

async function* filesBelow(root: string): AsyncGenerator<{ name: string; path: string }> {
  for (const shard of (await ifPresent(readdir(root))) ?? []) {
    for (const name of (await ifPresent(readdir(join(root, shard)))) ?? [])
      yield { name, path: join(root, shard, name) };
  }
}

async function findPartials(layout: Layout, nowMs: number): Promise<StoredPartial[]> {
  const partials: StoredPartial[] = [];
  for await (const { name, path } of filesBelow(layout.roots.partials)) {
    const data = await ifPresent(lstat(join(path, 'data')));
    const journal = await ifPresent(lstat(join(path, 'journal')));
    const usedMs = Math.max(journal?.mtimeMs ?? 0, data?.mtimeMs ?? 0, (await ifPresent(lstat(path)))?.mtimeMs ?? 0);
    // Where a system does not count blocks, a file takes its length.
    const sizeBytes = data === undefined ? 0 : Math.min(data.size, (data.blocks ?? Number.POSITIVE_INFINITY) * 512);
    partials.push({ folder: path, sizeBytes, usedMs, isOpen: isPartialKept(ownerState(name), nowMs - usedMs) });
  }
  return partials;
}
