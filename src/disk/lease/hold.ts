// What this process needs of the store, so that garbage collection passes it by: written where there is a store, remembered where
// there is none yet.

import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { identityOf, type RemoteFile } from '../../core/snapshot.ts';
import { errnoOf, ifPresent } from '../io-error.ts';
import { removeLeftover } from '../leftover.ts';
import type { Layout } from '../store/layout.ts';
import { type Need, writeRecord } from '../store/record.ts';
import { releaseOwner, takeOwner } from './owner.ts';

export interface Holds {
  hold(about: string, files: readonly RemoteFile[]): Promise<void>;
  pin(by: string, files: readonly RemoteFile[]): Promise<void>;
  /** To be called when the store's folders have been made. */
  write(): Promise<void>;
  release(): Promise<void>;
}

export function createHolds(layout: Layout): Holds {
  const owner = takeOwner();
  const needs: Need[] = [];
  const pins: Need[] = [];
  let written = 0;

  // A full disk keeps nobody from using what is there; what is not written may be collected.
  const write = async () => {
    try {
      await writeAll();
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  };
  const writeAll = async () => {
    const news = needs.slice(written);
    written = needs.length;
    for (const need of news) await writeRecord(layout, 'uses', nameOf(need), need);
    // Many repositories have their lock file at one path: a pin is of a path and what it names, and goes by its age.
    for (const pin of pins.splice(0)) await writeRecord(layout, 'pins', nameOf(pin), pin);
    const digests = [...new Set(needs.flatMap((need) => need.digests))];
    if (news.length > 0) await writeRecord(layout, 'holds', owner, { about: 'a run', digests });
  };
  // A run that fails before it has anything to store leaves nothing behind.
  const writeIfThere = async () => {
    if ((await ifPresent(lstat(layout.staging))) !== undefined) await write();
  };
  return {
    async hold(about, files) {
      needs.push({ about, digests: digestsOf(files) });
      await writeIfThere();
    },
    async pin(by, files) {
      pins.push({ about: by, digests: digestsOf(files) });
      await writeIfThere();
    },
    write,
    async release() {
      needs.splice(0);
      written = 0;
      await removeLeftover(layout.record('holds', owner));
      releaseOwner(owner);
    },
  };
}

function digestsOf(files: readonly RemoteFile[]): Need['digests'] {
  return [...new Set(files.map(identityOf))].sort();
}

// Shorter than a digest: only content is named by one.
function nameOf({ about, digests }: Need): string {
  const text = [about, ...digests].join('\n');
  return createHash('sha256').update(text).digest('hex').slice(0, 40);
}
