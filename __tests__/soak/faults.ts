// Random schedules of faults, seeded: every run ends verified or with a code, never with a wrong byte, never without an end.

import { rm } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { codeOf } from '../../src/core/errors.ts';
import type { Clock } from '../../src/core/ports.ts';
import { systemClock } from '../../src/host/clock.ts';
import { TOKENS } from '../fakes/access.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { startMirror } from '../fakes/mirror.ts';
import type { RepositoryDescription } from '../fakes/repository.ts';
import { bodiesOf } from '../flows/hash-file.ts';
import { leaksOf } from '../flows/leak.ts';
import { look } from '../flows/look.ts';
import { hashRepository, openFlow } from '../flows/open-flow.ts';
import { type Drawn, describeDrawn, draw, type Pool } from './draw.ts';

const MIB = 1024 * 1024;
const SIZES: Readonly<Record<string, number>> = {
  'empty.txt': 0,
  'one.txt': 1,
  'config.json': 700,
  'small/vocabulary.txt': 15_000,
  'threshold.bin': MIB + 3,
  'middle.bin': 5 * MIB,
  'piece.bin': 16 * MIB,
  'large.bin': 40 * MIB,
};
/** A run that takes longer hangs. */
const HANG_MS = 60_000;
/** Codes that no drawn fault excuses: nobody stops a run, and the disk and the options are sound. */
const UNDRAWN: ReadonlySet<string> = new Set([
  'ABORTED',
  'DISK_IO',
  'DISK_FULL',
  'BAD_OPTION',
  'NO_MATCH',
  'UNSAFE_PATH',
]);
/** Runs that wait for silences beside each other. */
const LANES = 4;
const PACE = { windowMs: 1009, bytesPerWindow: 16 * 1024 };
const LIMITS = { connectMs: 2000, headersMs: 250, silenceMs: 250 };

export interface FaultSoak {
  readonly runs: number;
  /** Of the first run; the next has the next number. */
  readonly seed: number;
  /** Names of rows that are left out. */
  readonly without: readonly string[];
  say(line: string): void;
}

export interface FaultSoakResult {
  /** `verified`, or a code → how many runs ended so. */
  readonly ends: Readonly<Record<string, number>>;
  /** What went wrong, with all that is needed to see it again. */
  readonly failures: readonly string[];
}

export async function soakFaults({ runs, seed, without, say }: FaultSoak): Promise<FaultSoakResult> {
  const ends: Record<string, number> = {};
  const failures: string[] = [];
  const repository = describeRepository();
  const pool: Pool = { sizes: new Map(Object.entries(SIZES)), without };
  let next = 0;
  const lane = async () => {
    const fakes = await startFakes([repository]);
    for (let index = next++; index < runs; index = next++) {
      const drawn = draw(seed + index, pool);
      const { end, wrongs } = await run(fakes, drawn);
      ends[end] = (ends[end] ?? 0) + 1;
      for (const wrong of wrongs) {
        const again = `npm run soak -- faults --seed ${seed + index} --runs 1`;
        failures.push(`${wrong}\n${describeDrawn(drawn)}\nagain: ${again}`);
        say(failures.at(-1) ?? '');
      }
      if ((index + 1) % 50 === 0) say(`${index + 1} runs`);
    }
    await fakes.close();
  };
  await Promise.all(Array.from({ length: Math.min(LANES, runs) }, lane));
  return { ends, failures };
}

function describeRepository(): RepositoryDescription {
  const files = Object.entries(SIZES).map(([path, sizeBytes]) => [path, { seed: path, sizeBytes }] as const);
  return { id: 'o/model', commits: [{ files: Object.fromEntries(files) }] };
}

// A wait that a host asks for is not waited out; the window of a pace is.
const clock: Clock = {
  ...systemClock,
  sleep: (waitMs, signal) => systemClock.sleep(waitMs === PACE.windowMs ? waitMs : 1, signal),
};

async function run(fakes: Fakes, drawn: Drawn): Promise<{ end: string; wrongs: string[] }> {
  const flow = await openFlow(fakes, { clock, pace: PACE, limits: LIMITS, token: TOKENS.reader });
  const { hub, connections, isMirrored, files, faults } = drawn;
  const stop = new AbortController();
  const mirror = await startMirror(fakes[hub].repository('o/model'));
  for (const { fault, path, times, source } of faults) {
    const plan = source === 'mirror' ? mirror.faults : fakes.faults;
    plan.add(fault, path === undefined ? { times } : { path, times });
  }
  try {
    const running = flow.run(
      hub,
      {
        model: 'o/model',
        include: files.map((file) => `/${file}`).join('\n'),
        connections: String(connections),
        ...(isMirrored ? { mirrors: mirror.pattern } : {}),
      },
      stop.signal,
    );
    const end = await Promise.race([running.then(() => 'verified', nameOf), hang(stop.signal)]);
    stop.abort();
    await running.catch(() => undefined); // Its end is known; after a hang it is only waited for.
    const wrongs = await judge(fakes, drawn, {
      end,
      seen: await look(flow, bodiesOf(fakes[hub].repository('o/model'))),
    });
    const hasToken = mirror.server.requests.some(({ headers }) => headers.authorization ?? headers.cookie);
    return { end, wrongs: hasToken ? [...wrongs, 'a credential went to the mirror'] : wrongs };
  } finally {
    fakes.faults.release();
    fakes.reset();
    await mirror.close();
    fakes.huggingface.options.rateLimit.api = 1000;
    fakes.huggingface.options.rateLimit.resolvers = 5000;
    await flow.close();
    await rm(flow.root, { recursive: true, force: true });
  }
}

async function hang(signal: AbortSignal): Promise<string> {
  // When the run has ended nobody asks any more.
  await setTimeout(HANG_MS, undefined, { signal }).catch(() => undefined);
  return 'hangs';
}

function nameOf(error: unknown): string {
  return codeOf(error) ?? `no code: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

async function judge(
  fakes: Fakes,
  { hub, files }: Drawn,
  { end, seen }: { end: string; seen: Awaited<ReturnType<typeof look>> },
): Promise<string[]> {
  const repository = fakes[hub].repository('o/model');
  const truth = await hashRepository(repository, repository.defaultBranch);
  const shown = Object.entries(seen.folder);
  const wrongs = shown
    .filter(([path, sha256]) => truth[path] !== sha256)
    .map(([path]) => `wrong bytes are visible in ${path}`);
  wrongs.push(...seen.wrongBlobs.map((name) => `the blob ${name} has other bytes`));
  wrongs.push(...leaksOf(fakes, hub).map((address) => `a credential went to ${address}`));
  if (end === 'verified' && shown.length !== files.length)
    wrongs.push(`verified, with ${shown.length} of ${files.length} files`);
  if (UNDRAWN.has(end)) wrongs.push(`${end}, and no fault was of that kind`);
  if (end === 'hangs' || end.startsWith('no code')) wrongs.push(end);
  return wrongs;
}
