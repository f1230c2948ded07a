// The transport of offline runs: every request is refused by its code, and none can be made another way.

import { expect, test } from 'vitest';
import { codeOf } from '../../src/core/errors.ts';
import type { HttpRequest } from '../../src/core/http.ts';
import { createClosedTransport } from '../../src/net/closed-transport.ts';

test('nothing gets out', async () => {
  const transport = createClosedTransport();
  const request: HttpRequest = { method: 'GET', url: 'http://127.0.0.1:9/secret?sig=x' };
  const { signal } = new AbortController();
  for (const ask of [transport.send, transport.read]) {
    const error = await ask(request, signal).catch((reason: unknown) => reason);
    expect(codeOf(error)).toBe('OFFLINE');
    expect(String(error)).toContain('127.0.0.1');
    expect(String(error)).not.toContain('sig');
  }
  expect(transport.wire(request)).toBeUndefined();
  await transport.close();
});
