// The upload shape of the benchmark: `npm run bench -- --upload --size 512 --rounds 3`, and `--flat` for one file of 8 GiB, or
// of as many MiB as `--size` says. Clients publish the same release to the same server, each to a repository of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { TOKENS } from '../../fakes/access.ts';
import { describeMachine } from '../machine.ts';
import { type Measured, measure } from '../measure.ts';
import { CLIENT_NAMES, CLIENTS, type ClientName } from './clients.ts';
import { hollowFixture, type UploadFile, uploadFixture } from './fixture.ts';
import { renderUpload } from './table.ts';

export interface UploadBench {
  readonly sizeMib: number;
  readonly rounds: number;
  readonly connections: number;
  /** One long file: whether memory grows with it. */
  readonly isFlat: boolean;
}

export interface UploadRun {
  readonly client: ClientName;
  readonly measured: Measured;
  /** `right`, or what is wrong with what the server holds. */
  readonly outcome: string;
}

const say = (line: string) => process.stderr.write(`${line}\n`);

/** @returns the table */
export async function benchUpload(bench: UploadBench, signal: AbortSignal): Promise<string> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'model-fetch-upload-bench-'));
  const server = spawn(process.execPath, [path.join(import.meta.dirname, 'server.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    const addresses = JSON.parse(line.toString()) as { hub: string; sink: string };
    const folder = path.join(home, 'release');
    say('fixtures …');
    const files = await (bench.isFlat ? hollowFixture : uploadFixture)(folder, bench.sizeMib);
    const runs: UploadRun[] = [];
    for (let round = 0; round < bench.rounds; round += 1) {
      for (const client of CLIENT_NAMES) {
        const ground = path.join(home, `ground-${round}-${client}`);
        mkdirSync(ground);
        const repository = `bench/${client}-${round}`;
        const task = { ...addresses, ...bench, repository, folder, ground };
        const measured = await measure(CLIENTS[client].command(task), ground, signal);
        const outcome = client === 'floor' ? 'right' : await judge(addresses.hub, repository, files);
        runs.push({ client, measured, outcome });
        say(
          `round ${round + 1}, ${client}: ${measured.wallSeconds.toFixed(2)} s, ${measured.cpuSeconds.toFixed(2)} CPU s, ${(measured.peakBytes / 1e6).toFixed(0)} MB, ${outcome}${measured.exitCode === 0 ? '' : `, exit ${measured.exitCode}: ${measured.complaint}`}`,
        );
      }
    }
    return renderUpload(runs, { ...bench, machine: describeMachine(home), totalBytes: sum(files) });
  } finally {
    server.stdin.end();
    rmSync(home, { recursive: true, force: true });
  }
}

function sum(files: readonly UploadFile[]): number {
  return files.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
}

async function judge(hub: string, repository: string, files: readonly UploadFile[]): Promise<string> {
  const response = await fetch(`${hub}/api/models/${repository}/tree/main?recursive=true`, {
    headers: { authorization: `Bearer ${TOKENS.writer}` },
  });
  if (!response.ok) return `no listing (${response.status})`;
  const rows = (await response.json()) as { path: string; size: number; lfs?: { oid: string } }[];
  const wrong = files.filter(({ name, sizeBytes, sha256 }) => {
    const row = rows.find((one) => one.path === name);
    return row?.size !== sizeBytes || (row.lfs !== undefined && row.lfs.oid !== sha256);
  });
  return wrong.length === 0 ? 'right' : `${wrong.length} files missing or wrong`;
}
