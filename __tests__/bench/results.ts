// Runs turned into medians, ranges and ratios. Pure.

import type { PeerName } from './peers/peer.ts';
import type { Run } from './rounds.ts';
import type { ShapeName } from './shapes.ts';

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** One client in one shape. */
export type Cell = readonly [shape: ShapeName, peer: PeerName];

export interface Results {
  /** Of the runs that ended verified; undefined when none did. */
  spread(cell: Cell, value: (run: Run) => number): Spread | undefined;
  /** How the runs that did not end verified ended, each text once. */
  failures(cell: Cell): string[];
  /** Median over the rounds of one wall time over the other of the same round. */
  ratio(cell: Cell, other: Cell): number | undefined;
  /** Those of the clients that ended verified in this shape. */
  finishers(shape: ShapeName, peers: readonly PeerName[]): PeerName[];
}

export const wall = (run: Run): number => run.measured.wallSeconds;

export function createResults(runs: readonly Run[]): Results {
  const all = ([shape, peer]: Cell) => runs.filter((run) => run.shape === shape && run.peer === peer);
  const good = (cell: Cell) => all(cell).filter(({ outcome }) => outcome === 'verified');
  return {
    spread: (cell, value) => spreadOf(good(cell).map(value)),
    failures: (cell) => [
      ...new Set(
        all(cell)
          .map(({ outcome }) => outcome)
          .filter((text) => text !== 'verified'),
      ),
    ],
    ratio(cell, other) {
      const others = new Map(good(other).map((run) => [run.round, wall(run)]));
      const pairs = good(cell).map((run) => [wall(run), others.get(run.round)] as const);
      return spreadOf(pairs.flatMap(([one, two]) => (two === undefined ? [] : [one / two])))?.median;
    },
    finishers: (shape, peers) => peers.filter((peer) => good([shape, peer]).length > 0),
  };
}

function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) return undefined;
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? min) + (sorted[Math.ceil(middle)] ?? max)) / 2;
  return { median, min, max };
}
