// Draws what a run of the soak of releases does, from one number. Runs nothing.

import { createSeeded } from '../../core/seeded.ts';
import type { HubName } from '../../fakes/steps/step.ts';
import { drawHabits, type Habits } from './habits.ts';
import { type DrawnStrike, describeStrikes, drawStrikes } from './strikes.ts';

/** `rivals`: two publish to one place at once. `targets`: one publishes to one or two hubs, with a tag. Both may be cancelled. `killed`: as
 * `targets`, and the process of the command is killed, or told to end. */
export const SHAPES = ['rivals', 'targets', 'killed'] as const;
export type Shape = (typeof SHAPES)[number];

/** In one commit; to a pull request; in several commits. */
export type Manner = 'plain' | 'proposal' | 'staged';

export interface Stop {
  readonly how: 'cancel' | 'SIGINT' | 'SIGTERM' | 'SIGKILL';
  /** Which request of the run it strikes, from 0. */
  readonly atRequest: number;
  readonly when: 'before' | 'after';
}

export interface DrawnRelease {
  readonly seed: number;
  readonly shape: Shape;
  readonly hubs: readonly HubName[];
  readonly manner: Manner;
  /** Of rivals: a file that both name, with the same or with different contents. */
  readonly shared: 'nothing' | 'same' | 'different';
  /** The repository is not there yet. */
  readonly isFresh: boolean;
  /** The release takes away what was there. */
  readonly deletes: boolean;
  readonly stop: Stop | undefined;
  readonly habits: Habits;
  /** Of the requests, those that are struck. */
  readonly share: number;
  readonly strikes: readonly DrawnStrike[];
}

/** A process takes ten times as long as a run in this one. */
const KILLED_SHARE = 0.06;
const RIVALS_SHARE = 0.5;
const MOST_STRUCK = 0.3;
/** A release takes so many requests, more or less. */
const REQUESTS = 40;

/** @param without shapes that are left out */
export function drawRelease(seed: number, without: readonly string[] = []): DrawnRelease {
  const random = createSeeded(seed);
  const shape = drawShape(random, without);
  const hubs = drawHubs(random, shape);
  const share = shape === 'killed' || random() < 0.15 ? 0 : random() * MOST_STRUCK;
  return {
    seed,
    shape,
    hubs,
    manner: drawManner(random, shape, hubs),
    shared: shape !== 'rivals' || random() < 0.6 ? 'nothing' : random() < 0.3 ? 'same' : 'different',
    isFresh: shape === 'targets' && random() < 0.3,
    deletes: shape !== 'rivals' && random() < 0.5,
    stop: drawStop(random, shape),
    habits: drawHabits(random),
    share,
    strikes: drawStrikes(random, hubs, share),
  };
}

function drawShape(random: () => number, without: readonly string[]): Shape {
  const [first, second] = [random(), random()];
  const wanted = first < KILLED_SHARE ? 'killed' : second < RIVALS_SHARE ? 'rivals' : 'targets';
  // What else a number stands for does not depend on what is left out.
  return without.includes(wanted) ? (SHAPES.find((shape) => !without.includes(shape)) ?? wanted) : wanted;
}

function drawHubs(random: () => number, shape: Shape): HubName[] {
  const [first, second] = random() < 0.5 ? HUBS : HUBS.toReversed();
  const isOne = shape === 'rivals' || random() < 0.33;
  return [first, second].filter((hub, index) => hub !== undefined && (index === 0 || !isOne)) as HubName[];
}

const HUBS: readonly HubName[] = ['huggingface', 'modelscope'];

function drawManner(random: () => number, shape: Shape, hubs: readonly HubName[]): Manner {
  const chance = random();
  if (shape === 'killed') return 'plain';
  if (shape === 'targets') return chance < 0.65 ? 'plain' : 'staged';
  if (hubs.includes('modelscope')) return chance < 0.7 ? 'plain' : 'staged';
  return chance < 0.34 ? 'plain' : chance < 0.67 ? 'proposal' : 'staged';
}

function drawStop(random: () => number, shape: Shape): Stop | undefined {
  const atRequest = Math.floor(random() * REQUESTS);
  const when = random() < 0.5 ? 'before' : 'after';
  const chance = random();
  if (shape === 'killed') {
    const how = chance < 0.3 ? 'SIGKILL' : chance < 0.65 ? 'SIGINT' : 'SIGTERM';
    return { how, atRequest, when };
  }
  const share = shape === 'rivals' ? 0.2 : 0.45;
  return chance < share ? { how: 'cancel', atRequest, when } : undefined;
}

/** For a person to read. */
export function describeRelease(drawn: DrawnRelease): string {
  const { shape, hubs, manner, shared, isFresh, deletes, stop, habits, share, strikes } = drawn;
  const words = [
    ...(shared === 'nothing' ? [] : [`a shared file, ${shared}`]),
    ...(isFresh ? ['fresh'] : []),
    ...(deletes ? ['deletes'] : []),
    ...(stop === undefined ? [] : [`${stop.how} ${stop.when} request ${stop.atRequest}`]),
  ];
  const first = `${shape}, ${manner}, ${hubs.join(' and ')}${words.map((word) => `, ${word}`).join('')}`;
  const answers = hubs.map((hub) => `${hub} with ${Object.entries(habits[hub]).join(' ')}`);
  const last = `${(share * 100).toFixed(0)} % of the answers struck; of requests that change something:`;
  return [first, ...answers, last, ...describeStrikes(strikes, { changes: true })].join('\n');
}
