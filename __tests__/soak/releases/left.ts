// Pull requests that nobody needs any more when all runs have ended: what docs/publishing.md promises of them.

import type { Discussion } from '../../fakes/huggingface-discussions.ts';
import type { Fakes } from '../../fakes/index.ts';
import type { DrawnRelease } from './draw.ts';
import { findRepository, type Publisher, publish } from './ground.ts';
import type { Round } from './round.ts';
import { discussionsOf } from './seen.ts';

export interface Left {
  readonly all: readonly Round[];
  readonly last: Publisher;
}

export async function judgeLeft(fakes: Fakes, drawn: DrawnRelease, left: Left): Promise<string[]> {
  const all = discussionsOf(fakes, drawn);
  const open = all.filter(({ status }) => status === 'open');
  const drafts = all.filter(({ status }) => status === 'draft');
  const wrongs: string[] = [];
  if (drawn.manner === 'proposal') {
    if (open.length !== 1) wrongs.push(`${open.length} proposals are open`);
    if (!drafts.every((draft) => isPassedBy(fakes, drawn, draft))) wrongs.push('a draft of something is left');
  } else if (open.length + drafts.length > 0) {
    wrongs.push(...(await judgeStages(drawn, { ...left, stages: [...open, ...drafts] })));
  }
  const states = all.map(({ number, status }) => `${number}: ${status}`).join(', ');
  return wrongs.map((wrong) => `${wrong} (${states})`);
}

/** Of two first proposals, the later one, which its run could not close: nothing was committed to it. */
function isPassedBy(fakes: Fakes, drawn: DrawnRelease, { number }: Discussion): boolean {
  const repository = findRepository(fakes, 'huggingface', drawn);
  const head = repository?.resolve(`refs/pr/${number}`);
  const branch = repository?.resolve(repository.defaultBranch);
  const isEmpty = head !== undefined && branch !== undefined && repository?.history(branch).includes(head) === true;
  return isEmpty && discussionsOf(fakes, drawn).some((other) => other.status === 'open' && other.number < number);
}

const SEVEN_HOURS_MS = 7 * 60 * 60 * 1000;

interface LeftStages extends Left {
  readonly stages: readonly Discussion[];
}

/** Where commits were collected: whoever leaves it says so, and a later release of several commits closes it after six hours. */
async function judgeStages(drawn: DrawnRelease, { all, last, stages }: LeftStages): Promise<string[]> {
  const isTold = all.some(({ ended }) => ended.told.includes('stays open and can be closed'));
  const wrongs = isTold ? [] : ['what commits were collected in is left, and nobody was told'];
  for (const stage of stages) stage.createdAt = new Date(Date.parse(stage.createdAt) - SEVEN_HOURS_MS).toISOString();
  const more = ['1', '2', '3'].map((name) => [`later/${name}.txt`, `${name} of ${drawn.seed}`] as const);
  await last.ground.write(Object.fromEntries(more));
  const { failure } = await publish({ ...drawn, shape: 'rivals' }, last);
  if (failure !== undefined) wrongs.push(`a later release ends with ${failure}`);
  const isCleared = stages.every(({ status }) => status === 'closed');
  return isCleared ? wrongs : [...wrongs, 'what commits were collected in is left after six hours and another release'];
}
