// What a network disk is asked for, so that it finds what another machine has brought.

import { expect, test } from 'vitest';
import { toDigest } from '../../../src/core/digest.ts';
import { createLayout } from '../../../src/disk/store/layout.ts';
import { lookAnew } from '../../../src/disk/store/look-anew.ts';

const HEX = 'ab'.repeat(32);
const layout = createLayout('/store');

/** The folders that are asked for, below the version's, where these are seen and others only after the one above was asked for. */
async function asked(algorithm: 'sha256' | 'git-sha1', seen: readonly string[], isNear = false): Promise<string[]> {
  const digest = toDigest(algorithm, algorithm === 'sha256' ? HEX : HEX.slice(0, 40));
  if (digest === undefined) throw new Error('no digest');
  const folders: string[] = [];
  const read = async (folder: string) => {
    folders.push(folder.replaceAll('\\', '/').replace(/^.*?\/store(\/v1)?\/?/, ''));
    return seen.includes(folders.at(-1) ?? '') ? [] : undefined;
  };
  await lookAnew(layout, digest, { isNear: () => isNear, read });
  return folders;
}

test('the folder of the content, and that of its receipt', async () => {
  expect(await asked('sha256', ['blobs/sha256/ab', 'receipts/ab'])).toEqual(['blobs/sha256/ab', 'receipts/ab']);
});

test('the folder of the name that git gives it', async () => {
  expect(await asked('git-sha1', ['aliases/git-sha1/ab'])).toEqual(['aliases/git-sha1/ab']);
});

test('a folder that seems not to be there after those above it', async () => {
  expect(await asked('git-sha1', ['aliases'])).toEqual([
    'aliases/git-sha1/ab',
    'aliases/git-sha1',
    'aliases',
    'aliases/git-sha1',
    'aliases/git-sha1/ab',
  ]);
});

test('where there is no store at all, up to where it should be', async () => {
  expect(await asked('git-sha1', [])).toHaveLength(9);
});

test('nothing on a disk of this machine', async () => {
  expect(await asked('sha256', [], true)).toEqual([]);
});
