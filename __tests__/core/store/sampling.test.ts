// How one content is checked in one run.

import { expect, test } from 'vitest';
import { describeSampling, drawVerify, hashedShare, SAMPLE_SHARE } from '../../../src/core/store/sampling.ts';
import { createSeeded } from '../seeded.ts';

test('only `sample` asks the dice', () => {
  for (const random of [0, 0.5, 0.999]) {
    expect(drawVerify('receipt', random)).toBe('receipt');
    expect(drawVerify('full', random)).toBe('full');
  }
  expect([drawVerify('sample', 0), drawVerify('sample', 0.999)]).toEqual(['full', 'receipt']);
});

test('the share that is hashed is the one that is stated', () => {
  const random = createSeeded(1);
  const hashed = Array.from({ length: 20_000 }, () => drawVerify('sample', random())).filter((how) => how === 'full');
  expect(Math.abs(hashed.length / 20_000 - SAMPLE_SHARE)).toBeLessThan(0.01);
  expect([hashedShare('receipt'), hashedShare('sample'), hashedShare('full')]).toEqual([0, SAMPLE_SHARE, 1]);
});

test('people are told of it only when there was a draw', () => {
  const told = (how: 'receipt' | 'sample' | 'full') => describeSampling({ how, hashedShare: hashedShare(how) });
  expect(told('sample')).toContain('10 %');
  expect([told('receipt'), told('full')]).toEqual(['', '']);
});
