// Pull requests that nobody needs any more when all runs have ended.

import type { Fakes } from '../../fakes/index.ts';
import type { DrawnRelease } from './draw.ts';
import type { Publisher } from './ground.ts';
import type { Round } from './judge.ts';
import { discussionsOf } from './seen.ts';

export interface Left {
  readonly all: readonly Round[];
  readonly last: Publisher;
}

export async function judgeLeft(fakes: Fakes, drawn: DrawnRelease, _left: Left): Promise<string[]> {
  const all = discussionsOf(fakes, drawn);
  const open = all.filter(({ status }) => status === 'open');
  const drafts = all.filter(({ status }) => status === 'draft');
  const told = all.map(({ number, status }) => `${number}: ${status}`).join(', ');
  const wanted = drawn.manner === 'proposal' ? 1 : 0;
  return [
    ...(open.length === wanted ? [] : [`${open.length} proposals are open (${told})`]),
    ...(drafts.length === 0 ? [] : [`${drafts.length} drafts are left (${told})`]),
  ];
}
