// What of a put was taken and has not arrived: the two ends of a connection hold it, and whatever passes bytes on in between. It shows in
// how much is taken at once, before the host's own pace is seen. Pure; the clock is given.

export interface Swallowed {
  /** So many bytes are offered; none when all were taken. */
  offer(countBytes: number): void;
  /** So many were taken. */
  take(countBytes: number): void;
  readonly sentBytes: number;
  /** What is held on the way, at most; where all was taken at once, no more than two ends hold. */
  readonly heldBytes: number;
  /** How long that should take by the pace of this put, when all of it was taken; 0 before, and when no pace was seen. */
  readonly drainMs: number;
}

/** What the two ends of a connection hold at least. */
export const HELD_BYTES = 4 * 1024 * 1024;
/** No more is believed. */
const MOST_BYTES = 12 * 1024 * 1024;
/** What is taken in so short a time has gone into buffers. */
const AT_ONCE_MS = 100;
/** Less says nothing about a pace. */
const TELLING_BYTES = 1024 * 1024;
/** A host that is left at its end costs as much more. */
const MOST_MS = 2000;

export function createSwallowed(nowMs: () => number): Swallowed {
  let firstMs: number | undefined;
  let lastMs = 0;
  let isAll = false;
  let sentBytes = 0;
  let atOnceBytes = 0;
  const pacedBytes = () => sentBytes - Math.max(HELD_BYTES, atOnceBytes);
  const isPaced = () => pacedBytes() >= TELLING_BYTES;
  const heldBytes = () => Math.min(MOST_BYTES, isPaced() ? Math.max(HELD_BYTES, atOnceBytes) : HELD_BYTES);
  return {
    offer(countBytes) {
      lastMs = nowMs();
      firstMs ??= lastMs;
      isAll = countBytes === 0;
    },
    take(countBytes) {
      sentBytes += countBytes;
      if (firstMs !== undefined && nowMs() - firstMs <= AT_ONCE_MS) atOnceBytes = sentBytes;
    },
    get sentBytes() {
      return sentBytes;
    },
    get heldBytes() {
      return heldBytes();
    },
    get drainMs() {
      const pacedMs = lastMs - (firstMs ?? lastMs) - AT_ONCE_MS;
      if (!isAll || !isPaced() || pacedMs <= 0) return 0;
      return Math.min(MOST_MS, heldBytes() / (pacedBytes() / pacedMs));
    },
  };
}
