// Connections of a release that break, close or fall silent, before, in the middle of and after each of its steps.

import type { Step } from '../../server.ts';
import { type StepFault, strikesOnce, withoutEnd } from '../../steps/step.ts';
import { BLOBS, QUESTIONS, WRITES } from './steps.ts';

const resetBefore = (step: Step): StepFault =>
  strikesOnce(`${step}: reset before the request`, { steps: [step], when: 'before', strike: () => 'reset' });

/** The request's body is broken off. */
export const resetDuring = (step: Step, atBytes?: number): StepFault =>
  strikesOnce(`${step}: reset in the middle of the request`, {
    steps: [step],
    when: 'during',
    strike: () => 'reset',
    ...(atBytes === undefined ? {} : { atBytes }),
  });

/** The step took effect and nobody was told. */
export const lostAnswer = (step: Step): StepFault =>
  strikesOnce(`${step}: answer lost`, { steps: [step], when: 'after', strike: () => 'reset' });

const closed = (step: Step): StepFault =>
  strikesOnce(`${step}: closed in place of an answer`, { steps: [step], when: 'after', strike: () => 'hangup' });

const silent = (step: Step): StepFault =>
  strikesOnce(`${step}: no answer`, { steps: [step], when: 'before', strike: () => 'silence', needsTimeout: true });

const silentAfter = (step: Step): StepFault =>
  strikesOnce(`${step}: done, and no answer`, {
    steps: [step],
    when: 'after',
    strike: () => 'silence',
    needsTimeout: true,
  });

/** Never silent, and never at the end. */
const trickle = (step: Step): StepFault =>
  strikesOnce(`${step}: taken in drops`, {
    steps: [step],
    when: 'before',
    strike: () => 'drops',
    needsLongBody: true,
    needsTimeout: true,
  });

export const UPLOAD_CONNECTION: readonly StepFault[] = [
  ...['list' as const, ...WRITES].map(resetBefore),
  ...WRITES.map((step) => resetDuring(step)),
  ...WRITES.map(lostAnswer),
  ...[...QUESTIONS, 'commit' as const, 'tag' as const].map(closed),
  { ...resetDuring('put', 1), name: 'put: reset at the first byte' },
  { ...resetDuring('put', Number.POSITIVE_INFINITY), name: 'put: reset after the last byte' },
  { ...resetDuring('part', 1), name: 'part: reset at the first byte' },
  ...BLOBS.map((step) => withoutEnd(resetDuring(step), 'NETWORK')),
  withoutEnd(resetBefore('offer'), 'NETWORK'),
  withoutEnd(resetBefore('commit'), 'NETWORK'),
  ...[...BLOBS, 'offer' as const, 'commit' as const].map(silent),
  ...[...BLOBS, 'commit' as const].map(silentAfter),
  ...BLOBS.map((step) => withoutEnd(silent(step), 'TIMEOUT')),
  ...BLOBS.map(trickle),
  withoutEnd(trickle('put'), 'STALLED'),
];
