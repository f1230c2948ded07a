// What goes wrong below HTTP, each with its own code: silence, refusal, unknown names, bad certificates, cancellation.

import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ModelFetchError } from '../../src/core/errors.ts';
import { errorOfNetwork, hostOf } from '../../src/net/network-error.ts';
import { write } from '../fakes/server.ts';
import { NEVER, textOf, useServers, useTransports } from './ground.ts';

const open = useTransports();
const start = useServers();
const get = (url: string) => ({ method: 'GET', url }) as const;
const forever = () => new Promise<void>(() => undefined);

describe('silence', () => {
  test('a host that does not answer is TIMEOUT', async () => {
    const hub = await start(forever);
    const { transport } = open({ limits: { headersMs: 40 } });
    await expect(transport.send(get(hub.url), NEVER)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(hub.count()).toBe(1);
  });

  test('a body that falls silent is STALLED', async () => {
    const hub = await start(async (exchange) => {
      exchange.response.writeHead(200, { 'Content-Length': 100 });
      await write(exchange, Buffer.from('some'));
      await forever();
    });
    const { transport } = open({ limits: { silenceMs: 40 } });
    const response = await transport.send(get(hub.url), NEVER);
    expect(response.status).toBe(200);
    await expect(textOf(response)).rejects.toMatchObject({ code: 'STALLED' });
  });

  test('both are tried again where a text is read', async () => {
    const hub = await start(forever);
    const { transport, slept } = open({ limits: { headersMs: 40 }, retries: 1 });
    await expect(transport.read(get(hub.url), NEVER)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect([hub.count(), slept.length]).toEqual([2, 1]);
  });
});

describe('no connection', () => {
  test('nobody listens', async () => {
    const hub = await start(forever);
    await hub.close();
    const sent = open().transport.send(get(`${hub.url}/?sig=hunter2`), NEVER);
    await expect(sent).rejects.toMatchObject({
      code: 'NETWORK',
      message: expect.stringMatching(/^127\.0\.0\.1:\d+ (?!.*hunter2)/),
      hint: expect.stringContaining('listens'),
    });
  });

  test('nobody has this name', async () => {
    const sent = open().transport.send(get('http://nowhere.invalid/?sig=hunter2'), NEVER);
    await expect(sent).rejects.toMatchObject({
      code: 'NETWORK',
      message: expect.stringMatching(/^nowhere\.invalid (?!.*hunter2)/),
      hint: expect.stringContaining('name'),
    });
  });

  test('a certificate that nobody vouches for', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'model-fetch-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    // Fails loudly where the program is missing.
    const how = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost';
    execFileSync('openssl', [...how.split(' '), '-keyout', key, '-out', cert], { stdio: 'pipe' });
    const server = createServer({ key: await readFile(key), cert: await readFile(cert) }, (_, response) => {
      response.end('never');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const sent = open().transport.send(get(`https://localhost:${(server.address() as AddressInfo).port}/`), NEVER);
      await expect(sent).rejects.toMatchObject({
        code: 'NETWORK',
        hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
      });
    } finally {
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    }
  });

  test('something that speaks no HTTP', async () => {
    const hub = await start((exchange) => {
      exchange.request.socket.end('SSH-2.0-OpenSSH\r\n');
    });
    await expect(open().transport.send(get(hub.url), NEVER)).rejects.toMatchObject({ code: 'NETWORK' });
  });

  test('more bytes than were promised are never taken for the body', async () => {
    const hub = await start((exchange) => {
      exchange.request.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfourmore');
    });
    const read = async () => textOf(await open().transport.send(get(hub.url), NEVER));
    const outcome = await read().catch((error: unknown) => (error as ModelFetchError).code);
    expect(['four', 'NETWORK']).toContain(outcome);
  });
});

describe('cancelled', () => {
  test('before it begins', async () => {
    const hub = await start(forever);
    await expect(open().transport.send(get(hub.url), AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
    expect(hub.count()).toBe(0);
  });

  test('while nobody answers', async () => {
    const controller = new AbortController();
    const hub = await start(async () => {
      controller.abort();
      await forever();
    });
    await expect(open().transport.send(get(hub.url), controller.signal)).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('in the middle of a body', async () => {
    const controller = new AbortController();
    const hub = await start(async (exchange) => {
      exchange.response.writeHead(200, { 'Content-Length': 100 });
      await write(exchange, Buffer.from('some'));
      await forever();
    });
    const response = await open().transport.send(get(hub.url), controller.signal);
    const read = async () => {
      for await (const chunk of response.body) if (chunk.length > 0) controller.abort();
    };
    await expect(read()).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('a text is not tried again', async () => {
    const controller = new AbortController();
    const hub = await start(async () => {
      controller.abort();
      await forever();
    });
    const { transport, slept } = open();
    await expect(transport.read(get(hub.url), controller.signal)).rejects.toMatchObject({ code: 'ABORTED' });
    expect([hub.count(), slept]).toEqual([1, []]);
  });

  test('closing ends what is under way', async () => {
    const { transport } = open();
    const hub = await start(async () => {
      await transport.close();
    });
    await expect(transport.send(get(hub.url), NEVER)).rejects.toMatchObject({ code: 'NETWORK' });
  });
});

describe('names for errors of the library', () => {
  const named = (code: string) => Object.assign(new Error('text'), { code });
  const URL_ = 'https://hub.test:8443/path?sig=hunter2';

  test.each([
    [named('UND_ERR_CONNECT_TIMEOUT'), 'TIMEOUT'],
    [named('UND_ERR_HEADERS_TIMEOUT'), 'TIMEOUT'],
    [named('ETIMEDOUT'), 'TIMEOUT'],
    [named('UND_ERR_BODY_TIMEOUT'), 'STALLED'],
    [named('ECONNRESET'), 'NETWORK'],
    [new TypeError('terminated', { cause: named('UND_ERR_BODY_TIMEOUT') }), 'STALLED'],
    [new AggregateError([named('ETIMEDOUT'), named('ENETUNREACH')]), 'TIMEOUT'],
    [new AggregateError([]), 'NETWORK'],
    [new Error('text'), 'NETWORK'],
    ['text', 'NETWORK'],
    [undefined, 'NETWORK'],
    [new ModelFetchError('HUB_PROTOCOL', 'x'), 'HUB_PROTOCOL'],
  ])('%s is %s', (error, code) => {
    const made = errorOfNetwork(error, URL_, NEVER);
    expect(made.code).toBe(code);
    expect(made.message).not.toContain('hunter2');
    expect(errorOfNetwork(error, URL_, AbortSignal.abort()).code).toBe('ABORTED');
  });

  test('of an address only the host is told', () => {
    expect(hostOf(URL_)).toBe('hub.test:8443');
    expect(hostOf('http://user:password@hub.test/')).toBe('hub.test');
  });
});
