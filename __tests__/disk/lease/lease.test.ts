// Leases as others left them: of dead and of silent holders, torn, from another time, and where there can be none.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, readFile, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { identityOf } from '../../../src/core/snapshot.ts';
import { createLeases, LEASE_PACE, type LeasePace } from '../../../src/disk/lease/lease.ts';
import { hostId } from '../../../src/disk/platform.ts';
import { createLayout, type Layout } from '../../../src/disk/store/layout.ts';
import { asUser, hasUsers } from '../as-user.ts';
import { fileOf, NEVER, sampleBytes, useFolders } from '../ground.ts';

const newFolder = useFolders();
const digest = identityOf(fileOf(sampleBytes(10)));
const QUICK: LeasePace = { beatMs: 10, expiryMs: 150, lookMs: 5 };
/** Of a machine that nothing can be known of. */
const STRANGER = 'aaaaaaaaaaaa-1-bbbbbbbbbbbb';
const DEAD = `${hostId()}-999999999-bbbbbbbbbbbb`;

async function newLayout(): Promise<Layout> {
  const layout = createLayout(await newFolder());
  await mkdir(layout.staging, { recursive: true });
  return layout;
}

async function leave(layout: Layout, owner: string, ageSeconds = 0): Promise<string> {
  const path = layout.lease(digest);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, owner);
  const time = Date.now() / 1000 - ageSeconds;
  await utimes(path, time, time);
  return path;
}

const AT_ONCE: readonly (readonly [string, string, number])[] = [
  ['of a dead process of this machine', DEAD, 0],
  ['that was silent for long', STRANGER, 3600],
  ['that was torn long ago', '', 3600],
];
it.each(AT_ONCE)('a lease %s is taken over at once', async (_, owner, ageSeconds) => {
  const layout = await newLayout();
  const path = await leave(layout, owner, ageSeconds);
  const lease = await createLeases(layout).take(digest);
  expect(lease).toBeDefined();
  expect(await readFile(path, 'utf8')).toMatch(`${hostId()}-${process.pid}-`);
  await lease?.release();
  expect(existsSync(path)).toBe(false);
});

const AFTER_WAITING: readonly (readonly [string, string, number])[] = [
  ['that falls silent', STRANGER, 0],
  ['that was torn a moment ago', '', 0],
  ['from the future', STRANGER, -1e9],
];
it.each(AFTER_WAITING)('a lease %s is waited for no longer than it lasts', async (_, owner, ageSeconds) => {
  const layout = await newLayout();
  await leave(layout, owner, ageSeconds);
  const leases = createLeases(layout, QUICK);
  expect(await leases.take(digest)).toBeUndefined();
  await leases.untilFree(digest, NEVER);
  const lease = await leases.take(digest);
  expect(lease).toBeDefined();
  await lease?.release();
});

const PIPE = ['a pipe', async (path: string) => execFileSync('mkfifo', [path])] as const;
const IN_THE_WAY: readonly (readonly [string, (path: string) => Promise<unknown>])[] = [
  ['a folder', (path) => mkdir(`${path}/folder`, { recursive: true })],
  ['a link to nowhere', (path) => symlink('nowhere', path)],
  ['a file of many gigabytes', (path) => writeFile(path, '').then(() => truncate(path, 2 ** 33))],
  // Windows has none.
  ...(process.platform === 'win32' ? [] : [PIPE]),
];
it.each(IN_THE_WAY)('%s in a lease’s place is waited for like one, and then moved away', async (_, put) => {
  const layout = await newLayout();
  await mkdir(layout.leases);
  await put(layout.lease(digest));
  const leases = createLeases(layout, QUICK);
  await leases.untilFree(digest, NEVER);
  const lease = await leases.take(digest);
  expect((await lstat(layout.lease(digest))).isFile()).toBe(true);
  await lease?.release();
});

it('a holder that shows life is waited for, as long as nobody aborts', async () => {
  const layout = await newLayout();
  const path = await leave(layout, STRANGER);
  // A busy machine may hold up the next sign of life for a while.
  const leases = createLeases(layout, { ...QUICK, expiryMs: 800 });
  const control = new AbortController();
  const waiting = leases.untilFree(digest, control.signal).then(() => 'free');
  // Twice as long as a silent one would last.
  const startMs = performance.now();
  while (performance.now() - startMs < 1600) {
    await writeFile(path, STRANGER, { flag: 'r+' });
    await setTimeout(10);
  }
  expect(await leases.take(digest)).toBeUndefined();
  expect(await Promise.race([waiting, 'waits'])).toBe('waits');
  control.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
});

it('a holder shows life only while something happens: a byte, or work that goes on', async () => {
  const layout = await newLayout();
  const path = layout.lease(digest);
  const lease = await createLeases(layout, QUICK).take(digest);
  const beat = async () => (await stat(path, { bigint: true })).mtimeNs;
  const rests = async () => {
    const before = await beat();
    await setTimeout(10 * QUICK.beatMs);
    return (await beat()) === before;
  };
  const first = await beat();
  lease?.touch();
  await expect.poll(beat).toBeGreaterThan(first);
  await expect.poll(rests).toBe(true);
  let finish: () => void = () => undefined;
  const working = lease?.during(new Promise<void>((done) => (finish = done)));
  for (let round = 0; round < 3; round += 1) {
    const before = await beat();
    await expect.poll(beat).toBeGreaterThan(before);
  }
  finish();
  await working;
  await expect.poll(rests).toBe(true);
  await createLeases(layout, QUICK).untilFree(digest, NEVER);
  await lease?.release();
});

it('a lease that another took over is not given back', async () => {
  const layout = await newLayout();
  const lease = await createLeases(layout, QUICK).take(digest);
  const path = await leave(layout, STRANGER);
  await setTimeout(5 * QUICK.beatMs);
  await lease?.release();
  expect(await readFile(path, 'utf8')).toBe(STRANGER);
});

it('a lease that is gone is free', async () => {
  const layout = await newLayout();
  const path = await leave(layout, STRANGER);
  const leases = createLeases(layout, { ...LEASE_PACE, lookMs: 5 });
  const waiting = leases.untilFree(digest, NEVER);
  await rm(path);
  await waiting;
});

it('one process may hold a content twice: it knows what it does', async () => {
  const leases = createLeases(await newLayout());
  const [first, second] = [await leases.take(digest), await leases.take(digest)];
  expect(first).toBeDefined();
  expect(second).toBeDefined();
  await second?.release();
  await first?.release();
});

it.runIf(hasUsers)(
  'a lease of the dead that may not be taken away holds nobody up',
  asUser(async () => {
    const layout = await newLayout();
    const path = await leave(layout, DEAD);
    await chmod(layout.leases, 0o555);
    try {
      const leases = createLeases(layout, QUICK);
      await leases.untilFree(digest, NEVER);
      const lease = await leases.take(digest);
      expect(lease).toBeDefined();
      await lease?.release();
      expect(await readFile(path, 'utf8')).toBe(DEAD);
    } finally {
      await chmod(layout.leases, 0o755);
    }
  }),
);

it('where there can be no leases, everyone may go on', async () => {
  const layout = await newLayout();
  await writeFile(layout.leases, 'a file');
  const lease = await createLeases(layout).take(digest);
  expect(lease).toBeDefined();
  await lease?.release();
});
