// Saving, when it is our own disk that fails.

import { expect, test } from 'vitest';
import { createAllowance } from '../../../src/core/cache/allowance.ts';
import { cacheParts } from '../../../src/core/cache/key.ts';
import { ModelFetchError } from '../../../src/core/errors.ts';
import type { Event } from '../../../src/core/events.ts';
import type { EntryCache, Store } from '../../../src/core/ports.ts';
import { saveToCache } from '../../../src/flows/cache/save.ts';
import { snapshotOf } from '../../core/sample.ts';

const NEVER = new AbortController().signal;
const FILES = snapshotOf(['a', 'b', 'c', 'd'], 9_000_000).files;
const PARTS = cacheParts({ hub: 'modelscope', kind: 'model', repo: 'o/n' }, FILES);

test('is one warning that names it; the cache is not blamed, and no more is read', async () => {
  const events: Event[] = [];
  const emit = (event: Event) => void events.push(event);
  let begun = 0;
  const cache: Pick<EntryCache, 'kind' | 'writable' | 'save' | 'allowance'> = {
    kind: 'entries',
    writable: true,
    allowance: createAllowance(),
    async save(_, content) {
      begun += 1;
      for await (const _chunk of content.read({ start: 0, end: 1 }));
      throw new Error('it was read');
    },
  };
  const store: Pick<Store, 'find' | 'read'> = {
    find: async () => ({ blob: { digest: `sha256:${'0'.repeat(64)}`, sizeBytes: 1 }, damaged: false }) as never,
    // biome-ignore lint/correctness/useYield: it fails before it gives anything
    async *read() {
      throw new ModelFetchError('DISK_IO', 'the disk fell off');
    },
  };
  await saveToCache(PARTS, { cache: cache as EntryCache, store: store as Store, emit }, NEVER);
  expect(PARTS).toHaveLength(4);
  expect(events.filter(({ type }) => type === 'warning')).toMatchObject([{ code: 'DISK_IO' }]);
  expect(begun).toBe(1);
});
