// Releases under random faults, cancelled and killed, and two at once: readers see the old release or the new one, what a run says is so,
// and the next run completes what is missing.

import type { Fakes } from '../fakes/index.ts';
import { openHasher } from '../flows/open-upload.ts';
import type { FaultSoak, FaultSoakResult } from './faults.ts';
import { describeRelease, drawRelease } from './releases/draw.ts';
import { openFakes } from './releases/ground.ts';
import { playRelease } from './releases/play.ts';

/** Runs wait for each other’s answers; more than the processors have to do is no use. */
const LANES = 2;

/** @param without shapes that are left out */
export async function soakReleases({ runs, seed, without, say }: FaultSoak): Promise<FaultSoakResult> {
  const ends: Record<string, number> = {};
  const failures: string[] = [];
  const hasher = openHasher();
  let done = 0;
  const run = async (fakes: Fakes, number: number) => {
    const drawn = drawRelease(number, without);
    const { ends: ended, wrongs } = await playRelease(fakes, hasher, drawn);
    for (const end of ended) ends[end] = (ends[end] ?? 0) + 1;
    const words = without.map((shape) => ` --without ${shape}`).join('');
    const again = `npm run soak -- releases --seed ${number} --runs 1${words}`;
    if (wrongs.length > 0) failures.push(`${wrongs.join('\n')}\n${describeRelease(drawn)}\nagain: ${again}`);
    if (wrongs.length > 0) say(failures.at(-1) ?? '');
    done += 1;
    if (done % 50 === 0) say(`${done} runs`);
  };
  const lane = async (first: number) => {
    const numbers: number[] = [];
    for (let index = first; index < runs; index += LANES) numbers.push(seed + index);
    const fakes = await openFakes(numbers);
    for (const number of numbers) await run(fakes, number);
    await fakes.close();
  };
  await Promise.all(Array.from({ length: Math.min(LANES, runs) }, (_, first) => lane(first)));
  await hasher.close();
  return { ends, failures };
}
