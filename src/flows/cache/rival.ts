// Whether a cache that is read before anything else is worth the wait. One that stands still is left. When its first second is slow, the
// hub is asked for a little of one file, beside it; a hub that would be done much sooner gets the rest. One that cannot be had changes nothing.

import { ModelFetchError } from '../../core/errors.ts';
import { formatRange, type HttpRequest } from '../../core/http.ts';
import type { Clock, Transport } from '../../core/ports.ts';
import { showBytes } from '../../core/text/show.ts';

export interface RivalSetting {
  readonly clock: Clock;
  readonly transport: Transport;
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
  /** The cache brought so many bytes. */
  note(countBytes: number): void;
  /** One of its files was put into its place. */
  landed(): void;
  /** Why the cache is left. */
  reason(): ModelFetchError;
  end(): void;
}

const REVIEW_MS = 250;
/** A cache that brings less in so long stands still; with the review that notices it, two seconds. */
const SILENCE_MS = 1750;
const LEAST_BYTES = 256 * 1024;
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
  const beganMs = clock.nowMs();
  let broughtBytes = 0;
  let mark = { bytes: 0, ms: beganMs };
  let waits = 0;
  let isAsked = false;
  let hub: HubPace | undefined;
  const bytesPerMs = () => broughtBytes / Math.max(1, clock.nowMs() - beganMs);
  const review = () => {
    const { bytes, wantedBytes, files } = left();
    if (waits === 0 || broughtBytes - mark.bytes >= LEAST_BYTES) mark = { bytes: broughtBytes, ms: clock.nowMs() };
    if (waits === 0) return;
    if (clock.nowMs() - mark.ms >= SILENCE_MS) better.abort();
    const leftMs = bytes / bytesPerMs();
    if (clock.nowMs() - beganMs < GRACE_MS || leftMs <= PATIENCE_MS) return;
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
      let isOver = false;
      waits += 1;
      return () => {
        if (!isOver) waits -= 1;
        isOver = true;
      };
    },
    note(countBytes) {
      broughtBytes += countBytes;
    },
    landed() {
      broughtBytes += LANDING_BYTES;
    },
    reason() {
      if (hub === undefined) return new ModelFetchError('CACHE_RESTORE', 'it brought next to nothing for two seconds');
      const [own, others] = [bytesPerMs(), hub.bytesPerMs].map((perMs) => `${showBytes(perMs * 1000)} a second`);
      return new ModelFetchError('CACHE_RESTORE', `it brings ${own}, and one connection to the hub ${others}`);
    },
    end() {
      stop();
      over.abort();
    },
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
