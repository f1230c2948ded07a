// Hashing some of what is here again, so that damage behind an unchanged time does not stay hidden for ever. Pure; the dice are given.

import type { Options } from '../options.ts';
import type { Verify } from '../ports.ts';

/** With `verify: sample`, the chance of each content in each run. After 22 runs nine of ten damaged files are found. */
export const SAMPLE_SHARE = 0.1;

/** How one content is checked in this run. @param random in [0, 1) */
export function drawVerify(verify: Options['verify'], random: number): Verify {
  if (verify !== 'sample') return verify;
  return random < SAMPLE_SHARE ? 'full' : 'receipt';
}

/** The chance that a content which was here and by all signs untouched was hashed in this run. */
export function hashedShare(verify: Options['verify']): number {
  return { receipt: 0, sample: SAMPLE_SHARE, full: 1 }[verify];
}

/** For people; empty where nothing was drawn. */
export function describeSampling({ how, hashedShare: share }: { how: Options['verify']; hashedShare: number }): string {
  if (how !== 'sample') return '';
  return `Of what was here already each file was hashed with a chance of ${share * 100} %: damage that its time hides is found in this run with that chance.`;
}
