// One line for one trouble of the cache, over both steps of a job.

import { expect, test } from 'vitest';
import { type CacheTrouble, createCacheWarnings, DELETE_ADVICE } from '../../../src/core/cache/warnings.ts';
import type { Event } from '../../../src/core/events.ts';

const FAILURE: Event = { type: 'warning', code: 'CACHE_SAVE', message: 'it failed' };
const WRONG: Event = { type: 'warning', code: 'CACHE_RESTORE', message: `wrong bytes. ${DELETE_ADVICE}` };
const OTHER: Event = { type: 'warning', code: 'DISK_IO', message: 'our disk' };

function said(events: readonly Event[], told?: Set<CacheTrouble>): string[] {
  const types: string[] = [];
  const emit = createCacheWarnings((event) => void types.push(event.type), told);
  for (const event of events) emit(event);
  return types;
}

test('one warning for a cache that fails, one for wrong bytes, and the others are not its own', () => {
  expect(said([FAILURE, WRONG, FAILURE, WRONG, OTHER, OTHER])).toEqual([
    'warning',
    'warning',
    'notice',
    'notice',
    'warning',
    'warning',
  ]);
});

test('what one step has told, the next only notes', () => {
  const told = new Set<CacheTrouble>();
  expect(said([FAILURE], told)).toEqual(['warning']);
  expect([...told]).toEqual(['failing']);
  expect(said([FAILURE, WRONG], told)).toEqual(['notice', 'warning']);
});
