// A step whose last state cannot be written: it ends as it ended.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createAllowance } from '../../src/core/cache/allowance.ts';
import { codeOf } from '../../src/core/errors.ts';
import type { RunnerCache } from '../../src/core/ports.ts';
import { createHandOn } from '../../src/entry/hand-on.ts';

const root = mkdtempSync(path.join(tmpdir(), 'model-fetch-hand-on-'));
afterAll(() => rmSync(root, { recursive: true }));

test('what the cache has cost is lost, and nothing else', async () => {
  // A file lies where the folder belongs.
  const state = path.join(root, 'state');
  writeFileSync(state, '');
  const setting = { state, run: '1', store: null, allowance: createAllowance(2000, 5), told: new Set<never>() };
  const handOn = createHandOn({ ...setting, cache: () => ({ writable: true }) as RunnerCache });
  await expect(handOn.note([])).rejects.toSatisfy((error) => codeOf(error) === 'DISK_IO');
  await expect(handOn.finish()).resolves.toBeUndefined();
});
