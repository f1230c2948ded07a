// Bodies that are streamed: their length, their bytes, what breaks them, and where a redirect may take them.

import { describe, expect, test, vi } from 'vitest';
import { codeOf, ModelFetchError } from '../../src/core/errors.ts';
import type { HttpBody, HttpRequest } from '../../src/core/http.ts';
import { PACE } from '../../src/core/transfer/pace.ts';
import { answerMs, openBody } from '../../src/net/body.ts';
import { type Exchange, send, sip } from '../fakes/server.ts';
import { NEVER, secretsOf, textOf, useServers, useTransports } from './ground.ts';

const open = useTransports();
const start = useServers();

interface Opened extends HttpBody {
  opened: number;
  closed: number;
}

/** `sizeBytes` in chunks, and perhaps fewer or more than it says. */
function bodyOf(sizeBytes: number, { realBytes = sizeBytes, chunkBytes = 65_536 } = {}): Opened {
  const body: Opened = {
    sizeBytes,
    opened: 0,
    closed: 0,
    async *open() {
      body.opened += 1;
      try {
        for (let at = 0; at < realBytes; at += chunkBytes)
          yield Buffer.alloc(Math.min(chunkBytes, realBytes - at), 'x');
      } finally {
        body.closed += 1;
      }
    },
  };
  return body;
}

const put = (url: string, body: HttpBody, changes: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'PUT',
  url,
  body,
  ...changes,
});
const count = async (exchange: Exchange) =>
  send(exchange, { status: 200, body: String((await exchange.readBody()).length) });

describe('a streamed body', () => {
  test.each([0, 1, 700_000])('of %i bytes arrives whole, with its length', async (sizeBytes) => {
    const hub = await start(count);
    const body = bodyOf(sizeBytes);
    const response = await open().transport.send(put(hub.url, body), NEVER);
    expect(await textOf(response)).toBe(String(sizeBytes));
    expect(hub.requests[0]?.headers).toMatchObject({ 'content-length': String(sizeBytes) });
    expect(hub.requests[0]?.headers['transfer-encoding']).toBeUndefined();
    expect(body.closed).toBe(body.opened);
  });

  test.each([
    ['shorter', 99_999],
    ['longer', 100_001],
  ])('that is %s than it says fails, and no whole request goes out', async (_, realBytes) => {
    const got: number[] = [];
    const hub = await start(async (exchange) => {
      await exchange.readBody();
      got.push(1);
      await send(exchange, { status: 200 });
    });
    const work = open().transport.send(put(hub.url, bodyOf(100_000, { realBytes })), NEVER);
    await expect(work).rejects.toSatisfy((error) => codeOf(error) === 'SIZE_MISMATCH');
    expect(got).toEqual([]);
  });

  test('that fails, fails the request with its own error', async () => {
    const hub = await start(count);
    const broken: HttpBody = {
      sizeBytes: 100_000,
      async *open() {
        yield Buffer.alloc(50_000);
        throw new ModelFetchError('DISK_IO', 'gone');
      },
    };
    await expect(open().transport.send(put(hub.url, broken), NEVER)).rejects.toSatisfy(
      (error) => codeOf(error) === 'DISK_IO',
    );
  });

  test('is given up when nobody takes it, and closed', async () => {
    // The server never reads, so that its buffers fill.
    const hub = await start((exchange) => void exchange.request.pause());
    const body = bodyOf(64 * 1024 * 1024);
    const { transport } = open({ limits: { silenceMs: 300 } });
    await expect(transport.send(put(hub.url, body), NEVER)).rejects.toSatisfy((error) => codeOf(error) === 'STALLED');
    await expect.poll(() => body.closed).toBe(1);
  });

  test('is given up when it is taken in drops, which never look silent', async () => {
    const hub = await start(({ request }) => sip(request));
    const body = bodyOf(64 * 1024 * 1024);
    const { transport } = open({ limits: { silenceMs: 300 } });
    await expect(transport.send(put(hub.url, body), NEVER)).rejects.toSatisfy((error) => codeOf(error) === 'STALLED');
    await expect.poll(() => body.closed).toBe(1);
  });

  test('goes on as long as each window takes what the pace asks for, however large its chunks are', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const body = bodyOf(1024 * 1024, { chunkBytes: 1024 * 1024 });
    const { bytes, stalled } = openBody(body, 'https://hub.test/x', 30_000);
    let sentBytes = 0;
    for await (const piece of bytes) {
      vi.advanceTimersByTime(29_999);
      sentBytes += piece.length;
      expect(piece.length).toBeLessThanOrEqual(PACE.bytesPerWindow);
      expect(stalled.aborted).toBe(false);
      if (sentBytes >= body.sizeBytes) vi.advanceTimersByTime(1);
    }
    expect(sentBytes).toBe(body.sizeBytes);
    expect(codeOf(stalled.reason)).toBe('STALLED');
    vi.useRealTimers();
  });

  test('goes out in larger pieces to a host that goes on taking them quickly, and in small ones again to one that no longer does', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const body = bodyOf(32 * 1024 * 1024, { chunkBytes: 1024 * 1024 });
    const sizes: number[] = [];
    let sentBytes = 0;
    for await (const piece of openBody(body, 'https://hub.test/x', 30_000).bytes) {
      sizes.push(piece.length);
      sentBytes += piece.length;
      // What sockets swallow is taken quickly whoever the host is.
      if (sentBytes <= 8 * 1024 * 1024) expect(piece.length).toBe(PACE.bytesPerWindow);
      if (sentBytes > 24 * 1024 * 1024) vi.advanceTimersByTime(100);
    }
    expect(sentBytes).toBe(body.sizeBytes);
    expect(Math.max(...sizes)).toBe(1024 * 1024);
    expect(new Set(sizes.slice(-64))).toEqual(new Set([PACE.bytesPerWindow]));
    vi.useRealTimers();
  });

  test('waits for its answer by its size, and no longer than an hour', () => {
    const waitMs = (sizeBytes: number) => answerMs(bodyOf(sizeBytes), 60_000);
    expect(waitMs(0)).toBe(120_000);
    expect(waitMs(40e9)).toBeGreaterThan(1_800_000);
    expect(waitMs(100 * 1024 ** 3)).toBe(3_600_000);
  });

  test('an early refusal is the answer, and the rest is not sent', async () => {
    const hub = await start((exchange) =>
      send(exchange, { status: 403, headers: { Connection: 'close' }, body: 'no' }),
    );
    const body = bodyOf(64 * 1024 * 1024);
    const answer = await open().transport.once(put(hub.url, body), NEVER);
    expect([answer.status, answer.text]).toEqual([403, 'no']);
    await expect.poll(() => body.closed).toBe(1);
  });

  test('goes to a signed address, whose signature is told as a secret', async () => {
    const hub = await start(count);
    const { transport, events } = open();
    await (await transport.send(put(`${hub.url}/x?signature=abc`, bodyOf(1)), NEVER)).discard();
    const credential = { origin: hub.url, bearer: 'token' };
    await (await transport.send(put(`${hub.url}/x?page=1`, bodyOf(1), { credential }), NEVER)).discard();
    expect(secretsOf(events)).toEqual(['signature=abc']);
  });

  test('is cancelled at once', async () => {
    const hub = await start((exchange) => void exchange.request.pause());
    const stop = new AbortController();
    const body = bodyOf(64 * 1024 * 1024);
    const work = open().transport.send(put(hub.url, body), stop.signal);
    await expect.poll(() => body.opened).toBe(1);
    stop.abort();
    await expect(work).rejects.toSatisfy((error) => codeOf(error) === 'ABORTED');
    await expect.poll(() => body.closed).toBe(1);
  });
});

