// How a host of bytes takes what is sent to it, over all uploads of a run: how many puts it can have at once, and when it is to be
// left. What a socket has swallowed looks as if it had arrived, so what tells is how long the host takes to answer then.

import type { Allowance } from '../../core/cache/allowance.ts';
import type { Clock } from '../../core/ports.ts';
import { BEAT_MS, createPatience, type Patience } from './patience.ts';
import { createStillness } from './stillness.ts';
import { createSwallowed, type Swallowed } from './swallowed.ts';

export interface UploadPaceSetting {
  readonly clock: Pick<Clock, 'every' | 'nowMs'>;
  /** How long nothing, or next to nothing, may be taken: what is left of it. */
  readonly allowance: Pick<Allowance, 'leftMs' | 'spend'>;
}

export interface UploadPace {
  /** Fires when the host is to be left; for good. */
  readonly signal: AbortSignal;
  /** How many puts may be under way at once: one until the first large one has been answered. */
  readonly lanes: number;
  /** @param dueMs how long its answer may take although nothing moves meanwhile, as long as the host shows that it is there */
  begin(dueMs?: number): Put;
}

/** One put, from its request to its answer. */
export interface Put {
  /** We are reading: nothing is held against the host meanwhile. */
  read(): void;
  /** So many bytes are offered; none when all were taken. */
  offer(countBytes: number): void;
  /** What was offered has been taken. */
  taken(): void;
  /** The host shows that it is there. Renews nothing. */
  alive(): void;
  /** @returns how long the host was silent between the last byte and this */
  answered(): number;
  end(): void;
}

/** Less in the time that patience gives is next to nothing. */
const LEAST_BYTES = 2 * 1024 * 1024;
/** Smaller puts tell nothing about what happens at the end of many bytes. */
const TELLING_BYTES = 4 * 1024 * 1024;
const MOST_LANES = 8;
/** The end of a put's bytes, which nobody sees arrive, should take no longer: connections that share a host share its pace. */
const GOAL_MS = 1000;
const REMEMBERED = 4;
/** A host that has not shown for so long that it is there is gone. */
const ALIVE_MS = 1500;

interface Answer {
  readonly waitMs: number;
  /** How many shared the host. */
  readonly lanes: number;
}

interface UnderWay {
  readonly dueMs: number;
  readonly swallowed: Swallowed;
  isOurs: boolean;
  lastMs: number;
  aliveMs: number;
}

/** Learns from every answer how many connections the host feeds. */
export function createUploadPace({ clock, allowance }: UploadPaceSetting): UploadPace {
  const controller = new AbortController();
  const puts = new Set<UnderWay>();
  const still = createStillness(allowance);
  let answers: readonly Answer[] = [];
  let movedBytes = 0;
  let patience: Patience | undefined;

  // Each has its own limit, so that one that lives keeps no other.
  const limitOf = ({ dueMs, aliveMs, swallowed }: UnderWay) =>
    Math.max(allowance.leftMs + swallowed.drainMs, clock.nowMs() - aliveMs <= ALIVE_MS ? dueMs : 0);
  const setting = {
    clock,
    limitMs: () => Math.min(...[...puts].map(limitOf)),
    onWait: () => still.wait(BEAT_MS),
    isTheirTurn: () => ![...puts].some(({ isOurs }) => isOurs),
  };
  const live = () => {
    movedBytes = 0;
    patience?.renew();
  };
  const open = () => {
    movedBytes = 0;
    patience = createPatience(setting);
    patience.signal.addEventListener('abort', () => controller.abort(), { once: true });
  };

  return {
    signal: controller.signal,
    get lanes() {
      const [lanes, waitMs] = answers.reduce(([sum, ms], answer) => [sum + answer.lanes, ms + answer.waitMs], [0, 0]);
      return Math.min(MOST_LANES, Math.max(1, Math.floor((GOAL_MS * lanes) / Math.max(1, waitMs))));
    },
    begin(dueMs = 0) {
      if (puts.size === 0) open();
      const beganMs = clock.nowMs();
      const swallowed = createSwallowed(clock.nowMs);
      const put = { dueMs, swallowed, isOurs: false, lastMs: beganMs, aliveMs: beganMs };
      const stillPut = still.begin();
      let offeredBytes = 0;
      puts.add(put);
      return {
        read() {
          put.isOurs = true;
        },
        offer(countBytes) {
          put.isOurs = false;
          put.lastMs = clock.nowMs();
          offeredBytes = countBytes;
          swallowed.offer(countBytes);
        },
        taken() {
          swallowed.take(offeredBytes);
          movedBytes += offeredBytes;
          offeredBytes = 0;
          still.move();
          if (movedBytes >= LEAST_BYTES) live();
        },
        alive() {
          put.aliveMs = clock.nowMs();
        },
        answered() {
          live();
          stillPut.answered(swallowed, clock.nowMs() - beganMs);
          const waitMs = clock.nowMs() - put.lastMs;
          if (swallowed.sentBytes >= TELLING_BYTES) {
            answers = [...answers, { waitMs, lanes: puts.size }].slice(-REMEMBERED);
          }
          return waitMs;
        },
        end() {
          if (puts.delete(put) && puts.size === 0) patience?.end();
        },
      };
    },
  };
}
