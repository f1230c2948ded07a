// What strikes the requests of a drawn release: which request for which step of which hub, and how. Drawn ahead, so that a number says it
// all, and put in front of the fakes.

import { CHANGES, WRITES } from '../../fakes/faults/upload/steps.ts';
import type { Fakes } from '../../fakes/index.ts';
import type { Step } from '../../fakes/server.ts';
import type { HubName, StepContext, Strike, When } from '../../fakes/steps/step.ts';
import { RELEASE_STEPS, resetDuring } from '../../fakes/upload-faults.ts';

export const BLOWS = ['reset', 'hangup', '503', '504', 'late'] as const;
export type Blow = (typeof BLOWS)[number];

export interface DrawnStrike {
  readonly hub: HubName;
  readonly step: Step;
  readonly when: When;
  /** From 0, of the requests that come so far. */
  readonly nth: number;
  readonly blow: Blow;
  /** For `late`. */
  readonly waitMs: number;
}

/** Of each step so many requests may be struck; what comes later passes. */
const STRUCK_REQUESTS = 24;
const LATE_MS = 6;
/** Of the requests, those that only wait: so the order of two publishers differs. */
const LATE_SHARE = 0.2;

/** @param share of the requests that are struck, before or after they took effect */
export function drawStrikes(random: () => number, hubs: readonly HubName[], share: number): DrawnStrike[] {
  return hubs.flatMap((hub) => RELEASE_STEPS[hub].flatMap((step) => drawStep(random, { hub, step, share })));
}

interface StepDraw {
  readonly hub: HubName;
  readonly step: Step;
  readonly share: number;
}

function drawStep(random: () => number, { hub, step, share }: StepDraw): DrawnStrike[] {
  const found: DrawnStrike[] = [];
  for (let nth = 0; nth < STRUCK_REQUESTS; nth += 1) {
    for (const when of ['before', 'after'] as const) {
      const blow = random() < share ? blowOf(random()) : random() < LATE_SHARE ? 'late' : undefined;
      if (blow !== undefined) found.push({ hub, step, when, nth, blow, waitMs: random() * LATE_MS });
    }
  }
  // A body that is broken off; each once, because its bytes travel again.
  if (WRITES.includes(step) && random() < share)
    found.push({ hub, step, when: 'during', nth: Math.floor(random() * 2), blow: 'reset', waitMs: 0 });
  return found;
}

function blowOf(chance: number): Blow {
  if (chance < 0.5) return 'reset';
  if (chance < 0.7) return 'hangup';
  return chance < 0.85 ? '503' : '504';
}

/** What happens at one request of a run, whatever it is for. */
export interface Moment {
  /** Of the requests that come so far, from 0. */
  readonly atRequest: number;
  readonly when: 'before' | 'after';
  act(): unknown;
}

/** Puts them in front of the fakes, until the steps of these are cleared. */
export function putStrikes(
  { steps }: Pick<Fakes, 'steps'>,
  { strikes, moment }: { readonly strikes: readonly DrawnStrike[]; readonly moment: Moment | undefined },
): void {
  for (const { hub, step, nth } of strikes.filter(({ when }) => when === 'during'))
    steps.add({ ...resetDuring(step), hubs: [hub] }, { after: nth });
  for (const when of ['before', 'after'] as const) {
    const strike = strikeBy(
      strikes.filter((one) => one.when === when),
      moment?.when === when ? moment : undefined,
    );
    const times = Number.POSITIVE_INFINITY;
    steps.add({ name: `drawn, ${when}`, times, expect: 'recovers', steps: ALL_STEPS, when, strike });
  }
}

const ALL_STEPS = [...new Set(Object.values(RELEASE_STEPS).flat())];

function strikeBy(drawn: readonly DrawnStrike[], moment: Moment | undefined) {
  const due = new Map(drawn.map((one) => [keyOf(one, one.nth), one]));
  const counts = new Map<string, number>();
  let requests = 0;
  return async (context: StepContext): Promise<Strike> => {
    const kind = keyOf(context, 0);
    const nth = counts.get(kind) ?? 0;
    counts.set(kind, nth + 1);
    requests += 1;
    if (requests - 1 === moment?.atRequest) await moment.act();
    return carryOut(due.get(keyOf(context, nth)));
  };
}

function keyOf({ hub, step }: Pick<StepContext, 'hub' | 'step'>, nth: number): string {
  return `${hub} ${step} ${nth}`;
}

async function carryOut(struck: DrawnStrike | undefined): Promise<Strike> {
  if (struck === undefined) return 'go on';
  const { blow, waitMs } = struck;
  if (blow === 'reset' || blow === 'hangup') return blow;
  if (blow !== 'late') return { status: Number(blow), body: '<html>gateway</html>' };
  await new Promise((resolve) => setTimeout(resolve, waitMs));
  return 'go on';
}

/** A line for each step; what only waits is left out, and so are steps that only read where `changes` is wanted. */
export function describeStrikes(drawn: readonly DrawnStrike[], { changes }: { readonly changes: boolean }): string[] {
  const lines = new Map<string, string[]>();
  for (const { hub, step, when, nth, blow } of drawn) {
    if (blow === 'late' || (changes && !CHANGES.includes(step))) continue;
    const line = `${hub} ${step}`;
    lines.set(line, [...(lines.get(line) ?? []), `${when} ${nth}: ${blow}`]);
  }
  return [...lines].map(([line, blows]) => `- ${line}, ${blows.join(', ')}`);
}
