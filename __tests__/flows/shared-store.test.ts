// Eight processes, one cold store: with leases that work each byte is sent once; with leases that do nothing, and with a process that
// is killed in the middle, there is no wrong byte.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { LEASE_PACE, type LeasePace } from '../../src/disk/lease/lease.ts';
import { stallAfter } from '../fakes/faults.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { fileBytes, fileRequests, hashRepository } from './open-flow.ts';
import type { ProcessSetting } from './process.ts';
import { type StartedProcess, useProcesses } from './start-process.ts';

const MIB = 1024 * 1024;
const FILES = {
  'big.bin': { seed: 'big', sizeBytes: 20 * MIB },
  'middle.bin': { seed: 'middle', sizeBytes: 3 * MIB },
  'config.json': '{"a":1}',
  'README.md': '# read',
};
const TOTAL_BYTES = 23 * MIB + FILES['config.json'].length + FILES['README.md'].length;

let fakes: Fakes;
let store: string;
beforeAll(async () => {
  fakes = await startFakes([{ id: 'o/model', commits: [{ files: FILES }] }]);
});
afterAll(() => fakes.close());
beforeEach(async () => {
  store = await mkdtemp(path.join(tmpdir(), 'shared-store-'));
});
afterEach(async () => {
  fakes.reset();
  await rm(store, { recursive: true, force: true });
});
// The last to be asked for is the first to end: nobody writes to the store any more when it is removed.
const start = useProcesses();

const setting = (leases: boolean, pace?: LeasePace): ProcessSetting => ({
  hubs: { modelscope: { url: fakes.modelscope.url }, huggingface: { url: fakes.huggingface.url } },
  model: 'o/model',
  store,
  leases,
  ...(pace === undefined ? {} : { pace }),
});
const truth = () => hashRepository(fakes.modelscope.repository('o/model'), 'master');
/** Starts one that holds still in the middle of the large file, some of which its journal vouches for. */
async function startVictim(leases: boolean, pace?: LeasePace): Promise<StartedProcess> {
  // Always: one that stalls is given to another connection.
  fakes.faults.add(stallAfter(), { path: 'big.bin', times: Number.POSITIVE_INFINITY });
  const victim = start(setting(leases, pace));
  await expect.poll(readJournals, { interval: 20, timeout: 30_000 }).toContain('"range"');
  return victim;
}
async function readJournals(): Promise<string> {
  const files = await readdir(path.join(store, 'v1', 'partials'), { recursive: true }).catch(() => []);
  const journals = files.filter((file) => path.basename(file) === 'journal');
  const texts = journals.map((file) => readFile(path.join(store, 'v1', 'partials', file), 'utf8'));
  return (await Promise.all(texts)).join('');
}
/** Who brings the large file in, the only one that is resumed. */
async function readLargeLease(): Promise<string | undefined> {
  const [digest = ''] = await readdir(path.join(store, 'v1', 'partials'));
  return await readFile(path.join(store, 'v1', 'leases', digest), 'utf8').catch(() => undefined);
}
const startMany = (count: number, leases: boolean, pace?: LeasePace) =>
  Array.from({ length: count }, () => start(setting(leases, pace)));
const longestWaitMs = (done: readonly { readonly waitedMs: number }[]) =>
  Math.max(...done.map(({ waitedMs }) => waitedMs));

test('with leases the hub sends each byte once to eight processes, and all have all files', async () => {
  const done = await Promise.all(startMany(8, true).map((one) => one.hear('done')));
  expect(done.map(({ hashes }) => hashes)).toEqual(Array(8).fill(await truth()));
  expect(fileBytes(fakes)).toBe(TOTAL_BYTES);
  expect(done.reduce((sum, { sentBytes }) => sum + sentBytes, 0)).toBe(TOTAL_BYTES);
  expect(await readdir(path.join(store, 'v1', 'leases'))).toEqual([]);
});

test('with leases that do nothing, and one of eight killed in the middle, no byte is wrong', async () => {
  const victim = await startVictim(false);
  const requests = fileRequests(fakes);
  const others = startMany(7, false);
  await expect.poll(() => fileRequests(fakes), { interval: 5, timeout: 30_000 }).toBeGreaterThan(requests + 2);
  await victim.kill();
  fakes.faults.clear();
  fakes.faults.release();
  const done = await Promise.all(others.map((one) => one.hear('done')));
  expect(done.map(({ hashes }) => hashes)).toEqual(Array(7).fill(await truth()));
  expect(fileBytes(fakes)).toBeGreaterThan(TOTAL_BYTES);
});

test('who waits for a process that is killed takes over, and goes on where it stopped', async () => {
  const victim = await startVictim(true);
  const others = startMany(2, true);
  await Promise.all(others.map((one) => one.hear('waits')));
  await victim.kill();
  fakes.faults.clear();
  fakes.faults.release();
  const done = await Promise.all(others.map((one) => one.hear('done')));
  expect(done.map(({ hashes }) => hashes)).toEqual(Array(2).fill(await truth()));
  expect(longestWaitMs(done)).toBeLessThan(LEASE_PACE.expiryMs);
  // Less than the large file alone: its beginning was kept, and only one of the two fetched the rest.
  expect(done.reduce((sum, { sentBytes }) => sum + sentBytes, 0)).toBeLessThan(20 * MIB);
});

test('who waits for a process that lives and gets no byte waits no longer than its lease lasts', async () => {
  const pace: LeasePace = { beatMs: 100, expiryMs: 1000, lookMs: 20 };
  await startVictim(true, pace);
  const holder = await readLargeLease();
  expect(holder).toBeDefined();
  const others = startMany(2, true, pace);
  // One that starts late finds the lease over and need not wait.
  await expect
    .poll(readLargeLease, { interval: 20, timeout: LEASE_PACE.expiryMs })
    .toSatisfy((now) => now !== undefined && now !== holder);
  fakes.faults.clear();
  fakes.faults.release();
  const done = await Promise.all(others.map((one) => one.hear('done')));
  expect(done.map(({ hashes }) => hashes)).toEqual(Array(2).fill(await truth()));
  expect(longestWaitMs(done)).toBeLessThan(LEASE_PACE.expiryMs);
});
