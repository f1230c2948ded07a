// Who made a temporary name, so that what a dead run left can be told from what a live one needs. Hints only: nothing
// may depend on them for its correctness.

import { randomBytes } from 'node:crypto';
import { hostId, isAlive } from '../platform.ts';

/** `unknown`: another machine or container, or not one of our names. */
export type OwnerState = 'live' | 'dead' | 'unknown';

const held = new Set<string>();
// Of this process; another one of the same number at another time has another.
const first = randomBytes(6).readUIntBE(0, 6);
let taken = 0;

/** A name that nobody else has, for as long as this process holds it. */
export function takeOwner(): string {
  const number = (first + taken) % 2 ** 48;
  taken += 1;
  const owner = `${hostId()}-${process.pid}-${number.toString(16).padStart(12, '0')}`;
  held.add(owner);
  return owner;
}

/** Says that nothing of this process uses the name any more. */
export function releaseOwner(owner: string): void {
  held.delete(owner);
}

/** Whether this process holds the name. */
export function isHeldHere(owner: string): boolean {
  return held.has(owner);
}

/** Whether the owner in (or at the end of) a name still runs. */
export function ownerState(name: string): OwnerState {
  const match = /(?:^|-)(([0-9a-f]{12})-(\d{1,10})-[0-9a-f]{12})$/.exec(name);
  if (match?.[1] === undefined || match[2] !== hostId()) return 'unknown';
  const pid = Number(match[3]);
  const isLive = pid === process.pid ? held.has(match[1]) : isAlive(pid);
  return isLive ? 'live' : 'dead';
}
