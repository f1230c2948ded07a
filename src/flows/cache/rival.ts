// Whether a cache that is read before anything else is worth the wait. One that stands still is left. When its first second is slow, the
// hub is asked for a little of one file, beside it; a hub that would be done much sooner gets the rest. One that cannot be had changes nothing.

import type { Allowance } from '../../core/cache/allowance.ts';
import { ModelFetchError } from '../../core/errors.ts';
import { formatRange, type HttpRequest } from '../../core/http.ts';
import type { Clock, Transport } from '../../core/ports.ts';
import { showBytes } from '../../core/text/show.ts';

export interface RivalSetting {
  readonly clock: Clock;
  readonly transport: Transport;
  /** Silence uses it up. */
  readonly allowance: Allowance;
  left(): Left;
  /** Where the hub has one of the files. */
  locate(signal: AbortSignal): Promise<HttpRequest | undefined>;
}

export interface Left {
  /** What the cache still has to bring. */
  readonly bytes: number;
  /** What the hub would have to bring in its place: without what nobody wants. */
  readonly wantedBytes: number;
  readonly files: number;
}

export interface Rival {
  /** Fires when the hub should have the rest, or the cache stands still. */
  readonly signal: AbortSignal;
  /** The cache is waited for, until what is returned is called: what is done with the bytes afterwards is not held against it. */
  wait(): () => void;
  /** We are busy with what came, until what is returned is called: nobody waits for the cache meanwhile. */
  work(): () => void;
  /** The cache brought so many bytes. */
  note(countBytes: number): void;
  /** One of its files was put into its place. */
  landed(): void;
  /** Why the cache is left. */
  reason(): ModelFetchError;
  end(): void;
}

const REVIEW_MS = 250;
/** A cache that brings less for as long as the allowance lasts stands still. */
const LEAST_BYTES = 256 * 1024;
/** And when it takes longer for that, the allowance is less by it. */
const FAIR_MS = 1000;
/** A cache is not judged sooner, nor when it is done so soon. */
const GRACE_MS = 1000;
const PATIENCE_MS = 2000;
/** The hub must be so many times quicker. */
const FACTOR = 2;
const SAMPLE_BYTES = 8 * 1024 * 1024;
/** Less says more about the wait than about the pace. */
const TELLING_BYTES = 256 * 1024;
/** What landing a file counts for: many small ones keep the disk busy, not the network. */
const LANDING_BYTES = 16 * 1024;
/** Small files come over so many connections of a hub at least. */
const CONNECTIONS = 8;

interface HubPace {
  readonly waitMs: number;
  readonly bytesPerMs: number;
}

/** Begins to watch at once. */
export function createRival(setting: RivalSetting, signal: AbortSignal): Rival {
  const { clock, left } = setting;
  const better = new AbortController();
  const over = new AbortController();
  let broughtBytes = 0;
  let mark = { bytes: 0, ms: clock.nowMs() };
  let waits = 0;
  let works = 0;
  // Nobody waited for the cache when it was last looked at.
  let isRest = true;
  // How long it was the cache that everything waited for.
  let theirMs = 0;
  let isAsked = false;
  let isStill = false;
  let hub: HubPace | undefined;
  const bytesPerMs = () => broughtBytes / Math.max(1, theirMs);
  const markHere = () => {
    mark = { bytes: broughtBytes, ms: clock.nowMs() };
  };
  const review = () => {
    isRest = waits === 0 || works > 0;
    if (isRest) return markHere();
    theirMs += REVIEW_MS;
    const waitedMs = clock.nowMs() - mark.ms;
    const isMoving = broughtBytes - mark.bytes >= LEAST_BYTES;
    // The review that notices it is part of it.
    if (!isMoving && waitedMs + REVIEW_MS >= setting.allowance.leftMs) isStill = true;
    if (isStill) better.abort();
    if (isStill || (isMoving && waitedMs > FAIR_MS)) setting.allowance.spend(waitedMs);
    if (isMoving) markHere();
    const { bytes, wantedBytes, files } = left();
    const leftMs = bytes / bytesPerMs();
    if (theirMs < GRACE_MS || leftMs <= PATIENCE_MS) return;
    if (hub !== undefined && leftMs > FACTOR * (wantedBytes / hub.bytesPerMs + (files * hub.waitMs) / CONNECTIONS)) {
      better.abort();
    }
    if (isAsked) return;
    isAsked = true;
    void ask(setting, AbortSignal.any([signal, over.signal])).then((pace) => {
      hub = pace;
    });
  };
  const stop = clock.every(REVIEW_MS, review);
  return {
    signal: better.signal,
    wait() {
      if (isRest) markHere();
      isRest = false;
      waits += 1;
      return once(() => {
        waits -= 1;
      });
    },
    work() {
      works += 1;
      return once(() => {
        works -= 1;
      });
    },
    note(countBytes) {
      broughtBytes += countBytes;
    },
    landed() {
      broughtBytes += LANDING_BYTES;
    },
    reason() {
      if (isStill || hub === undefined) return new ModelFetchError('CACHE_RESTORE', 'it stood still');
      const [own, others] = [bytesPerMs(), hub.bytesPerMs].map((perMs) => `${showBytes(perMs * 1000)} a second`);
      return new ModelFetchError('CACHE_RESTORE', `it brings ${own}, and one connection to the hub ${others}`);
    },
    end() {
      stop();
      over.abort();
    },
  };
}

function once(work: () => void): () => void {
  let isOver = false;
  return () => {
    if (!isOver) work();
    isOver = true;
  };
}

/** @returns undefined when the hub cannot be had, whatever the reason: then nothing is better than the cache */
async function ask({ clock, transport, locate }: RivalSetting, signal: AbortSignal): Promise<HubPace | undefined> {
  try {
    const request = await locate(signal);
    if (request === undefined) return undefined;
    const askedMs = clock.nowMs();
    const headers = { ...request.headers, range: formatRange({ start: 0, end: SAMPLE_BYTES }) };
    const response = await transport.send({ ...request, headers }, signal);
    const headMs = clock.nowMs();
    let bytes = 0;
    try {
      if (response.status !== 200 && response.status !== 206) return undefined;
      for await (const chunk of response.body) {
        bytes += chunk.length;
        if (bytes >= SAMPLE_BYTES || clock.nowMs() - headMs >= GRACE_MS) break;
      }
    } finally {
      await response.discard();
    }
    if (bytes < TELLING_BYTES) return undefined;
    return { waitMs: headMs - askedMs, bytesPerMs: bytes / Math.max(1, clock.nowMs() - headMs) };
  } catch {
    // It was only to be compared with; the transfer tells what is wrong with it, should it be needed.
    return undefined;
  }
}
