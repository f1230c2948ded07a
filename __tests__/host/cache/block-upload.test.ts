// An upload to a host that takes bytes, but hardly any.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { Range } from '../../../src/core/http.ts';
import { createUpload } from '../../../src/host/cache/block-upload.ts';
import { systemClock } from '../../../src/host/clock.ts';
import { createTransport } from '../../../src/net/transport.ts';

const MIB = 1024 * 1024;

test('a trickle is left, though it is never silent', async () => {
  const server = createServer((request) => {
    request.on('data', () => {
      request.pause();
      setTimeout(() => request.resume(), 20);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const policy = { retries: 0, baseMs: 0, ceilingMs: 0, patienceMs: 0 };
  const transport = createTransport({ policy, clock: systemClock, emit: () => undefined, userAgent: 'test' });
  const upload = createUpload({
    transport,
    patienceMs: 60_000,
    pace: { windowMs: 300, bytesPerWindow: 200 * MIB },
  });
  const content = {
    sizeBytes: 1024 * MIB,
    async *read({ start, end }: Range) {
      for (let at = start; at < end; at += MIB) yield Buffer.alloc(Math.min(MIB, end - at));
    },
  };
  const { port } = server.address() as AddressInfo;
  const done = upload(`http://127.0.0.1:${port}/b?sig=x`, content, new AbortController().signal);
  await expect(done).rejects.toMatchObject({ code: 'CACHE_SAVE' });
  await transport.close();
  server.closeAllConnections();
  server.close();
});
