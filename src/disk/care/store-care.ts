// Looking after a store as a whole: what is in it, what may go, what is damaged. Safe while runs use it.

import { lstat } from 'node:fs/promises';
import pMap from 'p-map';
import type { Checked, StoreCare, StoreContent } from '../../core/ports/store-care.ts';
import type { Blob } from '../../core/ports.ts';
import { repoPath } from '../../core/repo-path.ts';
import { totalBytes } from '../../core/snapshot.ts';
import { createFileSystemClock } from '../fs-clock.ts';
import { ifPresent, onDisk } from '../io-error.ts';
import type { StoreParts } from '../slot/publish.ts';
import { find } from '../store/find.ts';
import { refuseNewer } from '../store/format.ts';
import type { Layout } from '../store/layout.ts';
import { collect, sweepStore } from './collect.ts';
import { takeInventory } from './inventory.ts';

/** Hashing is done by threads; as many blobs as they can be are in hand. */
const CHECKS_AT_ONCE = 4;

export function createStoreCare(parts: StoreParts): StoreCare {
  const { layout } = parts;
  const inStore = <T>(work: () => Promise<T>) =>
    onDisk(layout.folder, async () => {
      await refuseNewer(layout);
      return await work();
    });
  return {
    list: () => inStore(() => list(layout)),
    sweep: () => inStore(() => sweepStore(layout)),
    collect: (options, signal) => inStore(() => collect(layout, options, signal)),
    check: ({ dryRun }, signal) => inStore(() => check({ ...parts, lowers: [], isReadOnly: dryRun }, signal)),
  };
}

async function list(layout: Layout): Promise<StoreContent> {
  const { blobs, partials, uses } = await takeInventory(layout, [], await now(layout));
  const sizes = new Map(blobs.map(({ sha256, sizeBytes }) => [sha256, sizeBytes]));
  const described = uses.map(({ about, digests, contents, atMs }) => {
    const here = [...contents].filter((sha256) => sizes.has(sha256));
    const bytesHere = here.reduce((sum, sha256) => sum + (sizes.get(sha256) ?? 0), 0);
    return { about, usedMs: atMs, files: digests.length, filesHere: here.length, bytesHere };
  });
  return {
    folder: layout.folder,
    blobs: blobs.toSorted((a, b) => b.usedMs - a.usedMs),
    uses: described.sort((a, b) => b.usedMs - a.usedMs),
    partialBytes: totalBytes(partials),
  };
}

// Only asked of a store that is there: asking writes.
async function now(layout: Layout): Promise<number> {
  return (await ifPresent(lstat(layout.staging))) === undefined ? Date.now() : await createFileSystemClock(layout)();
}

async function check(parts: StoreParts, signal: AbortSignal): Promise<Checked> {
  const { blobs } = await takeInventory(parts.layout, [], parts.nowMs());
  const damaged: Blob[] = [];
  const checkOne = async ({ sha256, sizeBytes }: Blob) => {
    const file = { path: repoPath(sha256), sizeBytes, digests: [`sha256:${sha256}`] } as const;
    if ((await find(parts, file, 'full', signal)).damaged) damaged.push({ sha256, sizeBytes });
  };
  await pMap(blobs, checkOne, { concurrency: CHECKS_AT_ONCE });
  return { blobs: blobs.length, bytes: totalBytes(blobs), damaged };
}
