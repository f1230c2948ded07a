// What the sources of a run have shown they can do, and which of them the next range should come from. Pure; the clock is given.

/** One connection to a source, from its request to its end. */
export interface Gauge {
  /** The answer begins. */
  head(): void;
  note(countBytes: number): void;
  /** It waits before it asks again; nothing is judged until it does. */
  rest(): void;
  /** It asks anew. */
  resume(): void;
  /** Milliseconds that the rest should take at this connection's own speed, endless where nothing comes; undefined while it is
   * too early to tell. */
  leftMs(leftBytes: number): number | undefined;
  end(): void;
}

export interface Ranking {
  /** The name that a range of this length should come from. One that nobody knows yet is tried by one connection at a time; else it
   * is the quickest. With nothing to compare, connections are spread evenly. @param names at least one, the preferred first */
  choose(names: readonly string[], rangeBytes: number): string;
  /** @param patienceMs the most that this source may be silent, where it is not what it is for all */
  begin(name: string, patienceMs?: number): Gauge;
  /** Whether nothing is known of the source, and nobody is finding out. */
  isUntried(name: string, rangeBytes: number): boolean;
  /** Milliseconds that one connection to the source should take for so many bytes; undefined while it has not been measured. */
  expectMs(name: string, rangeBytes: number): number | undefined;
  /** Bytes a second that one connection brought lately. */
  perSecond(name: string): number | undefined;
}

const WINDOW_MS = 200;
/** A window with less goes on: a trickle is as good as silence, and is seen as soon. */
const WINDOW_BYTES = 16 * 1024;
/** Of a patience, what passes before anybody looks. */
const LOOK_MS = 250;
/** Less says more about the wait than about the speed. */
const MIN_SAMPLE_BYTES = 256 * 1024;
const NEWEST_SHARE = 0.4;
/** No connection is judged before. */
export const GRACE_MS = 1000;
/** What was measured longer ago is worth another try. */
const STALE_MS = 20_000;
/** Bytes a millisecond, for a source that has only sent short answers so far. */
const ASSUMED_PER_MS = 10_000;

interface Record {
  latencyMs: number | undefined;
  perMs: number | undefined;
  measuredMs: number;
  active: number;
}

export function createRanking(nowMs: () => number): Ranking {
  const records = new Map<string, Record>();
  const recordOf = (name: string): Record => {
    const known = records.get(name) ?? { latencyMs: undefined, perMs: undefined, measuredMs: 0, active: 0 };
    records.set(name, known);
    return known;
  };
  // Short answers show how long a source takes to answer, and not how quick it is then.
  const isKnown = ({ latencyMs, perMs, active, measuredMs }: Record, rangeBytes: number) =>
    (rangeBytes < MIN_SAMPLE_BYTES ? latencyMs : perMs) !== undefined &&
    (active > 0 || nowMs() - measuredMs < STALE_MS);
  const isUntried = (name: string, rangeBytes: number) =>
    !isKnown(recordOf(name), rangeBytes) && recordOf(name).active === 0;
  const expectMs = (name: string, rangeBytes: number) => {
    const { latencyMs, perMs } = recordOf(name);
    return latencyMs === undefined ? undefined : latencyMs + rangeBytes / (perMs ?? ASSUMED_PER_MS);
  };

  return {
    expectMs,
    isUntried,
    perSecond(name) {
      const { perMs } = recordOf(name);
      return perMs === undefined ? undefined : perMs * 1000;
    },
    choose(names, rangeBytes) {
      const untried = names.find((name) => isUntried(name, rangeBytes));
      if (untried !== undefined) return untried;
      const known = names.flatMap((name) => {
        const ms = expectMs(name, rangeBytes);
        return ms === undefined ? [] : [{ name, ms }];
      });
      const [leastAsked = ''] = names.toSorted((a, b) => recordOf(a).active - recordOf(b).active);
      return known.toSorted((a, b) => a.ms - b.ms)[0]?.name ?? leastAsked;
    },
    begin: (name, patienceMs = Number.POSITIVE_INFINITY) => createGauge(recordOf(name), nowMs, patienceMs),
  };
}

function createGauge(record: Record, nowMs: () => number, patienceMs: number): Gauge {
  const mostMs = Math.max(LOOK_MS, patienceMs - LOOK_MS);
  const graceMs = Math.min(GRACE_MS, mostMs);
  let beganMs = nowMs();
  let isResting = false;
  let headMs: number | undefined;
  let perMs: number | undefined;
  let windowMs = beganMs;
  let windowBytes = 0;
  let lastMs = beganMs;
  let totalBytes = 0;
  record.active += 1;

  const measure = (bytesPerMs: number) => {
    perMs = blend(perMs, bytesPerMs);
    record.perMs = blend(record.perMs, bytesPerMs);
    record.measuredMs = nowMs();
  };
  const wait = (waitedMs: number) => {
    record.latencyMs = blend(record.latencyMs, waitedMs);
    record.measuredMs = nowMs();
  };
  const closeWindow = () => {
    measure(windowBytes / Math.max(1, nowMs() - windowMs));
    windowMs = nowMs();
    windowBytes = 0;
  };
  return {
    head() {
      if (headMs !== undefined) return;
      headMs = nowMs();
      windowMs = headMs;
      lastMs = headMs;
      wait(headMs - beganMs);
    },
    note(countBytes) {
      lastMs = nowMs();
      windowBytes += countBytes;
      totalBytes += countBytes;
      if (nowMs() - windowMs >= WINDOW_MS && windowBytes >= WINDOW_BYTES) closeWindow();
    },
    rest() {
      isResting = true;
    },
    resume() {
      isResting = false;
      headMs = undefined;
      beganMs = nowMs();
      windowMs = beganMs;
      windowBytes = 0;
    },
    leftMs(leftBytes) {
      if (isResting) return undefined;
      const silentMs = nowMs() - windowMs;
      if (headMs === undefined) {
        // How long an answer takes is known only of sources that have given one.
        return silentMs < Math.min(mostMs, GRACE_MS + 3 * (record.latencyMs ?? 0))
          ? undefined
          : Number.POSITIVE_INFINITY;
      }
      if (nowMs() - headMs < graceMs) return undefined;
      const isSilent = nowMs() - lastMs >= graceMs || (silentMs >= graceMs && windowBytes < WINDOW_BYTES);
      if (isSilent) return Number.POSITIVE_INFINITY;
      const current = silentMs >= graceMs ? windowBytes / silentMs : perMs;
      return current === undefined ? undefined : leftBytes / current;
    },
    end() {
      record.active -= 1;
      if (isResting) return;
      const elapsedMs = nowMs() - windowMs;
      if (headMs === undefined) {
        // It was given up before it answered: at least so long does it take.
        if (elapsedMs >= GRACE_MS) wait(elapsedMs);
      } else if (elapsedMs >= GRACE_MS || windowBytes >= MIN_SAMPLE_BYTES) {
        closeWindow();
      } else if (record.perMs === undefined && totalBytes >= MIN_SAMPLE_BYTES) {
        measure(totalBytes / Math.max(1, nowMs() - headMs));
      }
    },
  };
}

function blend(before: number | undefined, newest: number): number {
  return before === undefined ? newest : before + (newest - before) * NEWEST_SHARE;
}
