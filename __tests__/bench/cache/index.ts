// The benchmark of the runner cache, run by hand: `npm run bench-cache -- --size 512`. The action against one tarball through the
// official package, on the same service: saving, restoring and proving, and saving again after one of four shards changed. Each
// runs in a process of its own. With `--faults` what its faults cost. Progress on stderr, the table on stdout. Not a test. Linux only.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { writeResults } from '../document.ts';
import { type Fixture, largeFixture, type Revision, readAhead } from '../fixture.ts';
import { describeMachine } from '../machine.ts';
import { type Measured, measure } from '../measure.ts';
import { type Origin, startOrigin } from '../origin/index.ts';
import { type CacheHost, startAzurite } from './blob-host.ts';
import { usedBytes, watchDisk } from './disk-use.ts';
import { measureFaults } from './faults/index.ts';

const ROOT = path.join(import.meta.dirname, '..', '..', '..');
const { values: flags } = parseArgs({
  options: {
    size: { type: 'string', default: '512' },
    rounds: { type: 'string', default: '1' },
    azurite: { type: 'string' },
    faults: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
  },
});
const say = (line: string) => process.stderr.write(`${line}\n`);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort(new Error('stopped')));

interface Row {
  readonly client: string;
  readonly step: string;
  readonly measured: Measured;
  /** At most, and in the end. */
  readonly diskBytes: number;
  readonly savedBytes: number;
}

