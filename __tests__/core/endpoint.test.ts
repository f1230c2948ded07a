// Addresses of hubs: what is read, what is refused, and that no password is told.

import { describe, expect, test } from 'vitest';
import { readEndpoint } from '../../src/core/endpoint.ts';
import { codeOfThrown, thrown } from './thrown.ts';

describe('endpoints', () => {
  test.each([
    ['https://hub.example.com', 'https://hub.example.com'],
    ['HTTPS://Hub.Example.com/', 'https://hub.example.com'],
    ['http://127.0.0.1:8080//', 'http://127.0.0.1:8080'],
    ['localhost:8080', 'https://localhost:8080'],
    ['hub.example.com/prefix/', 'https://hub.example.com/prefix'],
    ['[::1]:8080', 'https://[::1]:8080'],
    [' https://hub.example.com:443/a/b ', 'https://hub.example.com/a/b'],
    ['', undefined],
    ['  ', undefined],
  ])('%j is %j', (text, endpoint) => {
    expect(readEndpoint('endpoint', text)).toBe(endpoint);
  });
  test.each([
    'ftp://hub',
    'file:///etc',
    'https://',
    'https://hub?x=1',
    'https://hub#x',
    'not a host',
    'https://user@hub',
    'javascript:alert(1)',
  ])('%j is refused', (text) => {
    expect(codeOfThrown(() => readEndpoint('endpoint', text))).toBe('BAD_OPTION');
  });
  test.each([
    'https://user:hunter2@hub',
    'https://user:hunter2@hub?x=1',
    'ftp://user:hunter2@hub',
    'https://u:hunter2@h h',
  ])('a password in %j is never told', (text) => {
    const error = thrown(() => readEndpoint('HF_ENDPOINT', text));
    expect(`${error.message}${error.hint}`).not.toContain('hunter2');
    expect(error.message).toContain('HF_ENDPOINT');
  });
});
