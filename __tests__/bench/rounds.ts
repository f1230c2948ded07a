// The order of runs: in each round every client meets every shape once, side by side, and each round begins with another client.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Fixture } from './fixture.ts';
import { type Measured, measure } from './measure.ts';
import { doorOf } from './origin/door.ts';
import type { Origin } from './origin/index.ts';
import type { Traffic } from './origin/traffic.ts';
import { judge } from './outcome.ts';
import { PEERS } from './peers/index.ts';
import type { PeerName, Task } from './peers/peer.ts';
import { type ShapeName, shapeOf } from './shapes.ts';

export interface RoundSetting {
  readonly rounds: number;
  readonly shapes: readonly ShapeName[];
  /** Those that this machine has. */
  readonly peers: readonly PeerName[];
  readonly connections: number;
  readonly origin: Origin;
  readonly fixtures: Readonly<Record<'large' | 'many', Fixture>>;
}

export interface Run {
  readonly round: number;
  readonly shape: ShapeName;
  readonly peer: PeerName;
  /** `verified`, or what went wrong. */
  readonly outcome: string;
  readonly measured: Measured;
  readonly traffic: Traffic;
}

export async function* runRounds(setting: RoundSetting, signal: AbortSignal): AsyncGenerator<Run> {
  const { rounds, shapes, peers } = setting;
  for (let round = 0; round < rounds; round += 1) {
    const turn = round % peers.length;
    const order = [...peers.slice(turn), ...peers.slice(0, turn)];
    for (const shape of shapes) {
      const able = order.filter((peer) => PEERS[peer].refusal?.(shapeOf(shape)) === undefined);
      for (const peer of able) yield { round, shape, peer, ...(await runOnce(setting, { shape, peer }, signal)) };
    }
  }
}

type Outcome = Pick<Run, 'outcome' | 'measured' | 'traffic'>;

async function runOnce(
  setting: RoundSetting,
  { shape, peer }: { shape: ShapeName; peer: PeerName },
  signal: AbortSignal,
): Promise<Outcome> {
  const ground = await mkdtemp(path.join(os.tmpdir(), 'model-fetch-bench-'));
  try {
    const { start } = shapeOf(shape);
    const first = taskOf(setting, shape, ground);
    if (start !== 'nothing' && peer !== 'floor') await run(setting, peer, first, signal);
    const { files, commit } = first.fixture.second;
    const known = new Set(first.revision.files.map(({ sha256 }) => sha256));
    const later: Task = {
      ...first,
      revision: { name: 'second', commit, files },
      changed: files.filter(({ sha256 }) => !known.has(sha256)),
    };
    return await run(setting, peer, start === 'earlier' ? later : first, signal);
  } finally {
    await rm(ground, { recursive: true, force: true });
  }
}

function taskOf({ origin, fixtures, connections }: RoundSetting, name: ShapeName, ground: string): Task {
  const { door, secondDoor, repository } = shapeOf(name);
  const fixture = fixtures[repository];
  return {
    door: origin.doors[door],
    ...(secondDoor === undefined ? {} : { secondDoor: origin.doors[secondDoor] }),
    fixture,
    revision: fixture.first,
    changed: fixture.first.files,
    connections,
    ground,
    authorityFile: doorOf(door).tls ? origin.authorityFile : undefined,
  };
}

async function run({ origin }: RoundSetting, name: PeerName, task: Task, signal: AbortSignal): Promise<Outcome> {
  const peer = PEERS[name];
  const command = peer.prepare(task);
  // What earlier runs left to be written would slow this one.
  await promisify(execFile)('sync', ['--file-system', task.ground]);
  const mark = origin.mark();
  const measured = await measure(command, task.ground, signal);
  const traffic = origin.traffic(mark);
  const expected = name === 'floor' ? task.changed : task.revision.files;
  return { outcome: await judge(measured, peer.filesFolder(task), expected), measured, traffic };
}
