// Texts on a disk where others may have put anything: what is no text of a bearable length is none, and nobody waits for it.

import { execFileSync } from 'node:child_process';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, test } from 'vitest';
import { readText } from '../../src/disk/read-text.ts';
import { createLayout } from '../../src/disk/store/layout.ts';
import { createStore } from '../../src/disk/store/store.ts';
import { fileOf, NEVER, sampleBytes, useFolders, useHasher } from './ground.ts';

const hasher = useHasher();
const newFolder = useFolders();

it('gives what a file holds, also behind a link', async () => {
  const folder = await newFolder();
  await writeFile(join(folder, 'a'), 'text');
  await symlink('a', join(folder, 'b'));
  expect([await readText(join(folder, 'a'), 4), await readText(join(folder, 'b'), 4)]).toEqual(['text', 'text']);
});

it('gives nothing of a file that is too long, of none, and of a folder', async () => {
  const folder = await newFolder();
  await writeFile(join(folder, 'long'), '');
  await truncate(join(folder, 'long'), 2 ** 33);
  await mkdir(join(folder, 'folder'));
  for (const name of ['long', 'folder', 'none']) expect(await readText(join(folder, name), 1000)).toBeUndefined();
});

it('tells what else goes wrong', async () => {
  const path = join(await newFolder(), 'self');
  await symlink('self', path);
  await expect(readText(path, 10)).rejects.toMatchObject({ code: 'ELOOP' });
});

test.skipIf(process.platform === 'win32')('nobody waits for a pipe, a socket or a device', async () => {
  const folder = await newFolder();
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const server = createServer();
  await new Promise<void>((done) => server.listen(join(folder, 'socket'), done));
  for (const path of [join(folder, 'pipe'), join(folder, 'socket'), '/dev/zero'])
    expect(await readText(path, 10)).toBeUndefined();
  await new Promise((done) => server.close(done));
});

test.skipIf(process.platform === 'win32')('a pipe where a store tells its format says nothing', async () => {
  const layout = createLayout(await newFolder());
  await mkdir(layout.staging, { recursive: true });
  execFileSync('mkfifo', [layout.format]);
  const store = createStore({ folder: layout.folder, hasher });
  expect(await store.find(fileOf(sampleBytes(3)), 'receipt', NEVER)).toEqual({ damaged: false });
  expect((await store.care.list()).blobs).toEqual([]);
});
