// Takes away what runs left that are over: private names, leases, holds, partial downloads, records of nothing, old receipts of files
// that were published. Touches no content.

import { lstat, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ifOurs, ifPresent } from '../io-error.ts';
import { isPartialForgotten, isPinForgotten, isRunOver, isTextForgotten, isUseForgotten } from '../lease/abandoned.ts';
import { readLeaseFile } from '../lease/lease-file.ts';
import { type OwnerState, ownerState } from '../lease/owner.ts';
import { removeLeftover, tidyUp } from '../leftover.ts';
import { untilFresh } from '../stale.ts';
import type { Layout } from '../store/layout.ts';

/** @param nowMs by the clock of the file system @throws the system's own error */
export async function sweep(layout: Layout, nowMs: number): Promise<void> {
  const byName = async (path: string) => ownerState(basename(path));
  await removeFrom(layout.staging, nowMs, byName, isRunOver);
  await removeFrom(layout.records('holds'), nowMs, byName, isRunOver);
  await removeFrom(layout.leases, nowMs, holderState, isRunOver);
  await removeFrom(layout.records('pins'), nowMs, byName, (_, ageMs) => isPinForgotten(ageMs));
  await removeFrom(layout.records('uses'), nowMs, byName, (_, ageMs) => isUseForgotten(ageMs));
  await removeFrom(layout.keptTexts, nowMs, byName, (_, ageMs) => isTextForgotten(ageMs));
  for (const digest of await namesIn(layout.roots.partials))
    await removeFrom(join(layout.roots.partials, digest), nowMs, byName, isPartialForgotten);
  for (const part of await namesIn(layout.origins))
    await removeFrom(join(layout.origins, part), nowMs, byName, (_, ageMs) => isTextForgotten(ageMs));
}

async function holderState(path: string): Promise<OwnerState> {
  return ownerState((await readLeaseFile(path))?.owner ?? '');
}

async function removeFrom(
  folder: string,
  nowMs: number,
  stateOf: (path: string) => Promise<OwnerState>,
  isOver: (state: OwnerState, ageMs: number) => boolean,
): Promise<void> {
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    await tidyUp(async () => {
      const ageMs = nowMs - (await youngest(path));
      if (isOver(await stateOf(path), ageMs)) await removeLeftover(path);
    });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await ifOurs(untilFresh(() => readdir(folder)))) ?? [];
}

// A partial is as young as its journal.
async function youngest(path: string): Promise<number> {
  const found = await ifPresent(lstat(path));
  const journal = found?.isDirectory() ? await ifPresent(lstat(join(path, 'journal'))) : undefined;
  return Math.max(found?.mtimeMs ?? 0, journal?.mtimeMs ?? 0);
}
