// Heads as strangers write them. What is plain is read, and whatever else is odd.

import { describe, expect, test } from 'vitest';
import { parseLeanHead } from '../../src/net/lean-head.ts';

const head = (...lines: string[]) => parseLeanHead(['HTTP/1.1 200 OK', ...lines].join('\r\n'));

test('a plain head is read, with the blanks around a value dropped', () => {
  expect(head('Content-Length: \t5 \t', 'X-A:b', 'x-a:  c d ', 'Empty:', '__proto__: e')).toMatchObject({
    status: 200,
    lengthBytes: 5,
    staysOpen: true,
    headers: { 'content-length': '5', 'x-a': 'b, c d', empty: '' },
  });
});

test('who says that the connection ends, or speaks HTTP/1.0, is not asked again on it', () => {
  expect(head('Content-Length: 0', 'Connection: foo, Close')?.staysOpen).toBe(false);
  expect(parseLeanHead('HTTP/1.0 200 OK\r\nContent-Length: 0')?.staysOpen).toBe(false);
});

describe('odd', () => {
  test.each([
    ['a name with a blank before its colon', 'X-A : b'],
    ['no name', ': b'],
    ['no colon', 'X-A'],
    ['a folded line', ' b'],
    ['a line feed alone', 'X-A: b\nX-B: c'],
    ['a control character', 'X-A: b\u0001'],
    ['a character of more than a byte', 'X-A: \u0100'],
    ['a length in hex', 'Content-Length: 0x5'],
    ['a length twice in one', 'Content-Length: 5, 5'],
    ['a length that no number holds', `Content-Length: ${'9'.repeat(16)}`],
  ])('%s', (_, line) => {
    expect(head(line)).toBeUndefined();
  });
  test.each(['HTTP/1.1 103 Early Hints', 'HTTP/2 200', 'HTTP/1.1 200OK', 'ICY 200 OK', ''])('%s', (line) => {
    expect(parseLeanHead(line)).toBeUndefined();
  });
});

// Read by a pattern that can go back, each of these takes from seconds to hours.
test('a line of blanks keeps nobody busy', { timeout: 2000 }, () => {
  const blanks = ' '.repeat(64 * 1024);
  for (let n = 0; n < 100; n += 1) {
    expect(head(`X-A: a${blanks}b${blanks}`)?.headers['x-a']?.length).toBe(blanks.length + 2);
    expect(head(`X-A:${blanks}\u0001`)).toBeUndefined();
    expect(head(`X-A${blanks}: a`)).toBeUndefined();
  }
});