describe('what is sent once', () => {
  test.each([429, 500, 503])('is not sent again after %i', async (status) => {
    const hub = await start((exchange) => send(exchange, { status, body: 'words' }));
    const answer = await open().transport.once({ method: 'POST', url: hub.url, body: '{}' }, NEVER);
    expect([answer.status, answer.text, hub.requests.length]).toEqual([status, 'words', 1]);
  });
});

describe('a redirect', () => {
  const lead = (status: number, location: string) => (exchange: Exchange) =>
    send(exchange, { status, headers: { Location: location } });

  test.each([307, 308])('%i takes a PUT along, its body opened anew', async (status) => {
    const target = await start(count);
    const hub = await start(lead(status, `${target.url}/there`));
    const body = bodyOf(200_000);
    const credential = { origin: new URL(hub.url).origin, bearer: 'secret' };
    const response = await open().transport.send(put(hub.url, body, { credential }), NEVER);
    expect([await textOf(response), body.opened]).toEqual(['200000', 2]);
    expect(target.requests[0]?.headers.authorization).toBeUndefined();
  });

  test.each([301, 302, 303])('%i does not: it would become another request', async (status) => {
    const target = await start(count);
    const hub = await start(lead(status, target.url));
    const work = open().transport.send(put(hub.url, bodyOf(10)), NEVER);
    await expect(work).rejects.toSatisfy((error) => codeOf(error) === 'HUB_PROTOCOL');
    expect(target.requests).toEqual([]);
  });

  test.each(['POST', 'DELETE'] as const)('a %s stays with its host', async (method) => {
    const target = await start(count);
    const away = await start(lead(307, target.url));
    const work = open().transport.send({ method, url: away.url, body: 'x' }, NEVER);
    await expect(work).rejects.toSatisfy((error) => codeOf(error) === 'HUB_PROTOCOL');
    expect(target.requests).toEqual([]);
    const home = await start((exchange) =>
      exchange.log.path === '/there' ? count(exchange) : lead(307, '/there')(exchange),
    );
    const response = await open().transport.send({ method, url: home.url, body: 'xyz' }, NEVER);
    expect(await textOf(response)).toBe('3');
  });
});
