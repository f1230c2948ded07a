// What is seen of a package from outside, where its requests go through a proxy.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { restoreCache } from '@actions/cache';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type SeenTransfer, watchPackage } from '../../../src/host/cache/package-watch.ts';
import { makeCertificate } from '../../bench/origin/certificate.ts';

/** A way through the proxy takes so long, and the handshake behind it as long again; by a clock that only they move. */
const FAR_MS = 300;

let folder: string;
let stops: (() => void)[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'watch-'));
  stops = [];
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const stop of stops) stop();
  await rm(folder, { recursive: true });
});

/** A cache service that has nothing, behind a proxy and far away. */
async function startFarService(far: () => void): Promise<void> {
  const { chainFile, keyFile } = makeCertificate(folder);
  const files = { cert: await readFile(chainFile), key: await readFile(keyFile) };
  const host = createTlsServer(files, (_, response) => response.writeHead(204).end());
  const proxy = createServer();
  proxy.on('connect', (_, socket) => {
    const onward = connect((host.address() as AddressInfo).port, '127.0.0.1', () => {
      far();
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.once('data', (hello) => {
        far();
        onward.write(hello);
        socket.pipe(onward).pipe(socket);
      });
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  for (const server of [host, proxy]) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(() => server.close());
  }
  vi.stubEnv('ACTIONS_CACHE_URL', 'https://cache.example/');
  vi.stubEnv('ACTIONS_CACHE_SERVICE_V2', '');
  vi.stubEnv('ACTIONS_RUNTIME_TOKEN', 'token');
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  vi.stubEnv('no_proxy', '');
  for (const name of ['https_proxy', 'HTTPS_PROXY']) {
    vi.stubEnv(name, `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  }
}

test('what goes through a proxy is one request, and as far away as its host', async () => {
  let nowMs = 0;
  await startFarService(() => {
    nowMs += FAR_MS;
  });
  const begun: SeenTransfer[] = [];
  let over = 0;
  const onTransfer = (transfer: SeenTransfer) => {
    begun.push(transfer);
    return () => {
      over += 1;
    };
  };
  const watch = watchPackage({ clock: { nowMs: () => nowMs }, onTransfer });
  const found = await watch.during(() => restoreCache(['folder'], 'key', [], { lookupOnly: true }, true));
  expect(found).toBeUndefined();
  await vi.waitFor(() => expect(over).toBe(1));
  expect(begun).toHaveLength(1);
  expect(watch.reachMs).toBe(2 * FAR_MS);
  watch.end();
});
