// Where a redirect may lead.

import { describe, expect, test } from 'vitest';
import type { HttpRequest } from '../../src/core/http.ts';
import { nextHop } from '../../src/net/redirect.ts';
import { codeOfThrown, thrown } from '../core/thrown.ts';

const REQUEST: HttpRequest = {
  method: 'GET',
  url: 'https://hub.test/a/b?x=1',
  headers: { range: 'bytes=0-9' },
  credential: { origin: 'https://hub.test', bearer: 'token' },
};
const hop = (location: string | undefined, request = REQUEST, status = 302) =>
  nextHop(request, { status, headers: location === undefined ? {} : { location } });

describe('followed', () => {
  test.each([
    ['relative', 'c', 'https://hub.test/a/c'],
    ['from the root', '/c?y=2', 'https://hub.test/c?y=2'],
    ['up', '../c', 'https://hub.test/c'],
    ['only a query', '?y=2', 'https://hub.test/a/b?y=2'],
    ['the same scheme', '//cdn.test/c', 'https://cdn.test/c'],
    ['another host', 'https://cdn.test/c?sig=s', 'https://cdn.test/c?sig=s'],
    ['a fragment is dropped', '/c#x', 'https://hub.test/c'],
    ['a user is dropped', 'https://user:password@cdn.test/c', 'https://cdn.test/c'],
    [
      'letters as they are, in UTF-8',
      Buffer.from('/模型.bin').toString('latin1'),
      `https://hub.test${encodeURI('/模型.bin')}`,
    ],
    ['letters as they are, in no UTF-8', '/\xe9', 'https://hub.test/%C3%A9'],
    ['escapes are kept', '/a%2Fb%20c?d=%2B', 'https://hub.test/a%2Fb%20c?d=%2B'],
  ])('%s', (_, location, url) => {
    expect(hop(location)).toEqual({ ...REQUEST, url });
  });
  test.each([301, 302, 303, 307, 308])('status %d', (status) => {
    expect(hop('/c', REQUEST, status)?.url).toBe('https://hub.test/c');
  });
  test('from http to https', () => {
    expect(hop('https://hub.test/c', { ...REQUEST, url: 'http://hub.test/' })?.url).toBe('https://hub.test/c');
  });
  test('HEAD stays HEAD', () => {
    expect(hop('/c', { ...REQUEST, method: 'HEAD' })?.method).toBe('HEAD');
  });
});

test.each([200, 206, 300, 304, 305, 404, 500])('status %d is none, whatever it names', (status) => {
  expect(hop('/c', REQUEST, status)).toBeUndefined();
});

describe('refused', () => {
  test.each([
    ['no target', undefined],
    ['not an address', 'https://['],
    ['https to http', 'http://hub.test/c'],
    ['https to http elsewhere', 'http://cdn.test/c'],
    ['a file', 'file:///etc/passwd'],
    ['data', 'data:text/plain,x'],
    ['ftp', 'ftp://hub.test/c'],
    ['javascript', 'javascript:alert(1)'],
  ])('%s', (_, location) => {
    const error = thrown(() => hop(location));
    expect(error.code).toBe('HUB_PROTOCOL');
    expect(error.hint).toEqual(expect.any(String));
  });
  test.each(['POST', 'PUT'] as const)('in answer to %s', (method) => {
    expect(codeOfThrown(() => hop('/c', { ...REQUEST, method }))).toBe('HUB_PROTOCOL');
  });
  test('the message holds no query', () => {
    const request = { ...REQUEST, url: 'https://hub.test/a?signature=hunter2' };
    expect(thrown(() => hop('http://cdn.test/?signature=hunter3', request)).message).not.toMatch(/hunter/);
  });
});
