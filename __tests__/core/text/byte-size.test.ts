// Sizes as people write them.

import { expect, test } from 'vitest';
import { parseByteSize } from '../../../src/core/text/byte-size.ts';

test.each([
  ['0', 0],
  ['1048576', 1_048_576],
  ['8GiB', 8 * 2 ** 30],
  [' 8 gib ', 8 * 2 ** 30],
  ['500MB', 500_000_000],
  ['1.5 KiB', 1536],
  ['2TiB', 2 ** 41],
  ['7b', 7],
])('%j is %d bytes', (text, bytes) => {
  expect(parseByteSize(text)).toBe(bytes);
});

test.each(['', 'GiB', '-1', '1e9', '8G', '8GiBs', '8,5GB', '1 2', '20%', '99999999999TiB', 'Infinity', '0x10'])(
  '%j is none',
  (text) => {
    expect(parseByteSize(text)).toBeUndefined();
  },
);
