// What the main step leaves for the post step, and when.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createAllowance } from '../../src/core/cache/allowance.ts';
import { cacheParts } from '../../src/core/cache/key.ts';
import type { CacheTrouble } from '../../src/core/cache/warnings.ts';
import type { RunnerCache } from '../../src/core/ports.ts';
import { createHandOn } from '../../src/entry/hand-on.ts';
import { parsePostState } from '../../src/entry/post-state.ts';
import { snapshotOf } from '../core/sample.ts';

const PARTS = cacheParts({ hub: 'modelscope', kind: 'model', repo: 'o/n' }, snapshotOf(['a'], 9_000_000).files);

let state: string;
beforeEach(async () => {
  state = await mkdtemp(path.join(tmpdir(), 'hand-on-'));
  await writeFile(path.join(state, 'STATE'), '');
  vi.stubEnv('GITHUB_STATE', path.join(state, 'STATE'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(state, { recursive: true });
});

function open(cache: { writable: boolean }) {
  const allowance = createAllowance();
  const told = new Set<CacheTrouble>();
  const setting = { state, run: 'r', store: null, allowance, told, cache: () => cache as RunnerCache };
  return { allowance, told, handOn: createHandOn(setting) };
}

/** As the runner gives it to the post step: of several values the last one. */
async function left() {
  const text = await readFile(path.join(state, 'STATE'), 'utf8');
  const values = Object.fromEntries(
    [...text.matchAll(/^(\w+)<<(\S+)\n(.*)\n\2$/gm)].map(([, name, , value]) => [name, value]),
  );
  if (values['save'] === undefined) return undefined;
  return parsePostState(JSON.parse(await readFile(values['save'], 'utf8')), values['seal'] ?? '');
}

test('what to save is left at once, and stays when nothing happened', async () => {
  const { handOn } = open({ writable: true });
  await handOn.note(PARTS);
  const first = await left();
  expect(first).toEqual({ store: null, parts: PARTS, spentMs: 0, told: [] });
  await handOn.finish();
  expect(await left()).toEqual(first);
});

test('what the cache has cost and said by then is added in the end', async () => {
  const { handOn, allowance, told } = open({ writable: true });
  await handOn.note(PARTS);
  allowance.spend(700);
  told.add('wrong');
  await handOn.finish();
  expect(await left()).toEqual({ store: null, parts: PARTS, spentMs: 700, told: ['wrong'] });
});

test('a cache that failed after that is not tried again', async () => {
  const cache = { writable: true };
  const { handOn, told } = open(cache);
  await handOn.note(PARTS);
  cache.writable = false;
  told.add('failing');
  await handOn.finish();
  expect(await left()).toMatchObject({ parts: [], told: ['failing'] });
});

test('nothing is left for a cache that may not be written to', async () => {
  const { handOn, told } = open({ writable: false });
  await handOn.note(PARTS);
  told.add('failing');
  await handOn.finish();
  expect(await left()).toBeUndefined();
});
