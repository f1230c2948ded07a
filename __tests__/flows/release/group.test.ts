// Work that ends together: who waits for it hears of the first failure, and of having been stopped.

import { expect, test } from 'vitest';
import { createGroup } from '../../../src/flows/release/group.ts';
import { createDesk } from '../../../src/flows/release/offer-desk.ts';

test('the first failure stops the rest, and is the one that is told', async () => {
  const group = createGroup(new AbortController().signal);
  group.start(
    () => new Promise((_, reject) => group.signal.addEventListener('abort', () => reject(new Error('late')))),
  );
  group.start(() => Promise.reject(new Error('first')));
  await expect(group.settle()).rejects.toThrow('first');
});

// Else what was not offered would be missed by the commit, and look like a bug.
test('a run that is stopped while a desk waits is not done', async () => {
  const stop = new AbortController();
  const group = createGroup(stop.signal);
  const offered: number[] = [];
  const offer = async (items: readonly number[]) => void offered.push(...items);
  const desk = createDesk<number>({ most: 10, sizeBytes: () => 1, offer }, group.signal);
  group.start(desk.run);
  desk.add(1);
  stop.abort();
  await expect(group.settle()).rejects.toMatchObject({ code: 'ABORTED' });
  expect(offered).toEqual([]);
});