/** One machine: a folder whose use of disk is watched. */
interface Machine {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

function openMachine(folder: string, name: string, host: CacheHost): Machine {
  const at = path.join(folder, name);
  for (const part of ['temp', 'work', 'tool']) mkdirSync(path.join(at, part), { recursive: true });
  for (const file of ['outputs', 'state', 'summary']) writeFileSync(path.join(at, file), '');
  const env = {
    ...host.environment,
    GITHUB_ACTIONS: 'true',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_WORKSPACE: path.join(at, 'work'),
    GITHUB_OUTPUT: path.join(at, 'outputs'),
    GITHUB_STATE: path.join(at, 'state'),
    GITHUB_STEP_SUMMARY: path.join(at, 'summary'),
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_TEMP: path.join(at, 'temp'),
    RUNNER_TOOL_CACHE: path.join(at, 'tool'),
  };
  return { folder: at, env };
}

async function watched(
  machine: Machine,
  argv: readonly string[],
  env: Record<string, string> = {},
  cwd = machine.folder,
) {
  const disk = watchDisk(machine.folder);
  execFileSync('sync', ['--file-system', machine.folder]);
  const measured = await measure({ argv, env: { ...machine.env, ...env } }, cwd, stop.signal);
  const diskBytes = disk.stop();
  const log = readFileSync(path.join(cwd, 'output'), 'utf8').split('\n');
  for (const line of log.filter((text) => text.startsWith('::warning') || text.includes('Warning'))) say(line);
  if (measured.exitCode !== 0) throw new Error(`${argv.join(' ')} failed: ${measured.complaint}`);
  return { measured, diskBytes };
}

const modelOf = (fixture: Fixture, revision: Revision) => `hf:${fixture.id}@${revision.name}`;

async function runMain(machine: Machine, origin: Origin, model: string) {
  const env = { INPUT_MODEL: model, HF_ENDPOINT: origin.doors.plain.hubUrl };
  return watched(machine, [process.execPath, path.join(ROOT, 'dist', 'action', 'index.js')], env);
}

async function runPost(machine: Machine) {
  const text = readFileSync(path.join(machine.folder, 'state'), 'utf8');
  // As the runner hands on all that a step left.
  const left = [...text.matchAll(/^(\w+)<<(\S+)\n(.*)\n\2$/gm)].map(([, name, , value]) => [
    `STATE_${name}`,
    value ?? '',
  ]);
  if (left.length === 0) throw new Error('the main step left nothing to save');
  const env = Object.fromEntries(left) as Record<string, string>;
  return watched(machine, [process.execPath, path.join(ROOT, 'dist', 'post', 'index.js')], env);
}

/** The model in a workspace, as somebody's own script would have fetched it. */
function layOut({ site }: Fixture, { commit, files }: Revision, machine: Machine): void {
  const model = path.join(machine.folder, 'work', 'model');
  mkdirSync(model);
  for (const { path: name } of files) copyFileSync(path.join(site, 'files', commit, name), path.join(model, name));
}

async function ours(ground: string, host: CacheHost, origin: Origin, fixture: Fixture): Promise<Row[]> {
  const rows: Row[] = [];
  const note = (step: string, ran: { measured: Measured; diskBytes: number }, savedBytes = 0) =>
    rows.push({ client: 'model-fetch', step, ...ran, savedBytes });
  const first = openMachine(ground, 'first', host);
  await runMain(first, origin, modelOf(fixture, fixture.first));
  note('save', await runPost(first), host.savedBytes());
  rmSync(first.folder, { recursive: true });
  const second = openMachine(ground, 'second', host);
  const mark = origin.mark();
  note('restore and verify', await runMain(second, origin, modelOf(fixture, fixture.first)));
  const hubBytes = origin.traffic(mark).fileBytes;
  if (hubBytes > 0) say(`the hub sent ${hubBytes} bytes that the cache has`);
  rmSync(second.folder, { recursive: true });
  const before = host.savedBytes();
  const third = openMachine(ground, 'third', host);
  await runMain(third, origin, modelOf(fixture, fixture.second));
  const saved = await runPost(third);
  note('save after one shard changed', saved, host.savedBytes() - before);
  rmSync(third.folder, { recursive: true });
  return rows;
}

async function tarball(ground: string, host: CacheHost, fixture: Fixture): Promise<Row[]> {
  const rows: Row[] = [];
  const note = (step: string, ran: { measured: Measured; diskBytes: number }, savedBytes = 0) =>
    rows.push({ client: '@actions/cache, one tarball', step, ...ran, savedBytes });
  const program = path.join(import.meta.dirname, 'tarball.ts');
  for (const [step, revision] of [
    ['save', fixture.first],
    ['save after one shard changed', fixture.second],
  ] as const) {
    const machine = openMachine(ground, `tar-${revision.name}`, host);
    layOut(fixture, revision, machine);
    const before = host.savedBytes();
    const work = path.join(machine.folder, 'work');
    note(
      step,
      await watched(machine, [process.execPath, program, 'save', `tar-${revision.name}`], {}, work),
      host.savedBytes() - before,
    );
    rmSync(machine.folder, { recursive: true });
  }
  const machine = openMachine(ground, 'tar-restore', host);
  const work = path.join(machine.folder, 'work');
  const sums = fixture.first.files.map(({ path: name, sha256 }) => `${sha256}  model/${name}`);
  writeFileSync(path.join(work, 'sums'), `${sums.join('\n')}\n`);
  note('restore and verify', await watched(machine, [process.execPath, program, 'restore', 'tar-first'], {}, work));
  rmSync(machine.folder, { recursive: true });
  return rows;
}

async function startFake(): Promise<CacheHost> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'fake-host.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = child.stdout.setEncoding('utf8')[Symbol.asyncIterator]();
  const next = async () => JSON.parse(String((await lines.next()).value)) as Record<string, string>;
  const { folder = '', ...environment } = await next();
  return {
    title: 'the fake service of the tests, a plain HTTP host',
    environment,
    savedBytes: () => usedBytes(folder),
    async close() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

function render(rows: readonly Row[], fixture: Fixture, host: CacheHost): string {
  const totalBytes = fixture.first.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const mib = (bytes: number) => Math.round(bytes / 2 ** 20);
  const lines = ['save', 'restore and verify', 'save after one shard changed'].flatMap((step) =>
    [...new Set(rows.map(({ client }) => client))].map((client) => {
      const those = rows.filter((row) => row.client === client && row.step === step);
      const median = (pick: (row: Row) => number) =>
        those.map(pick).sort((a, b) => a - b)[Math.floor(those.length / 2)] ?? 0;
      const saved = step.startsWith('save')
        ? `${((100 * median((row) => row.savedBytes)) / totalBytes).toFixed(1)} %`
        : '–';
      return `| ${step} | ${client} | ${median((row) => row.measured.wallSeconds).toFixed(1)} s | ${median((row) => row.measured.cpuSeconds).toFixed(1)} s | ${(median((row) => row.diskBytes) / totalBytes).toFixed(2)} × | ${mib(median((row) => row.measured.peakBytes))} MiB | ${saved} |`;
    }),
  );
  return [
    `${new Date().toISOString().slice(0, 10)}; ${describeMachine(os.tmpdir())}.`,
    `Service: ${host.title}; on loopback, on the same processors. ${mib(totalBytes)} MiB in ${fixture.first.files.length} files; ${flags.rounds} rounds, medians.`,
    '',
    '| Step | Client | Wall | CPU | Peak disk | Peak memory | Bytes saved |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
    ...lines,
  ].join('\n');
}

async function compare(): Promise<void> {
  const ground = mkdtempSync(path.join(os.tmpdir(), 'model-fetch-bench-cache-'));
  try {
    say('fixtures …');
    const site = path.join(os.tmpdir(), 'model-fetch-bench-site');
    const fixture = largeFixture(site, Number(flags.size));
    await readAhead(fixture);
    mkdirSync(path.join(ground, 'origin'));
    const origin = await startOrigin(path.join(ground, 'origin'), site);
    const rows: Row[] = [];
    let title: CacheHost | undefined;
    for (let round = 0; round < Number(flags.rounds); round += 1) {
      for (const client of [ours, tarball] as const) {
        const blobs = mkdtempSync(path.join(ground, 'blobs-'));
        const host = flags.azurite === undefined ? await startFake() : await startAzurite(flags.azurite, blobs);
        title = host;
        try {
          const more =
            client === ours ? await ours(ground, host, origin, fixture) : await tarball(ground, host, fixture);
          for (const { client: name, step, measured } of more)
            say(`${name}, ${step}: ${measured.wallSeconds.toFixed(2)} s`);
          rows.push(...more);
        } finally {
          await host.close();
          rmSync(blobs, { recursive: true });
        }
      }
    }
    await origin.close();
    if (title !== undefined) process.stdout.write(`${render(rows, fixture, title)}\n`);
  } finally {
    rmSync(ground, { recursive: true, force: true });
  }
}

async function tryFaults(): Promise<void> {
  const tables = await measureFaults({ rounds: Number(flags.rounds), only: new RegExp(flags.only), say });
  if (flags.write) writeResults(tables, 'cache faults');
  process.stdout.write(`${tables}\n`);
}

await (flags.faults ? tryFaults() : compare());
