// Who is blamed for wrong bytes, and who is not.

import { expect, test } from 'vitest';
import type { Source } from '../../../src/core/ports.ts';
import { createBlame } from '../../../src/flows/transfer/blame.ts';

const MIB = 1024 * 1024;
const source = (name: string, kind: Source['kind']): Source => ({
  name,
  kind,
  locate: async () => undefined,
  refusal: () => undefined,
});
const SOURCES = [source('hub', 'origin'), source('mirror', 'mirror')];
const SIZE_BYTES = 48 * MIB;
const r = (start: number, end: number) => ({ start: start * MIB, end: end * MIB });
const right = ['a', 'b'];

test('a located piece that one source wrote alone proves it', () => {
  const blame = createBlame(SIZE_BYTES, SOURCES);
  blame.note('mirror', r(0, 32));
  blame.note('hub', r(32, 48));
  expect(blame.accuse([r(16, 32)], [])).toMatchObject({ suspects: ['mirror'], isProved: true });
});

test('a piece that lay partly on the disk before proves nothing', () => {
  const blame = createBlame(SIZE_BYTES, SOURCES);
  blame.note('mirror', r(20, 48));
  expect(blame.accuse([r(16, 32)], [])).toMatchObject({ suspects: ['mirror'], isProved: false });
});

test('rot in what an interrupted run left is not the hub’s', () => {
  const blame = createBlame(SIZE_BYTES, SOURCES);
  blame.note('hub', r(10, 48));
  blame.accuse([r(0, 48)], ['x', 'y']);
  expect(blame.convict(right)).toEqual([]);
});

test('when the right bytes are known, the first piece that differs tells who it was', () => {
  const blame = createBlame(SIZE_BYTES, SOURCES);
  blame.note('hub', r(0, 16));
  blame.note('mirror', r(16, 48));
  expect(blame.doubtful()).toEqual([r(16, 48)]);
  expect(blame.accuse([r(16, 48)], ['a', 'y'])).toMatchObject({ isGuess: true, isProved: false });
  blame.note('hub', r(16, 48));
  expect(blame.convict(right)).toEqual(['mirror']);
});

test('a piece that two sources wrote together convicts neither', () => {
  const blame = createBlame(SIZE_BYTES, SOURCES);
  blame.note('hub', r(0, 8));
  blame.note('mirror', r(8, 48));
  blame.accuse([r(8, 48)], ['x', 'y']);
  expect(blame.convict(right)).toEqual([]);
});
