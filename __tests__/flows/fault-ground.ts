// What the table of faults is tried on: a repository with a file of each kind, machines that are wiped between two tries, and a look
// at everything that a try left behind. Not a test.

import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'vitest';
import { codeOf } from '../../src/core/errors.ts';
import type { Clock } from '../../src/core/ports.ts';
import { systemClock } from '../../src/host/clock.ts';
import { TOKENS } from '../fakes/access.ts';
import { type Fault, placesOf } from '../fakes/faults.ts';
import { type Fakes, type FakesOptions, startFakes } from '../fakes/index.ts';
import { bodiesOf } from './hash-file.ts';
import { leaksOf } from './leak.ts';
import { look } from './look.ts';
import { type Flow, type HubName, hashRepository, openFlow } from './open-flow.ts';

const MIB = 1024 * 1024;
/** Longer than any limit on silence, so that those strike first; and no wait that a host asks for. */
const WINDOW_MS = 5003;
export const HUB_NAMES = ['modelscope', 'huggingface'] as const;
/** More than two pieces, so that several connections share it. */
export const LARGE = 'large.bin';
export const SMALL = 'small.txt';
export const EMPTY = 'empty.txt';

export interface Try {
  /** `recovers`, or the code of the error; a bug's own text for anything else. */
  readonly outcome: string;
  /** path → sha256 of what is visible in the folder. */
  readonly folder: Readonly<Record<string, string>>;
  /** Names of blobs whose bytes are not what the name says. */
  readonly wrongBlobs: readonly string[];
  /** Addresses of requests that brought a credential to another origin than the hub's. */
  readonly leaks: readonly string[];
  /** What the client was asked to wait altogether, in milliseconds; nobody really waited. */
  readonly waitedMs: number;
}

export interface FaultGround {
  readonly fakes: Fakes;
  /** path → sha256 of the named files, and of the one that is always fetched with them. */
  truth(hub: HubName, file: string): Promise<Record<string, string>>;
  /** Fetches a file on a machine that has nothing, and looks at what is there then. */
  fetch(hub: HubName, file: string, isImpatient?: boolean): Promise<Try>;
  /** What went wrong in the fakes themselves. */
  failures(): unknown[];
  close(): Promise<void>;
}

export async function openFaultGround(options: FakesOptions = {}): Promise<FaultGround> {
  const large = { seed: 'large', sizeBytes: 34 * MIB + 11 };
  const small = 'a few words that travel whole\n'.repeat(500);
  const files = { 'config.json': '{"a":1}', [EMPTY]: '', [SMALL]: small, [LARGE]: large };
  const fakes = await startFakes([{ id: 'o/model', commits: [{ files }] }], options);
  let waitedMs = 0;
  // Only the window of a pace is really waited for; what a host asks for is counted.
  const clock: Clock = {
    ...systemClock,
    async sleep(waitMs, signal) {
      if (waitMs === WINDOW_MS) return systemClock.sleep(waitMs, signal);
      waitedMs += waitMs;
      await setImmediate();
    },
  };
  const shared = { token: TOKENS.reader, clock, pace: { windowMs: WINDOW_MS, bytesPerWindow: 32 * 1024 } };
  const patient = await openFlow(fakes, { ...shared, limits: { headersMs: 10_000, silenceMs: 10_000 } });
  const impatient = await openFlow(fakes, { ...shared, retries: 2, limits: { headersMs: 700, silenceMs: 700 } });
  return {
    fakes,
    truth: (hub, file) => truthOf(fakes, hub, ['config.json', file]),
    async fetch(hub, file, isImpatient = false) {
      const flow = isImpatient ? impatient : patient;
      waitedMs = 0;
      fakes.huggingface.options.rateLimit.api = 1000;
      fakes.huggingface.options.rateLimit.resolvers = 5000;
      const raw = { model: 'o/model', include: `config.json\n${file}`, connections: '4' };
      const outcome = await flow.run(hub, raw).then(() => 'recovers', nameOf);
      const seen = await look(flow, bodiesOf(fakes[hub].repository('o/model')));
      const leaks = leaksOf(fakes, hub);
      fakes.faults.release();
      await wipe(flow);
      return { outcome, ...seen, leaks, waitedMs };
    },
    failures: () => [fakes.modelscope, fakes.huggingface, fakes.cdn].flatMap(({ server }) => server.failures),
    async close() {
      await Promise.all([patient, impatient].map((flow) => flow.close()));
      await fakes.close();
    },
  };
}

/** Puts a row in front of a file and holds what happens against what the row expects.
 * @returns whether there was an answer that it could strike */
export async function meetFault(
  ground: FaultGround,
  fault: Fault,
  { hub, file }: { hub: HubName; file: string },
): Promise<boolean> {
  const { faults } = ground.fakes;
  faults.add(fault, placesOf(fault).includes('api') ? {} : { path: file });
  // A silence is waited for only by the faults that are one.
  const seen = await ground.fetch(hub, file, fault.needsTimeout === true);
  const hasStruck = faults.struck.length > 0;
  const expected = hasStruck ? fault.expect : 'recovers';
  expect(seen).toMatchObject({ outcome: expected, wrongBlobs: [], leaks: [] });
  expect(seen.folder).toEqual(expected === 'recovers' ? await ground.truth(hub, file) : {});
  if (hasStruck && fault.waitMs !== undefined) expect(seen.waitedMs).toBeGreaterThanOrEqual(fault.waitMs);
  return hasStruck;
}

function nameOf(error: unknown): string {
  return codeOf(error) ?? `no code: ${String(error)}`;
}

const known = new Map<HubName, Promise<Record<string, string>>>();

async function truthOf(fakes: Fakes, hub: HubName, files: readonly string[]): Promise<Record<string, string>> {
  const repository = fakes[hub].repository('o/model');
  const all = known.get(hub) ?? hashRepository(repository, repository.defaultBranch);
  known.set(hub, all);
  return Object.fromEntries(Object.entries(await all).filter(([name]) => files.includes(name)));
}

// The store made its folders once and goes on using them: only what lies in them goes.
async function wipe({ folder, store }: Flow): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const entries = await readdir(store, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => !entry.isDirectory());
  await Promise.all(files.map((entry) => rm(path.join(entry.parentPath, entry.name), { force: true })));
}
