// How a host of bytes takes what is sent to it, over all uploads of a run: how many puts it can have at once, and when it is to be
// left. What a socket has swallowed looks as if it had arrived, so what counts is what comes after, and answers.

import type { Clock } from '../../core/ports.ts';
import { createPatience, type Patience } from './patience.ts';

export interface UploadPaceSetting {
  readonly clock: Pick<Clock, 'every' | 'nowMs'>;
  /** How long nothing, or next to nothing, may be taken. */
  readonly patienceMs: number;
}

export interface UploadPace {
  /** Fires when the host is to be left; for good. */
  readonly signal: AbortSignal;
  /** How many puts may be under way at once: one until the first large one has been answered. */
  readonly lanes: number;
  begin(): Put;
}

/** One put, from its request to its answer. */
export interface Put {
  /** We are reading: nothing is held against the host meanwhile. */
  read(): void;
  /** So many bytes are offered. */
  offer(countBytes: number): void;
  /** What was offered has been taken. */
  taken(): void;
  /** The host shows that it is there. */
  alive(): void;
  answered(): void;
  end(): void;
}

/** Less in the time that patience gives is next to nothing. */
const LEAST_BYTES = 2 * 1024 * 1024;
/** What the two ends of a connection hold, at most, of what was taken and did not arrive. */
const SOCKET_BYTES = 4 * 1024 * 1024;
/** Smaller puts say more about the wait than about the pace. */
const TELLING_BYTES = 4 * 1024 * 1024;
const MOST_LANES = 8;
/** What a connection must have for the end of its bytes, which nobody sees arrive, to be short. */
const LANE_BYTES_PER_MS = 1000;

interface Answer {
  readonly busyMs: number;
  readonly sizeBytes: number;
}

/** A limit of time beyond the patience is given only where the host has shown before that it needs it. */
export function createUploadPace({ clock, patienceMs }: UploadPaceSetting): UploadPace {
  const controller = new AbortController();
  const puts = new Set<{ isOurs: boolean; sentBytes: number }>();
  // Of puts that tell something; the first is the beginning.
  let answers: readonly Answer[] = [{ busyMs: 0, sizeBytes: 0 }];
  let movedBytes = 0;
  let busy = { beforeMs: 0, sinceMs: 0 };
  let patience: Patience | undefined;

  const busyMs = () => busy.beforeMs + (puts.size === 0 ? 0 : clock.nowMs() - busy.sinceMs);
  const bytesPerMs = () => {
    const [first, ...rest] = answers;
    const last = rest.at(-1);
    if (first === undefined || last === undefined) return undefined;
    return rest.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / Math.max(1, last.busyMs - first.busyMs);
  };
  const expectedMs = () => {
    const swallowedBytes = [...puts].reduce((sum, { sentBytes }) => sum + Math.min(sentBytes, SOCKET_BYTES), 0);
    return swallowedBytes / (bytesPerMs() ?? Number.POSITIVE_INFINITY);
  };
  const setting = {
    clock,
    limitMs: () => Math.max(patienceMs, patienceMs / 2 + expectedMs()),
    isTheirTurn: () => ![...puts].some(({ isOurs }) => isOurs),
  };
  const live = () => {
    movedBytes = 0;
    patience?.renew();
  };
  const open = () => {
    busy = { ...busy, sinceMs: clock.nowMs() };
    movedBytes = 0;
    patience = createPatience(setting);
    patience.signal.addEventListener('abort', () => controller.abort(), { once: true });
  };

  return {
    signal: controller.signal,
    get lanes() {
      return Math.min(MOST_LANES, Math.max(1, Math.floor((bytesPerMs() ?? 0) / LANE_BYTES_PER_MS)));
    },
    begin() {
      if (puts.size === 0) open();
      const put = { isOurs: false, sentBytes: 0 };
      let offeredBytes = 0;
      puts.add(put);
      return {
        read() {
          put.isOurs = true;
        },
        offer(countBytes) {
          put.isOurs = false;
          offeredBytes = countBytes;
        },
        taken() {
          put.sentBytes += offeredBytes;
          movedBytes += offeredBytes;
          offeredBytes = 0;
          if (movedBytes >= LEAST_BYTES) live();
        },
        alive: live,
        answered() {
          live();
          if (put.sentBytes >= TELLING_BYTES) {
            answers = [...answers, { busyMs: busyMs(), sizeBytes: put.sentBytes }].slice(-MOST_LANES - 1);
          }
        },
        end() {
          const endedMs = busyMs();
          if (!puts.delete(put) || puts.size > 0) return;
          busy = { beforeMs: endedMs, sinceMs: 0 };
          patience?.end();
        },
      };
    },
  };
}
