// Foreign text in messages: one line, short, and no secret in it.

import { expect, test } from 'vitest';
import { quote, quoteWords } from '../../../src/core/text/quote.ts';

test.each([
  ['plain', 'v1.0', '"v1.0"'],
  ['line breaks and colours', 'a\n::error::b\u001b[31m\r', '"a\\u000a::error::b\\u001b[31m\\u000d"'],
  ['what turns the direction of text', 'a\u202eb', '"a\\u202eb"'],
  ['a name and a password', 'https://me:pass@host/o/n', '"https://host/o/n"'],
  ['a password with signs of an address', 'https://me:p/a?s#s@host/o/n@v1', '"https://host/o/n@v1"'],
  ['a port and a revision', 'https://host:8080/o/n@v1', '"https://host:8080/o/n@v1"'],
  ['a password without an end', `https://me:${'p'.repeat(2000)}@host`, '"https://…"'],
  ['a signature', 'https://host/o/n?sig=abc#x', '"https://host/o/n?…"'],
  ['an address that is fine', 'https://host/o/n', '"https://host/o/n"'],
  ['a token of Hugging Face', 'hf_abcdefghijklmnopqrstuvwxyz01234567', '"***"'],
  ['a token of ModelScope', 'ms-12345678-1234-1234-1234-123456789abc', '"***"'],
  ['a token within', 'see ghp_abcdefghijklmnopqrstuvwxyz0123456789!', '"see ***!"'],
  ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', '"***"'],
])('%s', (_, text, shown) => {
  expect(quote(text)).toBe(shown);
});

test.each([
  [quote, 102],
  [quoteWords, 300],
])('is cut', (way, most) => {
  for (const text of ['x'.repeat(1e6), '\n'.repeat(1000), '😀'.repeat(1000)]) {
    const shown = way(text.trim() === '' ? `a${text}a` : text);
    expect(shown.length).toBeLessThanOrEqual(most + 1);
    expect(shown).toMatch(/…"?$/);
    expect(shown.isWellFormed()).toBe(true);
  }
});

test('a token that is cut is hidden as well', () => {
  expect(quote(`${'x '.repeat(40)}hf_abcdefghijklmnopqrstuvwxyz01234567`)).not.toContain('hf_');
});
