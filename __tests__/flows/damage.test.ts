// Damage that is found in the store is repaired by pieces: what a run sends for it, and what the folder holds in the end.

import { chmod, link, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PIECE_BYTES } from '../../src/core/transfer/schedule.ts';
import { createLayout } from '../../src/disk/store/layout.ts';
import { flipByte } from '../disk/flip-byte.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { type Flow, fileBytes, hashFolder, hashRepository, openFlow } from './open-flow.ts';

const MIB = 1024 * 1024;
const SIZE_BYTES = 40 * MIB;

let fakes: Fakes;
let flow: Flow;
let truth: Record<string, string>;
beforeAll(async () => {
  fakes = await startFakes([
    { id: 'o/m', commits: [{ files: { 'a.bin': { seed: 'a', sizeBytes: SIZE_BYTES }, 'b.txt': 'b' } }] },
  ]);
  truth = await hashRepository(fakes.modelscope.repository('o/m'), 'master');
});
afterAll(() => fakes.close());
beforeEach(async () => {
  flow = await openFlow(fakes);
  await flow.run('modelscope', { model: 'o/m' });
  fakes.reset();
});
afterEach(async () => {
  fakes.reset();
  await flow.close();
});

const layout = () => createLayout(flow.store);
const sha256 = () => truth['a.bin'] ?? '';
const blob = () => layout().blob(sha256());
const drops = () =>
  flow.events.filter((event) => event.type === 'warning' && !event.message.startsWith('The stored content'));

async function flip(offsets: readonly number[], verify: 'receipt' | 'full'): Promise<void> {
  const { atime, mtime } = await stat(blob());
  for (const offset of offsets) await flipByte(blob(), offset);
  if (verify === 'full') await utimes(blob(), atime, mtime);
}

const places = [
  ['the first piece', 1000],
  ['the middle piece', 20 * MIB],
  ['the last piece', SIZE_BYTES - 1],
] as const;
const cases = places.flatMap(([name, offset]) =>
  (['receipt', 'full'] as const).map((verify) => [name, verify, offset] as const),
);

describe('one flipped byte', () => {
  test.each(cases)('in %s, noticed by `verify: %s`, costs at most one piece', async (_, verify, offset) => {
    await flip([offset], verify);
    const report = await flow.run('modelscope', { model: 'o/m', verify });
    expect(await hashFolder(flow.folder)).toEqual(truth);
    expect(fileBytes(fakes)).toBeGreaterThan(0);
    expect(fileBytes(fakes)).toBeLessThanOrEqual(PIECE_BYTES);
    expect(report.models[0]?.files.find((file) => file.path === 'a.bin')?.outcome).toBe('downloaded');
    expect(drops()).toEqual([]);
  });

  test('changes nothing of another file that is a link to the blob', async () => {
    const mine = path.join(flow.root, 'mine.bin');
    await link(blob(), mine);
    await flip([20 * MIB], 'full');
    const [bytes, before] = [await readFile(mine), await stat(mine)];
    await flow.run('modelscope', { model: 'o/m', verify: 'full' });
    expect(await hashFolder(flow.folder)).toEqual(truth);
    expect(fileBytes(fakes)).toBeLessThanOrEqual(PIECE_BYTES);
    expect((await readFile(mine)).equals(bytes)).toBe(true);
    expect((await stat(mine)).mtimeMs).toBe(before.mtimeMs);
  });

  test('is repaired from a server that knows no ranges, by the whole file', async () => {
    const { FAULTS } = await import('../fakes/faults.ts');
    const row = FAULTS.find(({ name }) => name === 'whole file under 200 for a range');
    if (row === undefined || !('apply' in row)) throw new Error('the table has no such row');
    await flip([20 * MIB], 'full');
    fakes.faults.add(row, { path: 'a.bin', times: Number.POSITIVE_INFINITY });
    await flow.run('modelscope', { model: 'o/m', verify: 'full' });
    expect(await hashFolder(flow.folder)).toEqual(truth);
  });
});

test('two flipped bytes in two pieces cost at most two pieces, and no source is blamed', async () => {
  await flip([1000, 20 * MIB], 'full');
  await flow.run('modelscope', { model: 'o/m', verify: 'full' });
  expect(await hashFolder(flow.folder)).toEqual(truth);
  expect(fileBytes(fakes)).toBeLessThanOrEqual(2 * PIECE_BYTES);
  expect(drops()).toEqual([]);
  const last = flow.events.filter((event) => event.type === 'progress').at(-1);
  expect(last?.doneBytes).toBe(last?.totalBytes);
});

test('a byte that a source spoils on the way costs its piece once more', async () => {
  const { flippedByte } = await import('../fakes/faults.ts');
  await flip([20 * MIB], 'full');
  fakes.faults.add(flippedByte(1), { path: 'a.bin' });
  await flow.run('modelscope', { model: 'o/m', verify: 'full' });
  expect(fakes.faults.struck).toHaveLength(1);
  expect(await hashFolder(flow.folder)).toEqual(truth);
  expect(fileBytes(fakes)).toBeLessThanOrEqual(2 * PIECE_BYTES);
});

test('a source that spoils every answer is given up', async () => {
  const { flippedByte } = await import('../fakes/faults.ts');
  await flip([20 * MIB], 'full');
  fakes.faults.add(flippedByte(Number.POSITIVE_INFINITY), { path: 'a.bin' });
  const failed = await flow.run('modelscope', { model: 'o/m', verify: 'full' }).catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: 'DIGEST_MISMATCH' });
});

test('wrong marks cost bytes and nothing else', async () => {
  const marks = [sha256(), sha256()];
  await writeFile(layout().marks(sha256()), JSON.stringify({ pieceBytes: PIECE_BYTES, marks }));
  await flip([20 * MIB], 'full');
  await flow.run('modelscope', { model: 'o/m', verify: 'full' });
  expect(await hashFolder(flow.folder)).toEqual(truth);
});

test('a blob that was cut off is fetched whole', async () => {
  await chmod(blob(), 0o644);
  await truncate(blob(), 30 * MIB);
  await flow.run('modelscope', { model: 'o/m' });
  expect(await hashFolder(flow.folder)).toEqual(truth);
  expect(fileBytes(fakes)).toBe(SIZE_BYTES);
});
