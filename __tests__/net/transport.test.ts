// The door to the network against real servers: redirects, credentials, and texts.

import { describe, expect, test } from 'vitest';
import { ModelFetchError } from '../../src/core/errors.ts';
import type { HttpBody, HttpRequest } from '../../src/core/http.ts';
import { type Exchange, send, write } from '../fakes/server.ts';
import { NEVER, secretsOf, textOf, useServers, useTransports } from './ground.ts';

const open = useTransports();
const start = useServers();
const get = (url: string, changes: Partial<HttpRequest> = {}): HttpRequest => ({ method: 'GET', url, ...changes });

/** `/to?<address>` redirects there; anything else says its path. */
async function wander(exchange: Exchange): Promise<void> {
  const [, target] = (exchange.request.url ?? '').split(/^\/to\?/);
  if (target === undefined) return send(exchange, { status: 200, body: exchange.log.path });
  return send(exchange, { status: 302, headers: { Location: decodeURIComponent(target) }, body: 'moved' });
}
const to = (base: string, target: string) => `${base}/to?${encodeURIComponent(target)}`;

describe('a request', () => {
  test('asks for plain bytes, under our name, with its own headers and body', async () => {
    const hub = await start(async (exchange) =>
      send(exchange, { status: 201, headers: { 'X-Two': 'a' }, body: String(await exchange.readBody()) }),
    );
    const { transport } = open();
    const request = get(`${hub.url}/a%2Fb?c=d`, { method: 'POST', headers: { 'x-one': '1' }, body: 'text' });
    const response = await transport.send(request, NEVER);
    expect(response).toMatchObject({ status: 201, url: request.url, headers: { 'x-two': 'a' } });
    expect(await textOf(response)).toBe('text');
    const [log] = hub.requests;
    expect(log).toMatchObject({ method: 'POST', path: '/a%2Fb' });
    expect(log?.headers).toMatchObject({
      'accept-encoding': 'identity',
      'user-agent': 'model-fetch/test',
      'x-one': '1',
    });
  });

  test('a body that is not in memory goes out with its length, and anew each time', async () => {
    const hub = await start(async (exchange) => {
      const text = String(await exchange.readBody());
      await send(exchange, { status: hub.count() === 1 ? 503 : 200, body: text });
    });
    let opened = 0;
    const body = {
      sizeBytes: 6,
      async *open() {
        opened += 1;
        yield Buffer.from('one');
        yield Buffer.from('two');
      },
    };
    const answer = await open().transport.read({ method: 'PUT', url: hub.url, body }, NEVER);
    expect([answer.text, opened]).toEqual(['onetwo', 2]);
    expect(hub.requests.map(({ headers }) => headers['content-length'])).toEqual(['6', '6']);
    expect(hub.requests[1]?.headers['transfer-encoding']).toBeUndefined();
  });

  test('a body that fails, or is not as long as it says, is no answer', async () => {
    const hub = await start(async (exchange) => {
      await exchange.readBody();
      await send(exchange, { status: 200 });
    });
    const { transport } = open();
    const put = (body: HttpBody) => transport.send({ method: 'PUT', url: hub.url, body }, NEVER);
    const short = async function* () {
      yield Buffer.from('one');
    };
    // biome-ignore lint/correctness/useYield: it fails before it gives anything
    const failing = async function* (): AsyncIterable<Uint8Array> {
      throw new ModelFetchError('DISK_IO', 'unreadable');
    };
    await expect(put({ sizeBytes: 6, open: short })).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
    await expect(put({ sizeBytes: 6, open: failing })).rejects.toMatchObject({ code: 'DISK_IO' });
  });

  test('a failing status is an answer', async () => {
    const hub = await start((exchange) => send(exchange, { status: 503, body: 'no' }));
    const { transport, slept } = open();
    const response = await transport.send(get(hub.url), NEVER);
    expect([response.status, await textOf(response)]).toEqual([503, 'no']);
    expect(slept).toEqual([]);
  });

  test('a repeated header is joined by a comma', async () => {
    const hub = await start((exchange) => {
      exchange.response.setHeader('X-Many', ['a', 'b']);
      return send(exchange, { status: 200 });
    });
    const response = await open().transport.send(get(hub.url), NEVER);
    await response.discard();
    expect(response.headers['x-many']).toBe('a, b');
  });

  test('what is discarded leaves the connection for the next', async () => {
    const sockets = new Set<unknown>();
    const hub = await start((exchange) => {
      sockets.add(exchange.request.socket);
      return send(exchange, { status: 200, body: 'small' });
    });
    const { transport } = open();
    for (let round = 0; round < 10; round += 1) await (await transport.send(get(hub.url), NEVER)).discard();
    // One more may be opened while the first is still being given back.
    expect(sockets.size).toBeLessThanOrEqual(2);
  });

  test('discarding is harmless after the end and after a discard', async () => {
    const hub = await start((exchange) => send(exchange, { status: 200, body: 'x'.repeat(1_000_000) }));
    const { transport } = open();
    const read = await transport.send(get(hub.url), NEVER);
    await textOf(read);
    await read.discard();
    const unread = await transport.send(get(hub.url), NEVER);
    await unread.discard();
    await unread.discard();
    expect(hub.count()).toBe(2);
  });
});

