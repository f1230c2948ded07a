// When something that a run made for itself counts as abandoned. Owners of this machine are known to be dead or alive; of others only
// the age tells. Pure.

import type { OwnerState } from './owner.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Staging files, holds and leases: needed while their run lasts. No run is believed to last for more than a day. */
export function isRunOver(state: OwnerState, ageMs: number): boolean {
  return state === 'unknown' ? ageMs > DAY_MS : state === 'dead';
}

/** Whether a partial download may still be written to. */
export function isPartialKept(state: OwnerState, ageMs: number): boolean {
  return state === 'unknown' ? ageMs <= HOUR_MS : state === 'live';
}

/** A partial download that nobody came back for. */
export function isPartialForgotten(state: OwnerState, ageMs: number): boolean {
  return state !== 'live' && ageMs > 7 * DAY_MS;
}

/** What a hub said, when nobody has read it since; what hashing a file of the user's gave, when it is that old. */
export function isTextForgotten(ageMs: number): boolean {
  return ageMs > 90 * DAY_MS;
}

/** What a lock file pins, when no run has used that lock file since. */
export function isPinForgotten(ageMs: number): boolean {
  return ageMs > 30 * DAY_MS;
}

/** That some run needed something, when none of the same model has since. */
export function isUseForgotten(ageMs: number): boolean {
  return ageMs > 90 * DAY_MS;
}
