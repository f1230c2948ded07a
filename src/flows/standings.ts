// How the sources of a run stand: how quick they are, how often they failed, who lied. Decides who is asked no more.

import { codeOf, type ErrorCode } from '../core/errors.ts';
import { createRanking, type Ranking } from '../core/ranking.ts';
import type { Departure } from '../core/report.ts';

export interface Standings extends Ranking {
  /** A source failed at a file and was left there. After a few files it is asked no more. */
  strike(name: string, error: Error): void;
  /** A source sent wrong bytes: nothing more is taken from it where another can be asked. */
  convict(name: string, error: Error): void;
  /** A range was taken away from a source that is much slower than another. */
  outrun(name: string, other: string): void;
  isOut(name: string): boolean;
  /** Who was left, and why; once for each source and reason. */
  readonly departures: readonly Departure[];
}

/** A host that failed at so many files is down. */
const STRIKES = 3;

export function createStandings(nowMs: () => number, onDeparture: (departure: Departure) => void): Standings {
  const ranking = createRanking(nowMs);
  const strikes = new Map<string, number>();
  const liars = new Set<string>();
  const departures = new Map<string, Departure>();

  const tell = (source: string, code: ErrorCode | 'SLOW', message: string) => {
    const key = `${source} ${code}`;
    const before = departures.get(key);
    const departure: Departure = before ?? { source, code, reason: message, times: 0 };
    departures.set(key, { ...departure, times: departure.times + 1 });
    if (before === undefined) onDeparture(departure);
  };
  return {
    ...ranking,
    strike(name, error) {
      strikes.set(name, (strikes.get(name) ?? 0) + 1);
      tell(name, codeOf(error) ?? 'NETWORK', error.message);
    },
    convict(name, error) {
      liars.add(name);
      tell(name, codeOf(error) ?? 'DIGEST_MISMATCH', error.message);
    },
    outrun(name, other) {
      const speeds = [name, other].map((source) => showSpeed(ranking.perSecond(source)));
      tell(name, 'SLOW', `A connection brings ${speeds[0]}, and ${speeds[1]} from ${other}.`);
    },
    isOut: (name) => liars.has(name) || (strikes.get(name) ?? 0) >= STRIKES,
    get departures() {
      return [...departures.values()];
    },
  };
}

function showSpeed(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? 'nothing' : `${(bytesPerSecond / 1_000_000).toFixed(1)} MB a second`;
}
