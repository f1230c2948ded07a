// The way for services that do not speak the second protocol: archives through the official package, both ways, every file proved.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Report } from '../../src/core/report.ts';
import { createArchiveCache } from '../../src/host/cache/archive-cache.ts';
import { systemClock } from '../../src/host/clock.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { useQuietRunner } from '../host/captured.ts';
import { REPOSITORY } from './cache-ground.ts';
import { look } from './look.ts';
import { fileBytes, hashRepository, openFlow } from './open-flow.ts';

useQuietRunner();
let fakes: Fakes;
let temp: string;
beforeEach(async () => {
  fakes = await startFakes([REPOSITORY]);
  temp = await mkdtemp(path.join(tmpdir(), 'archive-'));
  const variables = { RUNNER_TEMP: temp, GITHUB_WORKSPACE: temp, GITHUB_SERVER_URL: undefined };
  for (const [name, value] of Object.entries({ ...variables, ...fakes.cache.environment() })) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await fakes.close();
  await rm(temp, { recursive: true });
});

/** A machine that has nothing. @returns its report, once its files are seen to be right */
async function run(): Promise<Report> {
  const access = { read: true, write: true };
  const cache = createArchiveCache({ access, emit: () => undefined, clock: systemClock });
  if (cache === undefined) throw new Error('there is no cache');
  const flow = await openFlow(fakes, { cache });
  try {
    const report = await flow.run('modelscope', { model: 'o/model', 'cache-save': 'immediately' });
    const truth = await hashRepository(fakes.modelscope.repository('o/model'), 'master');
    expect(await look(flow)).toEqual({ folder: truth, wrongBlobs: [] });
    return report;
  } finally {
    await flow.close();
  }
}

test('what one job saved, the next restores; a wrong archive lets nothing wrong in', async () => {
  expect((await run()).models[0]?.cacheHit).toBe('false');
  const before = fileBytes(fakes);
  const warm = await run();
  expect(fileBytes(fakes)).toBe(before);
  expect(warm).toMatchObject({ models: [{ cacheHit: 'true' }], totals: { bytesRestored: warm.totals.bytes } });
  const [a, b] = fakes.cache.entries.filter(({ key }) => key.includes('-blob-')).map(({ key }) => key);
  let bytes = Buffer.alloc(0);
  await fakes.cache.damage(b ?? '', (stored) => {
    bytes = Buffer.from(stored);
    return stored;
  });
  await fakes.cache.damage(a ?? '', () => bytes);
  expect((await run()).models[0]?.cacheHit).toBe('partial');
});
