// How the sources of a run stand: how quick they are, at how many files they failed, who lied. Decides who is asked no more.

import { codeOf, type ErrorCode } from '../../core/errors.ts';
import type { Departure } from '../../core/report.ts';
import { createRanking, type Ranking } from '../../core/transfer/ranking.ts';

export interface Standings extends Ranking {
  /** A source failed at a file. After a few files it is asked no more where another can be. */
  strike(name: string, path: string, error: Error): void;
  /** A range broke off, or was refused. @returns whether that may pass: after a few times in a run it is the source, not chance */
  stumble(name: string): boolean;
  /** A source did not answer for a file in time. Forgiven as soon as it answers. */
  silence(name: string, path: string): void;
  answer(name: string): void;
  /** Whether it did not answer in time, and has not answered since. */
  isSilent(name: string): boolean;
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
const STUMBLES = 3;

export function createStandings(nowMs: () => number, onDeparture: (departure: Departure) => void): Standings {
  const ranking = createRanking(nowMs);
  const strikes = createTally();
  const silences = createTally();
  const stumbles = new Map<string, number>();
  const liars = new Set<string>();
  const departures = new Map<string, Departure>();

  const tell = (source: string, code: Departure['code'], reason: string) => {
    const key = `${code} ${source}`;
    const before = departures.get(key);
    const departure: Departure = before ?? { source, code, reason, times: 0 };
    departures.set(key, { ...departure, times: departure.times + 1 });
    if (before === undefined) onDeparture(departure);
  };
  return {
    ...ranking,
    strike(name, path, error) {
      if (strikes.add(name, path)) tell(name, codeIn(error, 'NETWORK'), error.message);
    },
    silence(name, path) {
      if (silences.add(name, path)) tell(name, 'STALLED', 'It sends nothing.');
    },
    stumble(name) {
      const count = (stumbles.get(name) ?? 0) + 1;
      stumbles.set(name, count);
      return count <= STUMBLES;
    },
    answer: silences.clear,
    isSilent: (name) => silences.count(name) > 0,
    convict(name, error) {
      liars.add(name);
      tell(name, codeIn(error, 'DIGEST_MISMATCH'), error.message);
    },
    outrun(name, other) {
      const [own, others] = [name, other].map((source) => showSpeed(ranking.perSecond(source)));
      tell(name, 'SLOW', `A connection brings ${own}, and ${others} from ${other}.`);
    },
    isOut: (name) => liars.has(name) || strikes.count(name) + silences.count(name) >= STRIKES,
    get departures() {
      return [...departures.values()];
    },
  };
}

/** Counts the files that something happened to, by source. */
function createTally() {
  const files = new Map<string, Set<string>>();
  return {
    /** @returns false when it is known of this file */
    add(name: string, path: string): boolean {
      const known = files.get(name) ?? new Set();
      files.set(name, known);
      const isNew = !known.has(path);
      known.add(path);
      return isNew;
    },
    clear: (name: string) => void files.delete(name),
    count: (name: string) => files.get(name)?.size ?? 0,
  };
}

function codeIn(error: Error, fallback: ErrorCode): ErrorCode {
  return codeOf(error) ?? fallback;
}

function showSpeed(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? 'nothing' : `${(bytesPerSecond / 1_000_000).toFixed(1)} MB a second`;
}
