// Whether an answer is the bytes that were asked for: what hubs were seen to say (modelscope.md 3.2, huggingface.md 3.4).

import { expect, test } from 'vitest';
import type { Headers } from '../../../src/core/http.ts';
import { type Asked, judgeAnswer } from '../../../src/core/transfer/answer.ts';

const SIZE = 4_915_962_496;
const WHOLE: Asked = { range: undefined, sizeBytes: SIZE, what: 'file from host' };
const SLICE: Asked = { ...WHOLE, range: { start: 1e9, end: 1e9 + 100 } };
const RANGE = `bytes 1000000000-1000000099/${SIZE}`;

test.each<[string, Asked, number, Headers, string]>([
  ['206 with the range', SLICE, 206, { 'content-range': RANGE, 'content-length': '100' }, 'slice'],
  ['206 with the range, no length', SLICE, 206, { 'content-range': RANGE }, 'slice'],
  ['206 with an unknown total', SLICE, 206, { 'content-range': 'bytes 1000000000-1000000099/*' }, 'slice'],
  ['a slice that wears 200', SLICE, 200, { 'content-range': RANGE, 'content-length': '100' }, 'slice'],
  ['a slice that wears 200, no length', SLICE, 200, { 'content-range': RANGE }, 'slice'],
  ['200 to a range is the whole file', SLICE, 200, { 'content-length': String(SIZE) }, 'whole'],
  ['200 to a range, chunked', SLICE, 200, {}, 'whole'],
  ['the whole file', WHOLE, 200, { 'content-length': String(SIZE) }, 'whole'],
  ['the whole file, chunked', WHOLE, 200, {}, 'whole'],
  ['the whole file as a range', WHOLE, 206, { 'content-range': `bytes 0-${SIZE - 1}/${SIZE}` }, 'whole'],
  ['the whole file as a range under 200', WHOLE, 200, { 'content-range': `bytes 0-${SIZE - 1}/${SIZE}` }, 'whole'],
  ['identity, said aloud', WHOLE, 200, { 'content-encoding': 'identity' }, 'whole'],
  ['a page in place of the file', WHOLE, 200, { 'content-length': '512', 'content-type': 'text/html' }, 'text'],
  ['a page in place of a slice', SLICE, 200, { 'content-length': '512' }, 'text'],
  ['200 with the length of the slice and no word of where', SLICE, 200, { 'content-length': '100' }, 'text'],
  ['401', WHOLE, 401, {}, 'text'],
  ['403', SLICE, 403, { 'content-range': RANGE }, 'text'],
  ['404', WHOLE, 404, { 'content-length': String(SIZE) }, 'text'],
  ['416', SLICE, 416, { 'content-range': `bytes */${SIZE}` }, 'text'],
  ['500', WHOLE, 500, {}, 'text'],
  ['204', WHOLE, 204, {}, 'text'],
  ['a redirect that was not followed', WHOLE, 302, {}, 'text'],
  ['206 without saying which', SLICE, 206, { 'content-length': '100' }, 'wrong'],
  ['another start', SLICE, 206, { 'content-range': `bytes 0-99/${SIZE}` }, 'wrong'],
  ['another start under 200', SLICE, 200, { 'content-range': `bytes 0-99/${SIZE}` }, 'wrong'],
  ['another end', SLICE, 206, { 'content-range': `bytes 1000000000-1000000199/${SIZE}` }, 'wrong'],
  ['another total', SLICE, 206, { 'content-range': 'bytes 1000000000-1000000099/4915962497' }, 'wrong'],
  ['a length that is not the range’s', SLICE, 206, { 'content-range': RANGE, 'content-length': '101' }, 'wrong'],
  [
    'open-ended, with the length of the whole',
    SLICE,
    200,
    { 'content-range': RANGE, 'content-length': String(SIZE) },
    'wrong',
  ],
  ['a range that cannot be read', SLICE, 206, { 'content-range': 'bytes what' }, 'wrong'],
  ['several ranges', SLICE, 206, { 'content-range': `${RANGE}, ${RANGE}` }, 'wrong'],
  ['a part, though the whole was asked for', WHOLE, 206, { 'content-range': RANGE }, 'wrong'],
  ['packed', WHOLE, 200, { 'content-encoding': 'gzip' }, 'wrong'],
  ['a packed slice', SLICE, 206, { 'content-range': RANGE, 'content-encoding': 'br' }, 'wrong'],
])('%s', (_, asked, status, headers, kind) => {
  const answer = judgeAnswer({ status, headers }, asked);
  expect(answer.kind).toBe(kind);
  if (answer.kind === 'wrong') {
    expect(answer.error.code).toBe('SIZE_MISMATCH');
    expect(answer.error.message).toContain('file from host');
  }
});

test('an empty file', () => {
  const asked: Asked = { range: undefined, sizeBytes: 0, what: 'empty' };
  expect(judgeAnswer({ status: 200, headers: { 'content-length': '0' } }, asked).kind).toBe('whole');
  expect(judgeAnswer({ status: 200, headers: { 'content-length': '1' } }, asked).kind).toBe('text');
});
