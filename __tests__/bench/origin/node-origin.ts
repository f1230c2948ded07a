// A program: the origin where nginx is not installed. Same routes, same log, more CPU. Ends with its parent.

import { once } from 'node:events';
import { appendFileSync, createReadStream, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Backend } from './door.ts';
import type { OriginSetting } from './index.ts';

const READ_BYTES = 1024 * 1024;

process.on('disconnect', () => process.exit());
const [setting] = (await once(process, 'message')) as [OriginSetting];
const tlsOptions = {
  cert: readFileSync(setting.certificate.chainFile),
  key: readFileSync(setting.certificate.keyFile),
};
for (const backend of setting.backends) {
  listen(backend, backend.hubPort, (request, response) => answerHub(backend, request, response));
  listen(backend, backend.cdnPort, (request, response) =>
    sendFile(path.join('files', nameOf(request)), request, response),
  );
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<number>;

function listen({ tls }: Backend, port: number, handler: Handler): void {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    // A client that hangs up in the middle is no failure of the origin.
    const sentBytes = await handler(request, response).catch(() => 0);
    const line = `${Date.now() / 1000} ${port} ${response.statusCode} ${sentBytes} ${request.url}\n`;
    appendFileSync(setting.logFile, line);
  };
  const server = tls ? createTlsServer(tlsOptions, answer) : createServer(answer);
  server.listen(port, '127.0.0.1');
}

async function answerHub(backend: Backend, request: IncomingMessage, response: ServerResponse): Promise<number> {
  const name = nameOf(request);
  const info = /^\/api\/models\/.+\/paths-info\/([0-9a-f]+)$/.exec(name);
  if (info !== null) {
    const { paths } = JSON.parse(await text(request)) as { paths: string[] };
    return sendFile(path.join('info', info[1] ?? '', `${paths[0]}.json`), request, response);
  }
  if (name.startsWith('/api/')) return sendFile(`${name}.json`, request, response);
  const [, commit = '', file = ''] = /^\/[^/]+\/[^/]+\/resolve\/([0-9a-f]+)\/(.+)$/.exec(name) ?? [];
  if (!file.endsWith('.safetensors')) return sendFile(path.join('files', commit, file), request, response);
  response.writeHead(302, { location: `${backend.cdnUrl}/${commit}/${file}`, 'content-length': 0 }).end();
  return 0;
}

async function sendFile(name: string, request: IncomingMessage, response: ServerResponse): Promise<number> {
  const file = path.join(setting.site, path.join('/', name));
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) {
    response.writeHead(404, { 'content-length': 0 }).end();
    return 0;
  }
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const start = Number(from ?? 0);
  const end = to === undefined || to === '' ? found.size : Math.min(found.size, Number(to) + 1);
  response.writeHead(from === undefined ? 200 : 206, {
    'content-length': end - start,
    etag: `"${found.mtimeMs.toString(16)}-${found.size.toString(16)}"`,
    ...(file.endsWith('.json') ? { 'content-type': 'application/json' } : {}),
    ...(from === undefined ? {} : { 'content-range': `bytes ${start}-${end - 1}/${found.size}` }),
  });
  await pipeline(createReadStream(file, { start, end: end - 1, highWaterMark: READ_BYTES }), response);
  return end - start;
}

function nameOf(request: IncomingMessage): string {
  return decodeURIComponent(new URL(request.url ?? '/', 'http://origin').pathname);
}
