// How large a store may grow, as people write it.

import { expect, test } from 'vitest';
import { parseStoreLimit } from '../../../src/core/store/limit.ts';

test.each([
  ['50GiB', { kind: 'bytes', bytes: 50 * 2 ** 30 }],
  ['50 GB', { kind: 'bytes', bytes: 50e9 }],
  ['0', { kind: 'bytes', bytes: 0 }],
  ['20%', { kind: 'share', share: 0.2 }],
  [' 12.5 % ', { kind: 'share', share: 0.125 }],
  ['100%', { kind: 'share', share: 1 }],
])('%s', (text, limit) => {
  expect(parseStoreLimit(text)).toEqual(limit);
});

test.each(['', '0%', '101%', '-5%', '5%%', '%', '20 percent', 'much', '-1', '1e9'])('%j is no limit', (text) => {
  expect(parseStoreLimit(text)).toBeUndefined();
});
