// Texts that others may have put there.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readText } from '../../src/disk/read-text.ts';
import { useFolders } from './ground.ts';

const newFolder = useFolders();
const isLinux = process.platform === 'linux';

it('gives a text that is short enough, and nothing else', async () => {
  const folder = await newFolder();
  await writeFile(join(folder, 'text'), 'text');
  await mkdir(join(folder, 'folder'));
  expect(await readText(join(folder, 'text'), 4)).toBe('text');
  expect(await readText(join(folder, 'text'), 3)).toBeUndefined();
  expect(await readText(join(folder, 'folder'), 4)).toBeUndefined();
  expect(await readText(join(folder, 'none'), 4)).toBeUndefined();
});

it.skipIf(process.platform === 'win32')(
  'waits for no pipe, and fails for a link that leads nowhere in the end',
  async () => {
    const folder = await newFolder();
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await symlink('loop', join(folder, 'loop'));
    expect(await readText(join(folder, 'pipe'), 4)).toBeUndefined();
    await expect(readText(join(folder, 'loop'), 4)).rejects.toMatchObject({ code: 'ELOOP' });
  },
);

/** F_SETLEASE, F_WRLCK: what a server of network disks asks for. Whoever does not heed the system's signal ends by it. */
const HOLD = `open(my $file, '+<', $ARGV[0]) or die; fcntl($file, 1024, 1) or die; $| = 1; print 'held'; sleep 60;`;

it.runIf(isLinux)('asks a program that holds the file for itself to let go', async ({ skip }) => {
  const path = join(await newFolder(), 'text');
  await writeFile(path, 'text');
  const holder = spawn('perl', ['-e', HOLD, path], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(holder, 'exit');
  const isHeld = await Promise.race([once(holder.stdout, 'data').then(() => true), ended.then(() => false)]).catch(
    () => false,
  );
  skip(!isHeld, 'there is no perl, or the file system knows no leases');
  expect(await readText(path, 4)).toBe('text');
  await ended;
});
