// The ranges of one file that are under way, and which of them should be taken away from the connection that has them.

import { ModelFetchError } from '../core/errors.ts';
import type { Gauge } from '../core/ranking.ts';
import type { Leads } from './leads.ts';
import type { Move } from './move-range.ts';
import type { Standings } from './standings.ts';

export interface Running {
  readonly name: string;
  readonly move: Move;
  readonly gauge: Gauge;
  /** Fires when the range is taken away. */
  readonly cut: AbortSignal;
}

export interface RunningRanges {
  begin(name: string, move: Move): Running;
  end(running: Running): void;
  /** @param hasSpare there are idle connections, which could have what a slow one still holds */
  review(hasSpare: boolean): void;
}

/** A range stays where it is unless that takes so many times longer than elsewhere, and by so much. */
const FACTOR = 3;
const MARGIN_MS = 1000;
/** A source whose connections all stall is not asked for ever: each time the margin doubles. */
const GROWTH = 2;

export function createRunning(leads: Leads, standings: Standings): RunningRanges {
  const all = new Map<Running, AbortController>();
  let marginMs = MARGIN_MS;

  const take = (running: Running) => all.get(running)?.abort();

  return {
    begin(name, move) {
      const control = new AbortController();
      const running = { name, move, gauge: standings.begin(name), cut: control.signal };
      all.set(running, control);
      return running;
    },
    end(running) {
      all.delete(running);
      running.gauge.end();
    },
    review(hasSpare) {
      for (const running of all.keys()) {
        const leftBytes = running.move.end - running.move.front;
        const ownMs = running.gauge.leftMs(leftBytes);
        if (ownMs === undefined || leftBytes === 0) continue;
        const other = leads.quickestOther(running.name, leftBytes);
        const usualMs = standings.expectMs(running.name, leftBytes) ?? ownMs;
        if (ownMs === Number.POSITIVE_INFINITY && leads.hasOther(running.name)) {
          take(running);
          standings.strike(running.name, new ModelFetchError('STALLED', 'It sends nothing.'));
        } else if (other !== undefined && ownMs > other.ms * FACTOR + MARGIN_MS) {
          take(running);
          standings.outrun(running.name, other.name);
        } else if (hasSpare && ownMs > usualMs * FACTOR + marginMs) {
          take(running);
          marginMs *= GROWTH;
        }
      }
    },
  };
}
