// A lock file knows more digests than the hub tells: the entries that runs with it and without it save are the same.

import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RawOptions } from '../../src/core/options.ts';
import { createEntryCache } from '../../src/host/cache/entry-cache.ts';
import { systemClock } from '../../src/host/clock.ts';
import { createTransport } from '../../src/net/transport.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { type Flow, fileBytes, openFlow } from './open-flow.ts';

const FILES = { 'config.json': '{"a":1}', 'vocab.txt': 'w'.repeat(50_000), 'large.bin': { seed: 'x', sizeBytes: 9e6 } };

let fakes: Fakes;
const ends: (() => Promise<void>)[] = [];
beforeEach(async () => {
  fakes = await startFakes([{ id: 'o/model', commits: [{ files: FILES }], lfs: ['large.bin'] }]);
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await fakes.close();
});

/** A machine that has nothing, with the cache. */
async function machine(): Promise<Flow> {
  const policy = { retries: 0, baseMs: 0, ceilingMs: 0, patienceMs: 0 };
  const emit = () => undefined;
  const transport = createTransport({ policy, clock: systemClock, emit, userAgent: 'test' });
  const service = { url: fakes.cache.url, token: fakes.cache.options.token };
  const access = { read: true, write: true };
  const flow = await openFlow(fakes, {
    cache: createEntryCache({ service, access, transport, clock: systemClock, emit }),
  });
  ends.push(flow.close, transport.close);
  return flow;
}

async function hubBytes(flow: Flow, raw: RawOptions): Promise<number> {
  const before = fileBytes(fakes);
  await flow.run('huggingface', { model: 'o/model', 'cache-save': 'immediately', ...raw });
  return fileBytes(fakes) - before;
}

test('a locked run has everything from the pack that a run without a lock saved, and saves nothing again', async () => {
  const first = await machine();
  expect(await hubBytes(first, {})).toBeGreaterThan(9e6);
  await first.lock('huggingface', { model: 'o/model', lock: 'model.lock' });
  const entries = fakes.cache.entries.length;
  const second = await machine();
  await copyFile(path.join(first.root, 'model.lock'), path.join(second.root, 'model.lock'));
  expect(await hubBytes(second, { lock: 'model.lock', locked: 'true' })).toBe(0);
  expect(fakes.cache.entries).toHaveLength(entries);
});
