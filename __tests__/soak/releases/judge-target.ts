// What a run says of one target, held against what is there.

import type { TargetReport } from '../../../src/core/report/upload.ts';
import type { HubName } from '../../fakes/steps/step.ts';
import type { DrawnRelease } from './draw.ts';
import { type Release, TAG } from './ground.ts';
import { type Round, saysParts } from './round.ts';
import { commitsOf, type Place, shareAt } from './seen.ts';

export interface Target {
  readonly drawn: DrawnRelease;
  readonly hub: HubName;
  /** Undefined where the repository was not made. */
  readonly place: Place | undefined;
  /** Among the targets of the run. */
  readonly index: number;
}

const THERE: ReadonlySet<string> = new Set(['published', 'unchanged', 'committed']);
const NOT_THERE: ReadonlySet<string> = new Set(['untouched', 'nothing']);

export async function judgeTarget({ drawn, hub, place, index }: Target, round: Round): Promise<string[]> {
  const { release, ended } = round;
  const report = ended.targets?.[index];
  // One that was cut off says nothing.
  const state = report?.state ?? (ended.isCut ? 'unsaid' : 'nothing');
  const wrongs: string[] = [];
  // It compares no heads: in a file that both name, what is not proved may lie under another one (publishing.md, Two publishers).
  const mayBeCovered = hub === 'modelscope' && state === 'committed';
  const files = mayBeCovered ? release.own : release.all;
  if (THERE.has(state) && !(await isThere(place, { ...release, all: files }, report)))
    wrongs.push('its files are not there');
  if (NOT_THERE.has(state) && (await isAnyThere(place, release))) wrongs.push('its files are there');
  if (state === 'partial' && !saysParts(round)) wrongs.push('nobody was told that it goes in parts');
  const tag = place?.repository.tags.get(TAG);
  if (drawn.shape !== 'rivals' && DONE.has(state) && tag === undefined) wrongs.push('it has no tag');
  if (report?.tag === TAG && tag === undefined) wrongs.push('the tag that it tells is not there');
  if (place !== undefined && tag !== undefined && !(await isAllAt(place, release, tag)))
    wrongs.push('the tag is on something else');
  const said = `${release.who} says ${state} of ${hub}${ended.failure === undefined ? '' : ` and ${ended.failure}`}`;
  return wrongs.map((wrong) => `${said}, and ${wrong}`);
}

const DONE: ReadonlySet<string> = new Set(['published', 'unchanged']);

async function isThere(place: Place | undefined, release: Release, report: TargetReport | undefined): Promise<boolean> {
  if (place === undefined) return false;
  if (report?.revision != null) return isAllAt(place, release, report.revision);
  for (const { id } of commitsOf(place)) if (await isAllAt(place, release, id)) return true;
  return false;
}

async function isAllAt(place: Place, { all, gone }: Release, revision: string): Promise<boolean> {
  return (await shareAt(place, { revision, gone }, all)) === 'all';
}

async function isAnyThere(place: Place | undefined, { own, gone }: Release): Promise<boolean> {
  if (place === undefined) return false;
  for (const { id } of commitsOf(place))
    if ((await shareAt(place, { revision: id, gone }, own)) !== 'none') return true;
  return false;
}
