// Small steps on a real disk, before its folder is known to be near and after: both ways tell the same.

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSmall, removeFile, statOf, writeNew } from '../../src/disk/swift-steps.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swift-steps-'));
  await writeFile(join(folder, 'file'), 'text');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The first step is made elsewhere, and the last, on most disks, at once. */
async function bothWays<T>(step: () => Promise<T>): Promise<T[]> {
  const first = await step().catch((error) => error.code);
  for (let n = 0; n < 20; n += 1) await setImmediate();
  return [first, await step().catch((error) => error.code)];
}

describe('both ways', () => {
  test('nothing is there, though a file is where its folder should be', async () => {
    const path = join(folder, 'file', 'below');
    expect(await bothWays(() => statOf(path))).toEqual([undefined, undefined]);
    expect(await bothWays(() => readSmall(path))).toEqual([undefined, undefined]);
    expect(await bothWays(() => removeFile(path))).toEqual([undefined, undefined]);
  });

  test('a folder in place of a text is told', async () => {
    expect(await bothWays(() => readSmall(folder))).toEqual(['EISDIR', 'EISDIR']);
  });

  test('a file is not written over', async () => {
    expect(await bothWays(() => writeNew(join(folder, 'file'), 'other'))).toEqual(['EEXIST', 'EEXIST']);
    expect(await bothWays(() => readSmall(join(folder, 'file')))).toEqual(['text', 'text']);
  });

  test('what is much too long for a text is none', async () => {
    await writeFile(join(folder, 'long'), new Uint8Array(2 * 1024 * 1024));
    expect(await bothWays(() => readSmall(join(folder, 'long')))).toEqual([undefined, undefined]);
  });

  test.skipIf(process.platform === 'win32')('nobody waits for a pipe', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(await bothWays(() => readSmall(join(folder, 'pipe')))).toEqual([undefined, undefined]);
  });
});