describe('redirects', () => {
  const credential = (origin: string) => ({ origin, bearer: 'token', cookie: 'm_session_id=token' });

  test.each(['/final', 'final', '//HOST/final', 'http://HOST/final'])(
    'to %s on the same origin keep the credential',
    async (location) => {
      const hub = await start(wander);
      const { transport, events } = open();
      const target = location.replace('HOST', `127.0.0.1:${hub.port}`);
      const response = await transport.send(get(to(hub.url, target), { credential: credential(hub.url) }), NEVER);
      expect(await textOf(response)).toBe('/final');
      expect(response.url).toBe(`${hub.url}/final`);
      expect(hub.requests.map((log) => log.headers.authorization)).toEqual(['Bearer token', 'Bearer token']);
      expect(hub.requests[1]?.headers.cookie).toBe('m_session_id=token');
      expect(secretsOf(events)).toEqual([]);
    },
  );

  test('to another origin drop the credential and keep the rest', async () => {
    const hub = await start(wander);
    const cdn = await start(wander);
    const { transport } = open();
    const request = get(to(hub.url, `${cdn.url}/file`), {
      credential: credential(hub.url),
      headers: { range: 'bytes=0-9' },
    });
    await (await transport.send(request, NEVER)).discard();
    expect(cdn.requests[0]?.headers).toMatchObject({ range: 'bytes=0-9', 'accept-encoding': 'identity' });
    expect(cdn.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(cdn.requests[0]?.headers).not.toHaveProperty('cookie');
  });

  test('the same host under another port is another origin, and so is another name of it', async () => {
    const hub = await start(wander);
    const { transport } = open();
    const byName = get(to(hub.url, `http://localhost:${hub.port}/file`), { credential: credential(hub.url) });
    await (await transport.send(byName, NEVER)).discard();
    expect(hub.requests.map((log) => log.headers.authorization)).toEqual(['Bearer token', undefined]);
  });

  test('a credential is not sent to where it does not belong from the beginning', async () => {
    const hub = await start(wander);
    const { transport } = open();
    await (await transport.send(get(hub.url, { credential: credential('https://hub.test') }), NEVER)).discard();
    expect(hub.requests[0]?.headers.authorization).toBeUndefined();
  });

  test('a user in a redirect is not sent', async () => {
    const hub = await start(wander);
    const { transport } = open();
    const target = `http://user:password@127.0.0.1:${hub.port}/file`;
    await (await transport.send(get(to(hub.url, target)), NEVER)).discard();
    expect(hub.requests[1]?.headers.authorization).toBeUndefined();
  });

  test('five are followed, six are not', async () => {
    const hub = await start(wander);
    const { transport } = open();
    const chain = (hops: number): string => (hops === 0 ? `${hub.url}/end` : to(hub.url, chain(hops - 1)));
    expect(await textOf(await transport.send(get(chain(5)), NEVER))).toBe('/end');
    await expect(transport.send(get(chain(6)), NEVER)).rejects.toMatchObject({ code: 'HUB_PROTOCOL' });
  });

  test('a loop ends', async () => {
    const hub = await start((exchange) => send(exchange, { status: 302, headers: { Location: '/' } }));
    await expect(open().transport.send(get(hub.url), NEVER)).rejects.toMatchObject({ code: 'HUB_PROTOCOL' });
    expect(hub.count()).toBe(6);
  });

  test.each(['ftp://hub.test/', 'http://[', 'file:///etc/passwd'])('to %s are refused', async (target) => {
    const hub = await start(wander);
    await expect(open().transport.send(get(to(hub.url, target)), NEVER)).rejects.toMatchObject({
      code: 'HUB_PROTOCOL',
    });
  });
});

describe('a signed link', () => {
  const QUERY = 'auth_key=1700000000-hunter2&filename=a%20b';

  test('is told as a secret before anything is asked of it', async () => {
    const cdn = await start((exchange) => send(exchange, { status: 403, body: 'expired' }));
    const hub = await start(wander);
    const { transport, events } = open();
    await (await transport.send(get(to(hub.url, `${cdn.url}/f?${QUERY}`)), NEVER)).discard();
    expect(secretsOf(events)).toEqual([QUERY, decodeURIComponent(QUERY)]);
  });

  test('without a query is no secret', async () => {
    const cdn = await start(wander);
    const hub = await start(wander);
    const { transport, events } = open();
    await (await transport.send(get(to(hub.url, `${cdn.url}/f`)), NEVER)).discard();
    expect(events).toEqual([]);
  });

  test('is part of no message, neither when nothing answers nor when the answer breaks off', async () => {
    const breaking = await start(async (exchange) => {
      exchange.response.writeHead(200, { 'Content-Length': 100 });
      await write(exchange, Buffer.from('some'));
      exchange.response.destroy();
    });
    const gone = await start(wander);
    await gone.close();
    const hub = await start(wander);
    const { transport } = open();
    const refused = transport.send(get(to(hub.url, `${gone.url}/f?${QUERY}`)), NEVER);
    await expect(refused).rejects.toMatchObject({ code: 'NETWORK', message: expect.not.stringContaining('hunter2') });
    const response = await transport.send(get(to(hub.url, `${breaking.url}/f?${QUERY}`)), NEVER);
    await expect(textOf(response)).rejects.toMatchObject({
      code: 'NETWORK',
      message: expect.not.stringContaining('hunter2'),
    });
  });
});

describe('reading a text', () => {
  test.each([
    [503, 'SERVER'],
    [500, 'SERVER'],
    [429, 'RATE_LIMITED'],
    [408, 'TIMEOUT'],
  ])('%d is tried again, and is %s in the end', async (status, code) => {
    const hub = await start((exchange) => send(exchange, { status, body: 'busy' }));
    const { transport, events, slept } = open({ retries: 2 });
    await expect(transport.read(get(`${hub.url}/x?secret=hunter2`), NEVER)).rejects.toMatchObject({
      code,
      message: expect.not.stringContaining('hunter2'),
    });
    expect(hub.count()).toBe(3);
    expect(slept).toEqual([250, 500]);
    const subject = `127.0.0.1:${hub.port}`;
    expect(events).toEqual([
      { type: 'retry', subject, code, attempt: 1, waitMs: 250 },
      { type: 'retry', subject, code, attempt: 2, waitMs: 500 },
    ]);
  });

  test('a passing failure passes', async () => {
    const hub = await start((exchange) => send(exchange, { status: 200, body: 'at last: 模' }));
    hub.answer(/./, { status: 503, headers: { 'Retry-After': '7' } }, 1);
    hub.answer(/./, { status: 429, headers: { RateLimit: '"api";r=0;t=4' } }, 1);
    const { transport, slept } = open();
    expect(await transport.read(get(hub.url), NEVER)).toMatchObject({ status: 200, text: 'at last: 模' });
    expect(slept).toEqual([7000, 5000]);
  });

  test('a host that wants to be left alone for too long is left alone', async () => {
    const hub = await start((exchange) => send(exchange, { status: 429, headers: { 'Retry-After': '3600' } }));
    await expect(open().transport.read(get(hub.url), NEVER)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect(hub.count()).toBe(1);
  });

  test.each([400, 401, 403, 404, 410])('%d is an answer at once', async (status) => {
    const hub = await start((exchange) => send(exchange, { status, body: 'no' }));
    const { transport, slept } = open();
    expect(await transport.read(get(hub.url), NEVER)).toMatchObject({ status, text: 'no' });
    expect([hub.count(), slept]).toEqual([1, []]);
  });

  test('what breaks off is tried again', async () => {
    let left = 2;
    const hub = await start(async (exchange) => {
      left -= 1;
      if (left < 0) return send(exchange, { status: 200, body: 'whole' });
      exchange.response.writeHead(200, { 'Content-Length': 100 });
      await write(exchange, Buffer.from('half'));
      exchange.response.destroy();
    });
    const { transport, slept } = open();
    expect((await transport.read(get(hub.url), NEVER)).text).toBe('whole');
    expect(slept).toHaveLength(2);
  });

  test('an endless text ends', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    const hub = await start(async (exchange) => {
      exchange.response.writeHead(200);
      for (;;) await write(exchange, chunk);
    });
    await expect(open().transport.read(get(hub.url), NEVER)).rejects.toMatchObject({ code: 'HUB_PROTOCOL' });
    expect(hub.count()).toBe(1);
  });
});
