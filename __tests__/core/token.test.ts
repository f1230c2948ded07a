// Tokens: what a text means, and sources that change.

import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/core/events.ts';
import { tokenFrom, tokenWay } from '../../src/core/token.ts';

const NEVER = new AbortController().signal;

describe('what the option means', () => {
  test.each([
    ['hf_abcDEF', { kind: 'token', token: 'hf_abcDEF' }],
    ['ms-0123-4567', { kind: 'token', token: 'ms-0123-4567' }],
    ['a/b+c==', { kind: 'token', token: 'a/b+c==' }],
    ['oidc', { kind: 'identity' }],
    ['OIDC', { kind: 'identity' }],
    ['/run/secrets/hub', { kind: 'file', path: '/run/secrets/hub' }],
    ['./token', { kind: 'file', path: './token' }],
    ['../token', { kind: 'file', path: '../token' }],
    ['C:\\token', { kind: 'file', path: 'C:\\token' }],
    ['file:token.txt', { kind: 'file', path: 'token.txt' }],
    ['file:/run/token', { kind: 'file', path: '/run/token' }],
    ['file:///run/token', { kind: 'file', path: '/run/token' }],
  ])('%s', (text, way) => {
    expect(tokenWay(text)).toEqual(way);
  });
});

describe('a source', () => {
  test('reads anew each time, tells each secret once, and has another only when it changed', async () => {
    const events: Event[] = [];
    let text = 'first\n';
    const source = tokenFrom(
      'token',
      async () => text,
      (event) => events.push(event),
    );
    expect([await source.current(NEVER), await source.current(NEVER)]).toEqual(['first', 'first']);
    expect(await source.renew('first', NEVER)).toBeUndefined();
    text = 'second';
    expect(await source.renew('first', NEVER)).toBe('second');
    expect(events).toEqual([
      { type: 'secret', value: 'first' },
      { type: 'secret', value: 'second' },
    ]);
  });

  test('without a token has none, and refuses what no header can carry', async () => {
    expect(
      await tokenFrom(
        'token',
        async () => ' \n',
        () => undefined,
      ).current(NEVER),
    ).toBeUndefined();
    const bad = tokenFrom(
      'token',
      async () => 'two words',
      () => undefined,
    );
    await expect(bad.current(NEVER)).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });
});
