// Reads from the cache while it is looked whether the hub would be quicker, over all that is read before anything else: many entries that
// are each a little slow are slow together. Counts what is left; judges nothing, and reads nothing itself.

import type { Clock, EntryCache, Transport } from '../../core/ports.ts';
import { identityOf, type RemoteFile, totalBytes } from '../../core/snapshot.ts';
import { missingOf, type Work } from '../scan/scan.ts';
import { createRival, type Rival } from './rival.ts';

export interface BesideDependencies {
  readonly works: readonly Work[];
  readonly clock: Clock;
  readonly transport: Transport;
  readonly cache: Pick<EntryCache, 'allowance'>;
}

/** A rival that knows what is left. */
export interface RunRival extends Rival {
  /** For these files so many bytes have to be read, from now on. */
  measured(files: readonly RemoteFile[], sizeBytes: number): void;
  /** These files are over, whatever became of them. */
  passed(files: readonly RemoteFile[]): void;
}

/** @param files all that is wanted of the cache here */
export async function beside<T>(
  files: readonly RemoteFile[],
  { works, clock, transport, cache: { allowance } }: BesideDependencies,
  signal: AbortSignal,
  read: (rival: RunRival) => Promise<T>,
): Promise<T> {
  const ahead = new Set(files.map(identityOf));
  const [sample] = files.toSorted((a, b) => b.sizeBytes - a.sizeBytes);
  const work = works.find((one) => sample !== undefined && missingOf(one).includes(sample));
  let leftBytes = totalBytes(files);
  // Of the files that are not over.
  const wanted = () => files.filter((file) => ahead.has(identityOf(file)));
  const rival = createRival(
    {
      clock,
      transport,
      allowance,
      left() {
        const sizeBytes = totalBytes(wanted());
        const wantedBytes = Math.min(sizeBytes, leftBytes);
        const share = sizeBytes === 0 ? 0 : wantedBytes / sizeBytes;
        return { bytes: leftBytes, wantedBytes, files: Math.ceil(wanted().length * share) };
      },
      async locate(limited) {
        if (work === undefined || sample === undefined) return undefined;
        return (await work.hub.source.locate(work.snapshot, sample, limited))?.request;
      },
    },
    signal,
  );
  try {
    return await read({
      ...rival,
      note(countBytes) {
        leftBytes = Math.max(0, leftBytes - countBytes);
        rival.note(countBytes);
      },
      measured(some, sizeBytes) {
        const these = new Set(some.map(identityOf));
        leftBytes = sizeBytes + totalBytes(wanted().filter((file) => !these.has(identityOf(file))));
      },
      passed(some) {
        for (const file of some) ahead.delete(identityOf(file));
        leftBytes = totalBytes(wanted());
      },
    });
  } finally {
    rival.end();
  }
}
