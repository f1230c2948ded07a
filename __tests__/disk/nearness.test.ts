// Where a folder lies, by what the system says of it.

import { join, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createNearness, isShare } from '../../src/disk/nearness.ts';
import { platformOf } from '../../src/disk/platform.ts';

const missing = () => Object.assign(new Error('missing'), { code: 'ENOENT', errno: -2 });

/** Folders that are there, and whether they are near. */
function machine(folders: Readonly<Record<string, boolean>>) {
  const asked: string[] = [];
  const nearness = createNearness(async (folder) => {
    asked.push(folder);
    const isNear = folders[folder];
    if (isNear === undefined) throw missing();
    return isNear;
  });
  const learn = async (folder: string) => {
    nearness.isNear(folder);
    await setImmediate();
    return nearness.isNear(folder);
  };
  return { asked, nearness, learn };
}

test('what is not known yet counts as far, and is asked for once', async () => {
  const { nearness, asked, learn } = machine({ '/near': true });
  expect([nearness.isNear('/near'), nearness.isNear('/near')]).toEqual([false, false]);
  expect(await learn('/near')).toBe(true);
  expect(asked).toEqual(['/near']);
});

test('a folder that is mounted inside another is judged by itself', async () => {
  const { learn } = machine({ '/near': true, '/near/mounted': false });
  expect(await learn('/near')).toBe(true);
  expect(await learn('/near/mounted')).toBe(false);
});

test('a folder that is to be made lies where the one above it does', async () => {
  const { learn, asked } = machine({ '/far': false, '/near': true });
  expect(await learn('/near/a/b')).toBe(true);
  expect(await learn('/near/a/c')).toBe(true);
  expect(await learn('/far/a')).toBe(false);
  expect(await learn('/nowhere')).toBe(false);
  expect(asked).toEqual(['/near/a/b', '/near/a', '/near', '/near/a/c', '/far/a', '/far', '/nowhere', '/']);
});

test('the folders of a store are judged by the store, and those beside it are not', async () => {
  const { learn, asked, nearness } = machine({ [sep]: true, [`${sep}s`]: true });
  nearness.unite(`${sep}s`);
  expect(await learn(join(sep, 's', 'a', 'b'))).toBe(true);
  expect(await learn(join(sep, 's2'))).toBe(true);
  expect(asked).toEqual([`${sep}s`, join(sep, 's2'), sep]);
});

test('one that cannot be asked is far', async () => {
  const refused = Object.assign(new Error('refused'), { code: 'EACCES', errno: -13 });
  const nearness = createNearness(() => Promise.reject(refused));
  nearness.isNear('/closed');
  await setImmediate();
  expect(nearness.isNear('/closed')).toBe(false);
});

test.each([
  ['NFS', 0x6969],
  ['SMB', 0xff534d42],
  ['FUSE', 0x65735546],
  ['9P', 0x01021997],
  ['Ceph', 0x00c36400],
])('%s is far', (_, kind) => {
  expect(platformOf('linux').nearKinds?.has(kind)).toBe(false);
});

test.each([
  ['\\\\server\\share\\store', true],
  ['\\\\?\\UNC\\server\\share', true],
  ['\\\\?\\C:\\store', false],
  ['C:\\store', false],
])('on Windows %s is on another machine: %s', (path, is) => {
  expect(isShare(path)).toBe(is);
});
