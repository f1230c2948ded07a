// The table of the upload shape: medians, and how ours stands to the others. Makes text and reads nothing.

import { CLIENT_NAMES, CLIENTS, type ClientName } from './clients.ts';
import type { UploadBench, UploadRun } from './index.ts';

interface Circumstance extends UploadBench {
  readonly machine: string;
  readonly totalBytes: number;
}

export function renderUpload(runs: readonly UploadRun[], circumstance: Circumstance): string {
  const { machine, totalBytes, rounds, connections, isFlat } = circumstance;
  const rows = CLIENT_NAMES.filter((client) => runs.some((run) => run.client === client)).map((client) =>
    rowOf(client, runs),
  );
  const what = isFlat
    ? 'One file (a hole that was read once before)'
    : `4 files of ${circumstance.sizeMib} MiB, one of ${circumstance.sizeMib / 8} MiB, 20 small ones`;
  return [
    `${new Date().toISOString().slice(0, 10)}; ${machine}.`,
    '',
    `${what}, ${(totalBytes / 2 ** 30).toFixed(2)} GiB; ${rounds} rounds, interleaved; ${connections} connections where a client can be told. The server is the fake hub, in a process of its own on the same cores; it keeps nothing and hashes nothing.`,
    '',
    '| Client | Wall s | CPU s | Peak MB | Outcome |',
    '| --- | ---: | ---: | ---: | --- |',
    ...rows,
  ].join('\n');
}

function rowOf(client: ClientName, runs: readonly UploadRun[]): string {
  const own = runs.filter((run) => run.client === client);
  const median = (pick: (run: UploadRun) => number) => {
    const sorted = own.map(pick).toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  };
  const wall = median(({ measured }) => measured.wallSeconds).toFixed(2);
  const cpu = median(({ measured }) => measured.cpuSeconds).toFixed(2);
  const peak = (Math.max(...own.map(({ measured }) => measured.peakBytes)) / 1e6).toFixed(0);
  const failed = own.filter(({ outcome, measured }) => outcome !== 'right' || measured.exitCode !== 0);
  const outcome =
    failed.length === 0 ? 'right' : `${failed.length} of ${own.length} failed: ${failed[0]?.outcome ?? ''}`;
  return `| ${CLIENTS[client].title} | ${wall} | ${cpu} | ${peak} | ${outcome} |`;
}
