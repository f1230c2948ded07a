// What must be so after a run that publishes, however it ended. Each wrong has a name.

import { TOKENS } from '../../fakes/access.ts';
import type { Fakes } from '../../fakes/index.ts';
import type { DrawnRelease } from './draw.ts';
import type { Ended, Release } from './ground.ts';
import { judgeTarget } from './judge-target.ts';
import { type Round, saysParts } from './round.ts';
import { commitsOf, discussionsOf, type Place, placeOf, shareAt } from './seen.ts';

/** After the runs that met the faults. */
export async function judgeRound(fakes: Fakes, drawn: DrawnRelease, rounds: readonly Round[]): Promise<string[]> {
  const wrongs = [...(await judgeAll(fakes, drawn, rounds))];
  for (const { release } of rounds) wrongs.push(...findDoubles(fakes, drawn, release));
  return wrongs;
}

export interface Rerun {
  readonly round: Round;
  /** Every run so far. */
  readonly all: readonly Round[];
}

/** After one more run of the same release, which nothing disturbed: it completes what is missing. */
export async function judgeRerun(fakes: Fakes, drawn: DrawnRelease, { round, all }: Rerun): Promise<string[]> {
  const { release, ended } = round;
  const states = ended.targets?.map(({ state }) => state) ?? [];
  const isComplete = states.length === drawn.hubs.length && states.every((state) => DONE.has(state));
  const wrongs = await judgeAll(fakes, drawn, all, [round]);
  if (ended.failure !== undefined || !isComplete)
    wrongs.push(`a rerun of ${release.who} does not complete it: ${states.join()} ${ended.failure ?? ''}`);
  return wrongs;
}

const DONE: ReadonlySet<string> = new Set(['published', 'unchanged']);

/** After a run more, which has nothing to do. */
export async function judgeThird(fakes: Fakes, drawn: DrawnRelease, run: () => Promise<Ended>): Promise<string[]> {
  const before = stateOf(fakes, drawn);
  const { targets = [], failure } = await run();
  const isIdle = targets.length > 0 && targets.every(({ state, changed }) => state === 'unchanged' && !changed);
  return [
    ...(isIdle && failure === undefined ? [] : [`the third run says ${targets.map((one) => one.state)} ${failure}`]),
    ...(stateOf(fakes, drawn) === before ? [] : ['the third run changes something']),
  ];
}

/** All that a hub shows of the repositories. */
function stateOf(fakes: Fakes, drawn: DrawnRelease): string {
  const shown = drawn.hubs.map((hub) => {
    const place = placeOf(fakes, drawn, hub);
    return [hub, ...(place?.repository.branches ?? []), ...(place?.repository.tags ?? [])];
  });
  return JSON.stringify([shown, discussionsOf(fakes, drawn)]);
}

/** @param said those whose report is held against what is there; an earlier one tells of what was */
async function judgeAll(fakes: Fakes, drawn: DrawnRelease, rounds: readonly Round[], said = rounds): Promise<string[]> {
  const wrongs = leaksIn(fakes);
  for (const { release, ended } of said) {
    if (ended.failure?.startsWith('no code')) wrongs.push(`${release.who}: ${ended.failure}`);
    if (ended.told.includes(TOKENS.writer)) wrongs.push(`${release.who} tells its token`);
  }
  for (const [index, hub] of drawn.hubs.entries()) {
    const place = placeOf(fakes, drawn, hub);
    if (place !== undefined) wrongs.push(...(await findMixed(place, rounds)));
    for (const round of said) wrongs.push(...(await judgeTarget({ drawn, hub, place, index }, round)));
  }
  return wrongs;
}

function leaksIn({ cdn, huggingface, modelscope }: Fakes): string[] {
  return [cdn.server, huggingface.storage.server, modelscope.storage.server]
    .flatMap(({ requests }) => requests)
    .filter(({ headers }) => (headers.authorization ?? headers.cookie) !== undefined)
    .map(({ headers, path }) => `a credential went to ${headers.host}${path}`);
}

async function findMixed(place: Place, rounds: readonly Round[]): Promise<string[]> {
  const releases = [...new Set(rounds.map(({ release }) => release))];
  const wrongs: string[] = [];
  for (const { who, own, gone } of releases) {
    if (rounds.some((round) => round.release.who === who && saysParts(round))) continue;
    for (const { id } of commitsOf(place))
      if ((await shareAt(place, { revision: id, gone }, own)) === 'part')
        wrongs.push(`a part of ${who} is in the commit ${id.slice(0, 8)} of ${place.hub}`);
  }
  return wrongs;
}

function findDoubles(fakes: Fakes, drawn: DrawnRelease, { who, message }: Release): string[] {
  const counts = drawn.hubs.map((hub) => {
    const place = placeOf(fakes, drawn, hub);
    const commits = place === undefined ? [] : commitsOf(place);
    return commits.filter((commit) => commit.message.split('\n')[0] === message).length;
  });
  const merged = discussionsOf(fakes, drawn).filter(({ status, title }) => status === 'merged' && title === message);
  return Math.max(merged.length, ...counts) > 1 ? [`${who} was committed twice`] : [];
}
