// Headers of ranges and waits, and statuses that mean the same everywhere.

import { describe, expect, test } from 'vitest';
import { errorOfStatus, formatRange, type Headers, parseContentRange, retryAfterMs } from '../../src/core/http.ts';

test('a range is written with its last byte', () => {
  expect(formatRange({ start: 0, end: 1 })).toBe('bytes=0-0');
  expect(formatRange({ start: 10, end: 30 })).toBe('bytes=10-29');
});

describe('Content-Range', () => {
  test.each([
    ['bytes 0-0/1', { start: 0, end: 1, totalBytes: 1 }],
    ['bytes 10-19/100', { start: 10, end: 20, totalBytes: 100 }],
    [' bytes 10-19/100 ', { start: 10, end: 20, totalBytes: 100 }],
    ['bytes 10-19/*', { start: 10, end: 20, totalBytes: undefined }],
    ['bytes 1000000000-1000000099/4915962496', { start: 1e9, end: 1e9 + 100, totalBytes: 4915962496 }],
  ])('%j', (text, range) => {
    expect(parseContentRange(text)).toEqual(range);
  });
  test.each([
    undefined,
    '',
    'bytes */100',
    'bytes 0-99',
    'bytes=0-99/100',
    'items 0-9/10',
    'bytes 9-0/10',
    'bytes 0-10/10',
    'bytes 0-9/9',
    'bytes -1-9/10',
    'bytes 0-9/10, bytes 20-29/30',
    'bytes 0x0-9/10',
    'bytes 0-9999999999999999/*',
    'bytes 0.5-9/10',
  ])('%j is none', (text) => {
    expect(parseContentRange(text)).toBeUndefined();
  });
});

describe('how long to wait', () => {
  const NOW = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT');
  test.each<[string, Headers, number | undefined]>([
    ['nothing said', {}, undefined],
    ['seconds', { 'retry-after': '7' }, 7000],
    ['no seconds', { 'retry-after': '0' }, 0],
    ['a date', { 'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT' }, 30_000],
    ['a date that is past', { 'retry-after': 'Wed, 21 Oct 2026 07:00:00 GMT' }, 0],
    ['nonsense', { 'retry-after': 'soon' }, undefined],
    ['blank', { 'retry-after': ' ' }, undefined],
    ['nothing remains', { ratelimit: '"resolvers";r=0;t=172' }, 173_000],
    ['nothing remains, with blanks', { ratelimit: '"api" ; r=0 ; t=5' }, 6000],
    ['nothing remains, and seconds', { ratelimit: '"api";r=0;t=5', 'retry-after': '60' }, 6000],
    ['something remains', { ratelimit: '"api";r=10;t=172' }, undefined],
    ['something remains, and seconds', { ratelimit: '"api";r=10;t=172', 'retry-after': '60' }, 60_000],
    ['the quota is no remainder', { ratelimit: '"fixed window";"r=0"' }, undefined],
  ])('%s', (_, headers, waitMs) => {
    expect(retryAfterMs(headers, NOW)).toBe(waitMs);
  });
});

test.each([
  [200, undefined],
  [302, undefined],
  [400, undefined],
  [401, undefined],
  [403, undefined],
  [404, undefined],
  [416, undefined],
  [408, 'TIMEOUT'],
  [429, 'RATE_LIMITED'],
  [500, 'SERVER'],
  [502, 'SERVER'],
  [503, 'SERVER'],
  [504, 'SERVER'],
  [599, 'SERVER'],
])('status %d means %s', (status, code) => {
  const error = errorOfStatus(status, { 'retry-after': '3' }, 'file on host', 0);
  expect(error?.code).toBe(code);
  expect(error?.waitMs).toBe(code === undefined ? undefined : 3000);
});
