// Who needs what: records are seen however many there are, read once, and looked for until a content is out of everybody's reach.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { type Digest, digestOf, hexOf } from '../../../src/core/digest.ts';
import { createNeeded, createResolver, type Needed } from '../../../src/disk/care/needed.ts';
import { removeBlob } from '../../../src/disk/care/remove-blob.ts';
import { createLayout, type Layout } from '../../../src/disk/store/layout.ts';
import { readRecords, writeRecord } from '../../../src/disk/store/record.ts';
import { createStore } from '../../../src/disk/store/store.ts';
import { put } from '../../contracts/store.ts';
import { fileOf, holds, NEVER, sampleBytes, useFolders, useHasher } from '../ground.ts';

const newFolder = useFolders();
const hasher = useHasher();
const STRANGER = 'aaaaaaaaaaaa-1-bbbbbbbbbbbb';
const source = (name: string) => pathToFileURL(join(import.meta.dirname, `../../../src/disk/store/${name}.ts`)).href;
const newLayout = async () => createLayout(await newFolder());
const needOf = (text: string) => ({ about: 'a run', digests: [digestOf('sha256', text)] });
const contentOf = (text: string) => hexOf(digestOf('sha256', text));

async function writeAlias(layout: Layout, text: string): Promise<Digest> {
  const digest = digestOf('git-sha1', text);
  const path = layout.alias(hexOf(digest));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, contentOf(text));
  return digest;
}

it('a record that did not change is read once, and an alias, too', async () => {
  const layout = await newLayout();
  const digest = await writeAlias(layout, 'a');
  await writeRecord(layout, 'holds', STRANGER, { about: 'a run', digests: [digest] });
  const path = layout.record('holds', STRANGER);
  await utimes(path, 1e9, 1e9);
  const needed = createNeeded(layout, 'holds', createResolver(layout));
  await needed.look();
  expect(needed.has(contentOf('a'))).toBe(true);
  // The same by all signs: only reading it would tell.
  const { size } = await stat(path);
  await writeFile(path, 'x'.repeat(size), { flag: 'r+' });
  await utimes(path, 1e9, 1e9);
  await writeFile(layout.alias(hexOf(digest)), contentOf('b'));
  await needed.look();
  expect(needed.has(contentOf('a'))).toBe(true);
  await writeRecord(layout, 'holds', STRANGER, { about: 'a run', digests: [digest, ...needOf('c').digests] });
  await needed.look();
  expect(['a', 'b', 'c'].map((text) => needed.has(contentOf(text)))).toEqual([true, false, true]);
});

// A limit of a process's own, so that the others keep theirs.
it.runIf(process.platform !== 'win32')(
  'records of which there are more than files may be open are all read',
  async () => {
    const layout = await newLayout();
    await mkdir(layout.records('uses'), { recursive: true });
    for (let index = 0; index < 200; index += 1)
      await writeFile(layout.record('uses', `${index}`), JSON.stringify(needOf(`${index}`)));
    const program = `
    const { createLayout } = await import(${JSON.stringify(source('layout'))});
    const { readRecords } = await import(${JSON.stringify(source('record'))});
    console.log((await readRecords(createLayout(${JSON.stringify(layout.folder)}), 'uses')).length);`;
    const args = ['-c', 'ulimit -n 64 && exec "$0" --input-type=module -e "$1"', process.execPath, program];
    expect((await promisify(execFile)('sh', args)).stdout.trim()).toBe('200');
  },
);

it('what is no record counts as none', async () => {
  const layout = await newLayout();
  await writeRecord(layout, 'uses', 'good', needOf('a'));
  await writeFile(layout.record('uses', 'torn'), '{');
  await mkdir(layout.record('uses', 'folder'));
  expect((await readRecords(layout, 'uses')).map(({ name }) => name)).toEqual(['good']);
});

async function storeOne() {
  const store = createStore({ folder: await newFolder(), hasher });
  const bytes = sampleBytes(1000);
  const file = fileOf(bytes, 'a', ['sha256', 'git-sha1']);
  const { sha256 } = await put(store, file, bytes);
  return { store, bytes, file, sha256, layout: createLayout(store.folder) };
}

/** Somebody to whom something happens just before the look of this number. */
function seeing(needed: Needed, number: number, happens: () => Promise<unknown>): Needed {
  let looks = 0;
  return {
    ...needed,
    async look() {
      looks += 1;
      if (looks === number) await happens();
      await needed.look();
    },
  };
}

it.each([1, 2])('a content that a run holds from just before look %i on stays', async (number) => {
  const { store, bytes, file, sha256, layout } = await storeOne();
  const run = createStore({ folder: store.folder, hasher });
  const needed = createNeeded(layout, 'holds', createResolver(layout));
  const held = seeing(needed, number, () => run.hold('m', [fileOf(bytes, 'a', ['git-sha1'])]));
  expect(await removeBlob(layout, held, sha256)).toBe(false);
  expect(await run.find(file, 'receipt', NEVER)).toMatchObject({ blob: { sha256 } });
  expect(await holds(layout.blob(sha256), bytes)).toBe(true);
  await run.close();
});

it('a content that comes anew while it is taken away is there', async () => {
  const { bytes, file, sha256, layout, store } = await storeOne();
  const needed = createNeeded(layout, 'holds', createResolver(layout));
  const again = createStore({ folder: store.folder, hasher });
  const held = seeing(needed, 2, async () => {
    await again.hold('m', [file]);
    expect((await again.find(file, 'receipt', NEVER)).blob).toBeUndefined();
    await put(again, file, bytes);
  });
  expect(await removeBlob(layout, held, sha256)).toBe(false);
  expect(await holds(layout.blob(sha256), bytes)).toBe(true);
  await again.close();
});

it('a content that nobody needs goes, and what was known of it', async () => {
  const { file, sha256, layout } = await storeOne();
  const needed = createNeeded(layout, 'holds', createResolver(layout));
  expect(await removeBlob(layout, needed, sha256)).toBe(true);
  expect([layout.blob(sha256), layout.receipt(sha256)].map((path) => existsSync(path))).toEqual([false, false]);
  await expect(readFile(layout.alias(hexOf(file.digests[1] as Digest)))).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await removeBlob(layout, needed, sha256)).toBe(false);
});
