// What is promised of large files, measured with the committed command: how much is sent again after a kill at full speed, how much
// for one wrong byte, and whether memory stays flat.

import { mkdtemp, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { watchMemory } from '../bench/memory.ts';
import { flipByte } from '../disk/flip-byte.ts';
import { type CommandResult, runCommand, startCommand } from '../e2e/command.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { fileBytes, hashFolder, hashRepository } from '../flows/open-flow.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

export interface LargeSoak {
  readonly runs: number;
  say(line: string): void;
}

/** @returns what went wrong */
export async function soakLarge({ runs, say }: LargeSoak): Promise<string[]> {
  const failures: string[] = [];
  for (let run = 0; run < runs; run += 1) failures.push(...(await killAtHalf(say)));
  failures.push(...(await repairOneByte(say)));
  failures.push(...(await watchPeaks(runs, say)));
  return failures;
}

interface Ground {
  readonly fakes: Fakes;
  readonly root: string;
  download(...more: string[]): string[];
}

async function withModel<T>(sizeBytes: number, work: (ground: Ground) => Promise<T>): Promise<T> {
  const fakes = await startFakes([{ id: 'o/big', commits: [{ files: { 'm.bin': { seed: 'm', sizeBytes } } }] }]);
  const root = await mkdtemp(path.join(tmpdir(), 'large-soak-'));
  const download = (...more: string[]) => [
    ...['download', 'o/big', '--endpoint', fakes.modelscope.url, '--store', path.join(root, 'store')],
    ...['--path', path.join(root, 'model'), '--json', ...more],
  ];
  try {
    // The fake computes its digests when it is first asked for them.
    await runCommand(download('--dry-run'), { cwd: root });
    return await work({ fakes, root, download });
  } finally {
    await fakes.close();
    await rm(root, { recursive: true, force: true });
  }
}

async function killAtHalf(say: LargeSoak['say']): Promise<string[]> {
  const sizeBytes = 2 * GIB;
  return await withModel(sizeBytes, async ({ fakes, root, download }) => {
    fakes.reset();
    const { child, result } = startCommand(download(), { cwd: root });
    while (child.exitCode === null && fileBytes(fakes) < sizeBytes / 2) await setTimeout(2);
    child.kill('SIGKILL');
    await result;
    const beforeBytes = fileBytes(fakes);
    const second = await runCommand(download(), { cwd: root });
    const againBytes = fileBytes(fakes) - sizeBytes;
    const share = `${((againBytes / sizeBytes) * 100).toFixed(2)} %`;
    const { bytesRefetched } = JSON.parse(second.stdout || '{"totals":{}}').totals;
    say(
      `2 GiB, SIGKILL after ${beforeBytes} bytes were sent: ${againBytes} sent again, ${share}; ${bytesRefetched} of them had been written, the rest was in sockets`,
    );
    return [...unless(second), ...(againBytes <= 0.03 * sizeBytes ? [] : [`${share} was sent again`])];
  });
}

async function repairOneByte(say: LargeSoak['say']): Promise<string[]> {
  return await withModel(512 * MIB, async ({ fakes, root, download }) => {
    await runCommand(download(), { cwd: root });
    const truth = await hashRepository(fakes.modelscope.repository('o/big'), 'master');
    const sha256 = truth['m.bin'] ?? '';
    const blob = path.join(root, 'store', 'v1', 'blobs', 'sha256', sha256.slice(0, 2), sha256);
    const { atime, mtime } = await stat(blob);
    await flipByte(blob, 300 * MIB + 123);
    await utimes(blob, atime, mtime);
    fakes.reset();
    const repaired = await runCommand(download('--verify', 'full'), { cwd: root });
    const sentBytes = fileBytes(fakes);
    say(`512 MiB, one byte flipped and the time put back, verify full: ${sentBytes} bytes fetched`);
    const isRight = JSON.stringify(await hashFolder(path.join(root, 'model'))) === JSON.stringify(truth);
    return [
      ...unless(repaired),
      ...(sentBytes > 0 && sentBytes <= 16 * MIB ? [] : [`${sentBytes} bytes were fetched`]),
      ...(isRight ? [] : ['the file is wrong']),
    ];
  });
}

async function watchPeaks(runs: number, say: LargeSoak['say']): Promise<string[]> {
  const [one, eight] = [await peakOf(GIB, runs), await peakOf(8 * GIB, runs)];
  const mb = (bytes: number) => `${(bytes / 1_000_000).toFixed(0)} MB`;
  const growth = eight / one - 1;
  say(`peak memory, medians of ${runs}: ${mb(one)} for 1 GiB, ${mb(eight)} for 8 GiB, ${(growth * 100).toFixed(1)} %`);
  return growth <= 0.1 ? [] : ['the peak grows with the size'];
}

async function peakOf(sizeBytes: number, runs: number): Promise<number> {
  return await withModel(sizeBytes, async ({ root, download }) => {
    const peaks: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      const { child, result } = startCommand(download(), { cwd: root });
      const watch = watchMemory(process.pid);
      await result;
      peaks.push(watch.stop());
      if (child.exitCode !== 0) throw new Error(`the command ended with ${child.exitCode}`);
      await rm(path.join(root, 'store'), { recursive: true });
      await rm(path.join(root, 'model'), { recursive: true });
    }
    return peaks.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? 0;
  });
}

function unless({ exitCode, stderr }: CommandResult): string[] {
  return exitCode === 0 ? [] : [`the command ended with ${exitCode}: ${stderr}`];
}
