// Proxies: how their addresses are read, and that requests go through them.

import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { proxyAddress } from '../../src/net/proxy.ts';
import { codeOfThrown, thrown } from '../core/thrown.ts';
import { send } from '../fakes/server.ts';
import { NEVER, textOf, useServers, useTransports } from './ground.ts';

const open = useTransports();
const start = useServers();

interface TestProxy {
  readonly address: string;
  /** Each request as the proxy was asked for it. */
  readonly asked: { readonly line: string; readonly authorization: string | undefined }[];
}

const running: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((close) => close()));
});

function forward(request: IncomingMessage, response: ServerResponse): void {
  const onward = httpRequest(request.url ?? '', { method: request.method, headers: request.headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  request.pipe(onward);
}

/** @param refusal the status with which every request is refused */
async function startProxy(refusal?: number): Promise<TestProxy> {
  const asked: { line: string; authorization: string | undefined }[] = [];
  const note = (request: IncomingMessage) =>
    asked.push({ line: `${request.method} ${request.url}`, authorization: request.headers['proxy-authorization'] });
  const server = createServer((request, response) => {
    note(request);
    if (refusal === undefined) forward(request, response);
    else response.writeHead(refusal).end();
  });
  server.on('connect', (request, socket) => {
    note(request);
    if (refusal !== undefined) return void socket.end(`HTTP/1.1 ${refusal} Refused\r\n\r\n`);
    const [host, port] = (request.url ?? '').split(':');
    const target = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    // Either side may go first when a test ends.
    target.on('error', () => socket.destroy());
    socket.on('error', () => target.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** An origin whose certificate this process trusts until the test ends. @returns its address, by a name */
async function startTlsOrigin(answer: (request: IncomingMessage) => string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'model-fetch-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const how = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost';
  const names = ['-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', [...how.split(' '), ...names, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  const pair = { key: await readFile(key), cert: await readFile(cert, 'utf8') };
  await rm(folder, { recursive: true });
  const trusted = getCACertificates('default');
  setDefaultCACertificates([...trusted, pair.cert]);
  const server = createTlsServer(pair, (request, response) => response.end(answer(request)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.push(() => {
    setDefaultCACertificates(trusted);
    return new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  });
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

const get = (url: string) => ({ method: 'GET', url }) as const;

describe('through a proxy', () => {
  test('a request goes through it, with its password and without ours', async () => {
    const proxy = await startProxy();
    const hub = await start((exchange) => send(exchange, { status: 200, body: 'hello' }));
    const { transport } = open({ proxy: { http: `http://user:p%40ss@${proxy.address}` } });
    const credential = { origin: hub.url, bearer: 'token' };
    expect(await textOf(await transport.send({ ...get(`${hub.url}/x?y=1`), credential }, NEVER))).toBe('hello');
    expect(proxy.asked).toHaveLength(1);
    expect(proxy.asked[0]?.line).toContain(`127.0.0.1:${hub.port}`);
    expect(proxy.asked[0]?.authorization).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
    expect(hub.requests[0]?.headers.authorization).toBe('Bearer token');
    expect(hub.requests[0]?.query.get('y')).toBe('1');
  });

  test('a proxy without a scheme speaks http', async () => {
    const proxy = await startProxy();
    const hub = await start((exchange) => send(exchange, { status: 200, body: 'hello' }));
    const { transport } = open({ proxy: { http: proxy.address } });
    expect((await transport.read(get(hub.url), NEVER)).text).toBe('hello');
    expect(proxy.asked).toHaveLength(1);
  });

  test('https is tunnelled: the proxy sees only the host', async () => {
    const proxy = await startProxy(502);
    const { transport } = open({ proxy: { https: `http://${proxy.address}` } });
    const sent = transport.send(get('https://hub.test/secret/path?sig=hunter2'), NEVER);
    await expect(sent).rejects.toMatchObject({ code: 'NETWORK', message: expect.not.stringContaining('hunter2') });
    expect(proxy.asked.map(({ line }) => line)).toEqual(['CONNECT hub.test:443']);
  });

  test('https arrives through the tunnel, and its credential at the origin alone', async () => {
    const proxy = await startProxy();
    const origin = await startTlsOrigin(({ headers, url }) => `${url} ${headers.authorization}`);
    const { transport } = open({ proxy: { https: `http://user:hunter2@${proxy.address}` } });
    const credential = { origin, bearer: 'token' };
    const response = await transport.send({ ...get(`${origin}/file?part=1`), credential }, NEVER);
    expect(await textOf(response)).toBe('/file?part=1 Bearer token');
    const password = `Basic ${Buffer.from('user:hunter2').toString('base64')}`;
    expect(proxy.asked).toEqual([{ line: `CONNECT ${new URL(origin).host}`, authorization: password }]);
  });

  test('a certificate of another name is refused behind a tunnel, too', async () => {
    const proxy = await startProxy();
    const origin = await startTlsOrigin(() => 'never');
    const url = `https://127.0.0.1:${new URL(origin).port}/`;
    const sent = open({ proxy: { https: proxy.address } }).transport.send(get(url), NEVER);
    await expect(sent).rejects.toMatchObject({ code: 'NETWORK' });
    expect(proxy.asked).toHaveLength(1);
  });

  test('a proxy that wants a password is an error of the network, without the password that it got', async () => {
    const proxy = await startProxy(407);
    const { transport } = open({ proxy: { http: `http://user:hunter2@${proxy.address}` } });
    const sent = transport.send(get('http://hub.test/x'), NEVER);
    await expect(sent).rejects.toMatchObject({ code: 'NETWORK', message: expect.not.stringContaining('hunter2') });
    expect(proxy.asked).toHaveLength(1);
  });

  test('a proxy that is not there is an error of the network', async () => {
    const proxy = await startProxy();
    for (const close of running.splice(0)) await close();
    const { transport } = open({ proxy: { http: proxy.address } });
    const sent = transport.send(get('http://hub.test/x'), NEVER);
    await expect(sent).rejects.toMatchObject({ code: 'NETWORK', hint: expect.stringContaining('proxy') });
  });
});

describe('around a proxy', () => {
  test.each(['127.0.0.1', 'other.test, 127.0.0.1', '*'])('no_proxy %j', async (none) => {
    const proxy = await startProxy();
    const hub = await start((exchange) => send(exchange, { status: 200, body: 'direct' }));
    const { transport } = open({ proxy: { http: proxy.address, none } });
    expect((await transport.read(get(hub.url), NEVER)).text).toBe('direct');
    expect(proxy.asked).toEqual([]);
  });

  test('a proxy of https alone is not for http', async () => {
    const proxy = await startProxy();
    const hub = await start((exchange) => send(exchange, { status: 200, body: 'direct' }));
    const { transport } = open({ proxy: { https: proxy.address } });
    expect((await transport.read(get(hub.url), NEVER)).text).toBe('direct');
    expect(proxy.asked).toEqual([]);
  });
});

describe('addresses', () => {
  test.each([
    [undefined, ''],
    ['  ', ''],
    ['proxy.test:3128', 'http://proxy.test:3128'],
    ['127.0.0.1:3128', 'http://127.0.0.1:3128'],
    ['http://proxy.test', 'http://proxy.test'],
    ['HTTPS://proxy.test', 'HTTPS://proxy.test'],
    ['socks5://proxy.test:1080', 'socks5://proxy.test:1080'],
  ])('%j is %j', (text, address) => {
    expect(proxyAddress(text)).toBe(address);
  });
  test.each(['http://[', 'ftp://proxy.test', 'http://user:hunter2@ho st'])('%j is refused, and not told', (text) => {
    expect(codeOfThrown(() => proxyAddress(text))).toBe('BAD_OPTION');
    expect(thrown(() => proxyAddress(text)).message).not.toContain('hunter2');
  });
});
