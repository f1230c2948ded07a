// The benchmark, run by hand: `npm run bench -- --size 64 --shapes A,C`. Clients side by side against a local origin; progress on
// stderr, tables on stdout. Not a test. Linux only, since it reads /proc.

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Baseline, measureBaseline } from './baseline.ts';
import { writeResults } from './document.ts';
import { type Fixture, largeFixture, manyFixture, readAhead } from './fixture.ts';
import { type Flags, readFlags } from './flags.ts';
import { describeMachine } from './machine.ts';
import { type Origin, startOrigin } from './origin/index.ts';
import { missingProgram, PEERS } from './peers/index.ts';
import type { PeerName } from './peers/peer.ts';
import { createResults } from './results.ts';
import { type Run, runRounds } from './rounds.ts';
import { renderTables } from './table.ts';
import { benchUpload } from './upload/index.ts';

const say = (line: string) => process.stderr.write(`${line}\n`);
const sumOf = (files: readonly { sizeBytes: number }[]) => files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

if (process.platform !== 'linux') throw new Error('The benchmark reads /proc, so it runs on Linux only.');
const flags = readFlags(process.argv.slice(2));
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort(new Error(`stopped by ${name}`)));
const folder = mkdtempSync(path.join(os.tmpdir(), 'model-fetch-origin-'));
try {
  const { upload } = flags;
  const isFlat = upload === 'flat';
  const tables = await (upload === undefined
    ? run(flags, stop.signal)
    : benchUpload({ ...flags, isFlat }, stop.signal));
  process.stdout.write(`${tables}\n`);
  if (flags.write) writeResults(tables, upload === undefined ? undefined : `upload ${upload}`);
} catch (error) {
  if (!stop.signal.aborted) throw error;
  say(String(stop.signal.reason));
  process.exitCode = 130;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function run(flags: Flags, signal: AbortSignal): Promise<string> {
  const site = path.join(os.tmpdir(), 'model-fetch-bench-site');
  say('fixtures …');
  const fixtures = { large: largeFixture(site, flags.sizeMib), many: manyFixture(site) };
  await Promise.all(Object.values(fixtures).map(readAhead));
  const origin = await startOrigin(folder, site);
  try {
    const missing = flags.peers.map((name) => [name, missingProgram(PEERS[name])] as const);
    const absent = new Map(missing.flatMap(([name, program]) => (program === undefined ? [] : [[name, program]])));
    const peers = flags.peers.filter((name) => !absent.has(name));
    const baseline = await measureBaseline(folder, signal);
    const runs: Run[] = [];
    for await (const one of runRounds({ ...flags, peers, origin, fixtures }, signal)) {
      runs.push(one);
      say(progressOf(one));
    }
    return render({ runs, absent, baseline, fixtures, origin });
  } finally {
    await origin.close();
  }
}

interface Gathered {
  readonly runs: readonly Run[];
  readonly absent: ReadonlyMap<PeerName, string>;
  readonly baseline: Baseline;
  readonly fixtures: Readonly<Record<'large' | 'many', Fixture>>;
  readonly origin: Origin;
}

function render({ runs, absent, baseline, fixtures, origin }: Gathered): string {
  const { large, many } = fixtures;
  const complaints = origin.complaints();
  for (const line of complaints.slice(-5)) say(`origin: ${line}`);
  const known = new Set(large.first.files.map(({ sha256 }) => sha256));
  return renderTables({
    ...flags,
    ...baseline,
    results: createResults(runs),
    absent,
    largeBytes: sumOf(large.first.files),
    changedBytes: sumOf(large.second.files.filter(({ sha256 }) => !known.has(sha256))),
    manyFiles: many.first.files.length,
    circumstances: [
      `${new Date().toISOString().slice(0, 10)}; ${describeMachine(os.tmpdir())}.`,
      `Origin: ${origin.title}; on loopback, in a process of its own, on the same cores.`,
      `${flags.rounds} rounds, interleaved; ${flags.connections} connections where a client can be told; 4 files of ` +
        `${flags.sizeMib} MiB, one of ${flags.sizeMib / 8} MiB, 20 small ones.`,
      ...(complaints.length === 0
        ? []
        : [`The origin failed ${complaints.length} times, so these numbers measure it, too.`]),
      `A Node that does nothing: ${(baseline.nodeBytes / 1e6).toFixed(0)} MB.`,
    ],
  });
}

function progressOf({ round, shape, peer, outcome, measured }: Run): string {
  const { wallSeconds, cpuSeconds, peakBytes, complaint } = measured;
  const numbers = `${wallSeconds.toFixed(2)} s, ${cpuSeconds.toFixed(2)} CPU s, ${(peakBytes / 1e6).toFixed(0)} MB`;
  const why = outcome === 'verified' ? '' : `: ${complaint.slice(0, 200)}`;
  return `round ${round + 1}, ${shape}, ${peer}: ${numbers}, ${outcome}${why}`;
}
