// What garbage collection takes away for a moment is waited for.

import { link, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withFound } from '../../../src/disk/store/found.ts';
import { useFolders } from '../ground.ts';

const newFolder = useFolders();

it('a blob that is away comes back', async () => {
  const folder = await newFolder();
  const [blob, away, name] = [join(folder, 'blob'), join(folder, 'away'), join(folder, 'name')];
  await writeFile(away, '');
  let tries = 0;
  await withFound(async () => {
    tries += 1;
    if (tries === 3) await rename(away, blob);
    await link(blob, name);
  });
  expect(tries).toBe(3);
});

it('one that stays away is missed in the end, and anything else at once', async () => {
  const folder = await newFolder();
  await expect(withFound(() => link(join(folder, 'blob'), join(folder, 'name')))).rejects.toMatchObject({
    code: 'ENOENT',
  });
  await writeFile(join(folder, 'blob'), '');
  let tries = 0;
  const work = () => {
    tries += 1;
    return link(join(folder, 'blob'), join(folder, 'blob'));
  };
  await expect(withFound(work)).rejects.toMatchObject({ code: 'EEXIST' });
  expect(tries).toBe(1);
});
