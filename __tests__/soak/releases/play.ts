// Plays what was drawn: the publishers under faults, then each of them once more without, then the last of them a third time; and has
// every stretch judged.

import type { Hasher } from '../../../src/core/ports.ts';
import type { Fakes } from '../../fakes/index.ts';
import type { DrawnRelease } from './draw.ts';
import { type Ended, openPublisher, type Publisher, publish, releaseOf } from './ground.ts';
import { adopt } from './habits.ts';
import { judgeRerun, judgeRound, judgeThird } from './judge.ts';
import { judgeLeft } from './left.ts';
import { runProcess } from './process.ts';
import type { Round } from './round.ts';
import { putStrikes } from './strikes.ts';

export interface Played {
  /** For counting: how each run of the first round ended. */
  readonly ends: readonly string[];
  readonly wrongs: readonly string[];
}

export async function playRelease(fakes: Fakes, hasher: Hasher, drawn: DrawnRelease): Promise<Played> {
  fakes.reset();
  adopt(fakes, drawn.habits);
  const names = drawn.shape === 'rivals' ? ['a', 'b'] : ['a'];
  const publishers: Publisher[] = [];
  try {
    for (const who of names) publishers.push(await openPublisher(fakes, { drawn, hasher }, releaseOf(drawn, who)));
    const rounds = await firstRound(fakes, drawn, publishers);
    const wrongs = await judgeRound(fakes, drawn, rounds);
    wrongs.push(...(await judgeAgain(fakes, drawn, publishers, rounds)));
    return { ends: rounds.map((round) => endOf(drawn, round)), wrongs };
  } finally {
    fakes.reset();
    await Promise.all(publishers.map(({ ground }) => ground.close()));
  }
}

async function firstRound(fakes: Fakes, drawn: DrawnRelease, publishers: readonly Publisher[]): Promise<Round[]> {
  const { shape, strikes, stop } = drawn;
  const cancel = new AbortController();
  const moment = stop === undefined ? undefined : { ...stop, act: () => cancel.abort() };
  if (shape !== 'killed') putStrikes(fakes, { strikes, moment });
  const ended = await Promise.all(
    publishers.map((publisher) =>
      shape === 'killed' ? runProcess(fakes, drawn, publisher) : publish(drawn, publisher, cancel.signal),
    ),
  );
  fakes.steps.clear();
  return publishers.map(({ release }, index) => ({ release, ended: ended[index] as Ended }));
}

async function judgeAgain(
  fakes: Fakes,
  drawn: DrawnRelease,
  publishers: readonly Publisher[],
  first: readonly Round[],
): Promise<string[]> {
  const wrongs: string[] = [];
  const all = [...first];
  for (const publisher of publishers) {
    const round: Round = { release: publisher.release, ended: await publish(drawn, publisher) };
    all.push(round);
    wrongs.push(...(await judgeRerun(fakes, drawn, { round, all })));
  }
  const last = publishers.at(-1);
  if (last !== undefined) wrongs.push(...(await judgeThird(fakes, drawn, () => publish(drawn, last))));
  if (last !== undefined) wrongs.push(...(await judgeLeft(fakes, drawn, { all, last })));
  return wrongs;
}

function endOf({ shape, manner, hubs }: DrawnRelease, { ended }: Round): string {
  const states = ended.targets?.map(({ state }) => state).join(', ') ?? 'nothing';
  return `${shape}, ${manner}, ${hubs.length === 2 ? 'both hubs' : hubs.join()}: ${states}${ended.failure === undefined ? '' : `, ${ended.failure}`}`;
}
