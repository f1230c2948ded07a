// What hashing a user's file gave, and what others put in the place where it is kept.

import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { toDigest } from '../../../src/core/digest.ts';
import { recallLocal, rememberLocal } from '../../../src/disk/local/receipt.ts';
import { createLayout } from '../../../src/disk/store/layout.ts';
import { stampThrough } from '../../../src/disk/store/stamp.ts';
import { useFolders } from '../ground.ts';

const newFolder = useFolders();
const HOUR_MS = 3_600_000;

async function remembered() {
  const layout = createLayout(await newFolder());
  const file = join(await newFolder(), 'file');
  await writeFile(file, 'content');
  await utimes(file, 1_000_000, 1_000_000);
  const stamp = await stampThrough(file);
  const sha256 = toDigest('sha256', 'a'.repeat(64));
  if (stamp === undefined || sha256 === undefined) throw new Error('no file');
  await mkdir(layout.staging, { recursive: true });
  await rememberLocal(layout, stamp, { sha256 }, Date.now() + HOUR_MS);
  const [name] = (await readdir(layout.origins, { recursive: true })).filter((one) => one.endsWith('.json'));
  return { recall: () => recallLocal(layout, stamp), sha256, path: join(layout.origins, name ?? '') };
}

it('is known as long as the file is as it was', async () => {
  const { recall, sha256 } = await remembered();
  expect(await recall()).toEqual({ sha256 });
});

const PIPE = ['a pipe', async (path: string) => execFileSync('mkfifo', [path])] as const;
const IN_THE_WAY: readonly (readonly [string, (path: string) => Promise<unknown>])[] = [
  ['a folder', (path) => mkdir(path)],
  ['a loop of links', (path) => symlink(path, path)],
  // Windows has none.
  ...(process.platform === 'win32' ? [] : [PIPE]),
];
it.each(IN_THE_WAY)('is not known where %s lies in its place', async (_, put) => {
  const { recall, path } = await remembered();
  await rm(path);
  await put(path);
  expect(await recall()).toBeUndefined();
});
