// A clock of its own time: each beat is fifty milliseconds of it, however long the machine takes. Not a test.

import { aborted } from '../../../src/core/errors.ts';
import type { Clock } from '../../../src/core/ports.ts';
import { BEAT_MS } from '../../../src/host/cache/patience.ts';

export interface BeatClock extends Clock {
  /** Lets so much of its time pass at once. */
  pass(ms: number): void;
  /** Lets its time pass ten times as fast as the machine's, until it is stopped. */
  run(): void;
  stop(): void;
}

export function createBeatClock(): BeatClock {
  const works = new Set<() => void>();
  let nowMs = 0;
  let timer: NodeJS.Timeout | undefined;
  const beat = () => {
    nowMs += BEAT_MS;
    for (const work of [...works]) work();
  };
  const every = (intervalMs: number, work: () => void) => {
    let dueMs = nowMs + intervalMs;
    const due = () => {
      if (nowMs < dueMs) return;
      dueMs += intervalMs;
      work();
    };
    works.add(due);
    return () => void works.delete(due);
  };
  return {
    nowMs: () => nowMs,
    random: () => 0.5,
    every,
    sleep: (waitMs, signal) =>
      new Promise((resolve, reject) => {
        const stop = every(waitMs, () => {
          stop();
          resolve();
        });
        signal.addEventListener('abort', () => {
          stop();
          reject(aborted());
        });
      }),
    pass(ms) {
      for (const endMs = nowMs + ms; nowMs < endMs; ) beat();
    },
    run() {
      timer ??= setInterval(beat, BEAT_MS / 10);
    },
    stop: () => clearInterval(timer),
  };
}
