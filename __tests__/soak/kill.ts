// The committed command, killed at seeded random moments and started again on the same store until it ends: no half-visible file at any
// time, every sha256 right in the end, and how many bytes were sent again.

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createSeeded } from '../core/seeded.ts';
import type { Body, Seeded } from '../fakes/content.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { bodiesOf } from '../flows/hash-file.ts';
import { look } from '../flows/look.ts';
import { fileBytes, type HubName, hashRepository } from '../flows/open-flow.ts';
import { type Started, startDownload } from './kill-process.ts';

const MIB = 1024 * 1024;
const LARGE_BYTES = 64 * MIB;
const SMALL_FILES = 8;
/** Names that no tool reads: a killed run may leave some until the next one ends. */
const PRIVATE = /^\.model-fetch-/;
const DIST = path.join(import.meta.dirname, '..', '..', 'dist');
/** Of the cycles, those in which two processes share the store. */
const PAIR_SHARE = 0.25;
/** Kills by the clock strike the start and the end, where few bytes move; they fall into so long a time after the start. */
const LIFE_MS = 600;

export interface KillSoak {
  /** How many kills. */
  readonly runs: number;
  readonly seed: number;
  say(line: string): void;
}

export interface KillSoakResult {
  readonly kills: number;
  /** Repositories that were fetched to the end. */
  readonly cycles: number;
  /** Bytes that were sent more than once. */
  readonly againBytes: number;
  readonly failures: readonly string[];
}

interface Ground {
  readonly fakes: Fakes;
  /** path → sha256 */
  readonly truth: Readonly<Record<string, string>>;
  readonly likely: readonly Body[];
  readonly sizeBytes: number;
  readonly command: string;
  readonly random: () => number;
}

export async function soakKills({ runs, seed, say }: KillSoak): Promise<KillSoakResult> {
  const home = await mkdtemp(path.join(tmpdir(), 'kill-soak-'));
  const { fakes, sizeBytes } = await openFakes();
  try {
    // A copy, which no build takes away meanwhile.
    await cp(DIST, path.join(home, 'dist'), { recursive: true });
    const command = path.join(home, 'dist', 'cli', 'index.js');
    const repository = fakes.modelscope.repository('o/model');
    const truth = await hashRepository(repository, repository.defaultBranch);
    const likely = bodiesOf(repository);
    const ground: Ground = { fakes, truth, likely, sizeBytes, command, random: createSeeded(seed) };
    const total = { kills: 0, cycles: 0, againBytes: 0, failures: [] as string[] };
    while (total.kills < runs) {
      const root = path.join(home, String(total.cycles));
      const cycle = await runCycle(ground, root, runs - total.kills);
      await rm(root, { recursive: true, force: true });
      total.kills += cycle.kills;
      total.cycles += 1;
      total.againBytes += cycle.againBytes;
      for (const wrong of cycle.failures) say(`${wrong} (cycle ${total.cycles}, seed ${seed})`);
      total.failures.push(...cycle.failures);
      if (total.cycles % 10 === 0) say(`${total.kills} kills in ${total.cycles} cycles`);
    }
    return total;
  } finally {
    await fakes.close();
    await rm(home, { recursive: true, force: true });
  }
}

async function openFakes(): Promise<{ fakes: Fakes; sizeBytes: number }> {
  const files: Record<string, Seeded> = { 'large.bin': { seed: 'large', sizeBytes: LARGE_BYTES } };
  for (let index = 0; index < SMALL_FILES; index += 1)
    files[`small/${index}.txt`] = { seed: `small ${index}`, sizeBytes: index * 10_007 };
  const sizeBytes = Object.values(files).reduce((sum, file) => sum + file.sizeBytes, 0);
  return { fakes: await startFakes([{ id: 'o/model', commits: [{ files }] }]), sizeBytes };
}

interface Cycle {
  readonly kills: number;
  readonly againBytes: number;
  readonly failures: readonly string[];
}

/** Starts the command on one store until it ends by itself; after so many kills it is left alone. */
async function runCycle(ground: Ground, root: string, mostKills: number): Promise<Cycle> {
  const { fakes, random, sizeBytes, command } = ground;
  fakes.reset();
  fakes.huggingface.options.rateLimit.resolvers = 5000;
  fakes.huggingface.options.rateLimit.api = 1000;
  const hub: HubName = random() < 0.5 ? 'modelscope' : 'huggingface';
  const isPair = random() < PAIR_SHARE;
  const failures: string[] = [];
  let kills = 0;
  for (;;) {
    const other = isPair ? startDownload(command, fakes, { root, hub, folder: 'other' }) : undefined;
    const one = startDownload(command, fakes, { root, hub, folder: 'model' });
    const running = [one, ...(other === undefined ? [] : [other])];
    if (kills < mostKills) await killAtSomeTime(ground, running);
    const ends = await Promise.all(running.map((each) => each.end));
    failures.push(...(await faultsIn(ground, root, ['model', 'other'])));
    const odd = ends.filter((each) => each !== 'SIGKILL' && each !== 'done');
    failures.push(...odd.map((each) => `the command ended with ${each}`));
    if (ends[0] !== 'SIGKILL') {
      failures.push(...(await endOf(ground, root)));
      return { kills, failures, againBytes: Math.max(0, fileBytes(fakes) - sizeBytes * (isPair ? 2 : 1)) };
    }
    kills += 1;
  }
}

/** By the bytes that were sent, or by the clock; one of the processes, or all of them. */
async function killAtSomeTime({ fakes, random, sizeBytes }: Ground, running: readonly Started[]): Promise<void> {
  const ended = Promise.race(running.map(({ end }) => end)).then(() => 'ended');
  const before = fileBytes(fakes);
  const byBytes = random() < 0.7;
  const wantedBytes = before + random() * sizeBytes;
  const afterMs = byBytes ? random() * 20 : random() * LIFE_MS;
  const victims = running.length > 1 && random() < 0.5 ? running.slice(0, 1) : running;
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  while (byBytes && !isOver && fileBytes(fakes) < wantedBytes) await setTimeout(1);
  await Promise.race([ended, setTimeout(afterMs)]);
  for (const { child } of victims) child.kill('SIGKILL');
}

/** Files that are visible and wrong: half of one, or another one's bytes. */
async function faultsIn({ truth, likely }: Ground, root: string, folders: readonly string[]): Promise<string[]> {
  const wrongs: string[] = [];
  for (const folder of folders) {
    const seen = await look({ folder: path.join(root, folder), store: path.join(root, 'store') }, likely);
    for (const [name, sha256] of Object.entries(seen.folder))
      if (!PRIVATE.test(name) && truth[name] !== sha256) wrongs.push(`wrong bytes are visible in ${folder}/${name}`);
    wrongs.push(...seen.wrongBlobs.map((name) => `the blob ${name} has other bytes`));
  }
  return wrongs;
}

/** In the end the folder holds every file, and nothing that a killed run left. */
async function endOf({ truth, likely }: Ground, root: string): Promise<string[]> {
  const { folder } = await look({ folder: path.join(root, 'model'), store: path.join(root, 'store') }, likely);
  const missing = Object.keys(truth).filter((name) => folder[name] !== truth[name]);
  const left = Object.keys(folder).filter((name) => truth[name] === undefined);
  return [
    ...missing.map((name) => `${name} is not there in the end`),
    ...left.map((name) => `${name} is left over in the end`),
  ];
}
