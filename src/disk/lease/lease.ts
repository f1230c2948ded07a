// Leases: of many processes that want one content, the first brings it in and the others wait for it. They only save work. Where
// the file system lies about them, or they are turned off, each process does all the work itself, and the result is the same.

import { lstat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Digest } from '../../core/digest.ts';
import { aborted } from '../../core/errors.ts';
import { throwIfAborted } from '../abort.ts';
import { createFileSystemClock } from '../fs-clock.ts';
import { errnoOf, ifPresent } from '../io-error.ts';
import type { Layout } from '../store/layout.ts';
import {
  breakLeaseFile,
  createLeaseFile,
  type LeaseFile,
  readLeaseFile,
  removeLeaseFile,
  renewLeaseFile,
} from './lease-file.ts';
import { isHeldHere, ownerState, releaseOwner, takeOwner } from './owner.ts';

/** All in milliseconds. */
export interface LeasePace {
  /** Between two heartbeats. */
  readonly beatMs: number;
  /** A holder that was silent for so long is taken for dead; the longest that anyone waits for one that is, or that gets no byte. */
  readonly expiryMs: number;
  /** Between two looks of one who waits. */
  readonly lookMs: number;
}

export const LEASE_PACE: LeasePace = { beatMs: 5000, expiryMs: 30_000, lookMs: 250 };

export interface Lease {
  /** Something happened to the content: only then there is a next heartbeat, so that others may try where nothing does. */
  touch(): void;
  /** What happens to it for as long as the work goes on, such as hashing. Gives what the work gives. */
  during<T>(work: Promise<T>): Promise<T>;
  /** Harmless when it was called before. */
  release(): Promise<void>;
}

export interface Leases {
  /** Undefined while another process holds the content's lease. Never fails for the lease's sake. */
  take(digest: Digest): Promise<Lease | undefined>;
  /** Waits until `take` may succeed. @throws ABORTED */
  untilFree(digest: Digest, signal: AbortSignal): Promise<void>;
}

/** For a content that nobody waits for. */
export const FREE: Lease = { touch: () => undefined, during: (work) => work, release: async () => undefined };

export function createLeases(layout: Layout, pace: LeasePace = LEASE_PACE): Leases {
  const isOver = createJudge(layout, pace);

  const tryTake = async (path: string): Promise<Lease | undefined> => {
    const owner = takeOwner();
    try {
      if (await createLeaseFile(path, owner)) return keepAlive(path, owner, pace);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      // A folder where leases cannot be made is one without.
      releaseOwner(owner);
      return FREE;
    }
    releaseOwner(owner);
    return undefined;
  };
  return {
    async take(digest) {
      const path = layout.lease(digest);
      const lease = await tryTake(path);
      if (lease !== undefined) return lease;
      const seen = await look(path);
      // One process knows itself what it has in hand.
      if (seen !== undefined && isHeldHere(seen.owner)) return FREE;
      if (seen !== undefined && !(await isOver(path, seen))) return undefined;
      if (seen !== undefined) await breakLeaseFile(layout, path, seen);
      const next = await tryTake(path);
      if (next !== undefined || seen === undefined) return next;
      // One that may not be taken away, as another user's, holds nobody up.
      return (await look(path))?.beat === seen.beat ? FREE : undefined;
    },
    async untilFree(digest, signal) {
      const path = layout.lease(digest);
      for (;;) {
        throwIfAborted(signal);
        const seen = await look(path);
        if (seen === undefined || (await isOver(path, seen))) return;
        await wait(pace.lookMs, undefined, { signal }).catch(() => Promise.reject(aborted()));
      }
    },
  };
}

/** Whether the holder of a lease that was seen is dead, by all that can be known of it from here. */
function createJudge(layout: Layout, pace: LeasePace): (path: string, seen: LeaseFile) => Promise<boolean> {
  const now = createFileSystemClock(layout);
  // How long this process has seen the same heartbeat, for a file system whose clock was set or stands still.
  const watched = new Map<string, { readonly beat: string; readonly sinceMs: number }>();
  return async (path, seen) => {
    if (ownerState(seen.owner) === 'dead') return true;
    const before = watched.get(path);
    if (before?.beat !== seen.beat) watched.set(path, { beat: seen.beat, sinceMs: performance.now() });
    else if (performance.now() - before.sinceMs > pace.expiryMs) return true;
    return (await now()) - seen.beatMs > pace.expiryMs;
  };
}

const UNREADABLE: LeaseFile = { owner: '', beat: '', beatMs: Number.POSITIVE_INFINITY };

// What cannot be read now is looked at again; what never can (a folder, a link to nowhere) is silent, and its lease is over some day.
async function look(path: string): Promise<LeaseFile | undefined> {
  try {
    return (await readLeaseFile(path)) ?? ((await ifPresent(lstat(path))) === undefined ? undefined : UNREADABLE);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return UNREADABLE;
  }
}

function keepAlive(path: string, owner: string, pace: LeasePace): Lease {
  let isTouched = false;
  let atWork = 0;
  let beating: Promise<void> = Promise.resolve();
  let isReleased = false;
  const timer = setInterval(() => {
    if (!isTouched && atWork === 0) return;
    isTouched = false;
    beating = beating.then(() => renewLeaseFile(path, owner)).catch(() => undefined); // The next one may succeed; others take over if none does.
  }, pace.beatMs).unref();
  return {
    touch() {
      isTouched = true;
    },
    async during(work) {
      atWork += 1;
      try {
        return await work;
      } finally {
        atWork -= 1;
        isTouched = true;
      }
    },
    async release() {
      if (isReleased) return;
      isReleased = true;
      clearInterval(timer);
      await beating;
      await removeLeaseFile(path, owner).catch(() => undefined); // It expires by itself.
      releaseOwner(owner);
    },
  };
}
