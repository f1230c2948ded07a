// One run of one publisher, and what it said.

import type { Ended, Release } from './ground.ts';

export interface Round {
  readonly release: Release;
  readonly ended: Ended;
}

/** A release goes to readers commit by commit only where a run has said so. */
export function saysParts({ ended }: Round): boolean {
  return ended.told.includes('may see some of them before all are made');
}
