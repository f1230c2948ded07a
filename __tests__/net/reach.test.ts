// How far away hosts are, as the client's connections tell.

import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../src/host/clock.ts';
import { createTransport } from '../../src/net/transport.ts';
import { type FakeServer, serve } from '../fakes/server.ts';

const NEVER = new AbortController().signal;
const open = () => {
  const policy = { retries: 0, baseMs: 0, ceilingMs: 0, patienceMs: 0 };
  return createTransport({ policy, clock: systemClock, emit: () => undefined, userAgent: 'test' });
};
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

test('nothing is known of a host before it is asked, and its quickest connection afterwards', async () => {
  const server: FakeServer = await serve(async ({ response }) => void response.end('ok'));
  const transport = open();
  closing.push(
    () => transport.close(),
    () => server.close(),
  );
  expect(transport.reachMs(server.url)).toBe(0);
  await transport.once({ method: 'GET', url: server.url }, NEVER);
  expect(transport.reachMs(`${server.url}/another`)).toBeGreaterThan(0);
  expect(transport.reachMs('http://127.0.0.1:1/')).toBe(0);
});

test('an attempt that lasts counts for as long as it does, until it fails', async () => {
  // Takes the connection, and says nothing to the handshake.
  const server = createServer(() => undefined);
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const transport = open();
  closing.push(
    () => transport.close(),
    () => server.close(),
  );
  const url = `https://127.0.0.1:${port}/`;
  const asked = transport.once({ method: 'GET', url }, NEVER).catch(() => undefined);
  await expect.poll(() => transport.reachMs(url)).toBeGreaterThan(20);
  await transport.close();
  await asked;
});
