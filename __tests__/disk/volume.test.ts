// What is asked of a disk before anything is written.

import { chmod, mkdir, readdir, stat, statfs, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDisk } from '../../src/disk/volume.ts';
import { useFolders } from './ground.ts';

const disk = createDisk();
const newFolder = useFolders();
const isRoot = process.getuid?.() === 0;

describe('probe', () => {
  it('tells the volume of a folder that is not there yet, and makes nothing', async () => {
    const folder = await newFolder();
    const volume = await disk.probe(join(folder, 'not', 'yet'));
    expect(volume.id).toBe(`${(await stat(folder, { bigint: true })).dev}`);
    expect(volume.id).toBe((await disk.probe(folder)).id);
    expect(volume.freeBytes).toBeGreaterThan(0);
    expect(volume.freeBytes).toBeLessThanOrEqual(await sizeOfVolume(folder));
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses a path that is a file, or leads through one', async () => {
    const path = join(await newFolder(), 'file');
    await writeFile(path, '');
    for (const folder of [path, join(path, 'below')])
      await expect(disk.probe(folder)).rejects.toMatchObject({ code: 'DISK_IO' });
  });

  // Nothing is unwritable for root but a file system of the kernel's own.
  it.runIf(process.platform !== 'win32')('refuses a folder that cannot be written to', async () => {
    const folder = await newFolder();
    await chmod(folder, 0o555);
    const unwritable = isRoot && process.platform === 'linux' ? '/proc/self' : folder;
    await expect(disk.probe(join(unwritable, 'a'))).rejects.toMatchObject({ code: 'DISK_IO' });
    await chmod(folder, 0o755);
  });

  it.runIf(process.platform !== 'win32')('follows a link that the user gave as the folder', async () => {
    const folder = await newFolder();
    await mkdir(join(folder, 'real'));
    await symlink('real', join(folder, 'link'));
    expect(await disk.probe(join(folder, 'link'))).toMatchObject({ id: (await disk.probe(folder)).id });
  });
});

async function sizeOfVolume(folder: string): Promise<number> {
  const { blocks, bsize } = await statfs(folder);
  return blocks * bsize;
}

describe('canLink', () => {
  it('is true on one volume, and leaves nothing behind', async () => {
    const folder = await newFolder();
    expect(await disk.canLink(join(folder, 'store'), join(folder, 'view', 'deep'))).toBe(true);
    expect(await readdir(folder)).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('is false across volumes', async () => {
    expect(await disk.canLink(await newFolder(), '/proc/self/fd')).toBe(false);
  });
});
