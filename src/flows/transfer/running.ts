// The ranges of one file that are under way, and which of them should be taken away from the connection that has them.

import { type Following, followSignal } from '../../core/signal/follow-signal.ts';
import type { Gauge } from '../../core/transfer/ranking.ts';
import type { Leads } from './leads.ts';
import type { Lead, Move } from './move-range.ts';
import type { Standings } from './standings.ts';

export interface Running {
  readonly lead: Lead;
  readonly move: Move;
  readonly gauge: Gauge;
  /** Fires when the range is taken away, and when the run ends. */
  readonly cut: AbortSignal;
}

export interface RunningRanges {
  begin(lead: Lead, move: Move, signal: AbortSignal): Running;
  end(running: Running): void;
  /** Whether every range under way comes from this source. */
  areAllFrom(name: string): boolean;
  /** @param hasSpare there are idle connections, which could have what a slow one still holds */
  review(hasSpare: boolean): void;
}

/** A range stays where it is unless that takes so many times longer than elsewhere, and by so much. */
const FACTOR = 3;
const MARGIN_MS = 1000;
/** How often a file's ranges change sources, and how often they change connections of one source; the limits of time, and the
 * policy of tries, are for whatever is still slow then. */
const CHANGES = 16;
const RELIEFS = 3;

export function createRunning(path: string, leads: Leads, standings: Standings): RunningRanges {
  const all = new Map<Running, Following>();
  let changes = 0;
  let reliefs = 0;

  const isWorthIt = (ownMs: number, otherMs: number, marginMs: number) => ownMs > otherMs * FACTOR + marginMs;
  const take = (running: Running) => all.get(running)?.control.abort();

  // To another source: one that is measured and quicker, or any when nothing comes.
  function change(running: Running, ownMs: number, leftBytes: number): boolean {
    const { name } = running.lead.source;
    const other = leads.quickestOther(name, leftBytes);
    const isQuicker = other !== undefined && isWorthIt(ownMs, other.ms, MARGIN_MS);
    const isSilent = ownMs === Number.POSITIVE_INFINITY && leads.hasOther(name);
    if (changes >= CHANGES || !(isQuicker || isSilent)) return false;
    changes += 1;
    if (isSilent) standings.silence(name, path);
    else if (other !== undefined) standings.outrun(name, other.name);
    take(running);
    return true;
  }

  // To another connection of the same source. A range that was tried anew has its own waits.
  function relieve(running: Running, ownMs: number, leftBytes: number): void {
    const usualMs = standings.expectMs(running.lead.source.name, leftBytes);
    if (usualMs === undefined || running.move.failures > 0 || reliefs >= RELIEFS) return;
    if (!isWorthIt(ownMs, usualMs, MARGIN_MS * 2 ** reliefs)) return;
    reliefs += 1;
    take(running);
  }

  return {
    begin(lead, move, signal) {
      const following = followSignal(signal);
      const running = {
        lead,
        move,
        gauge: standings.begin(lead.source.name, lead.source.patienceMs?.()),
        cut: following.control.signal,
      };
      all.set(running, following);
      return running;
    },
    end(running) {
      all.get(running)?.release();
      all.delete(running);
      running.gauge.end();
    },
    areAllFrom: (name) => [...all.keys()].every(({ lead }) => lead.source.name === name),
    review(hasSpare) {
      for (const running of all.keys()) {
        const leftBytes = running.move.end - running.move.front;
        const ownMs = running.gauge.leftMs(leftBytes);
        // A file that comes whole would begin anew.
        const isFixed = running.cut.aborted || running.lead.whole === running.move;
        if (ownMs === undefined || leftBytes === 0 || isFixed) continue;
        // One range is enough to find out whether others are quicker.
        if (leads.lookAround(running.lead.source.name, ownMs, leftBytes)) take(running);
        else if (!change(running, ownMs, leftBytes) && hasSpare) relieve(running, ownMs, leftBytes);
      }
    },
  };
}
