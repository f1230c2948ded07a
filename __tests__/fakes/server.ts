// A real HTTP server on loopback that writes down every request and what was really sent. Knows no protocol above HTTP.

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type RequestKind = 'api' | 'file' | 'cdn' | 'blob';

/** What a request is for, in either hub's dialect: reading (`look`, `list`), and the steps of a release in their order. */
export type Step =
  | 'look'
  | 'list'
  | 'token'
  | 'create'
  | 'branch'
  | 'preupload'
  | 'offer'
  | 'put'
  | 'part'
  | 'complete'
  | 'verify'
  | 'pull-request'
  | 'commit'
  | 'status'
  | 'merge'
  | 'tag';

/** One request as it was received and answered. */
export interface RequestLog {
  readonly method: string;
  /** As on the wire: still percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  kind: RequestKind;
  status: number;
  /** Undefined for what no release needs. */
  step?: Step;
  /** What the step is about: a blob's sha256, a branch, a tag, a repository. */
  subject?: string;
  /** It changed what the hub holds. */
  applied: boolean;
  /** Bytes of the request's body that were taken in. */
  bytesReceived: number;
  /** Bytes of the body that reached the socket. */
  bytesSent: number;
  /** The answer was sent to its end. */
  finished: boolean;
}

/** A request being answered. */
export interface Exchange {
  readonly log: RequestLog;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly origin: string;
  /** The request's body as it comes; fails when the client goes away in the middle. */
  incoming: () => AsyncGenerator<Buffer>;
  readBody(): Promise<Buffer>;
  /** Asked before a text is sent: true when something else was sent in its place. */
  spoil?: (canned: Canned) => Promise<boolean>;
}

export type Handler = (exchange: Exchange) => Promise<void> | void;

/** An answer that a test puts in front of whatever the handler would say. */
export interface Canned {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object;
}

export interface FakeServer {
  /** Scheme, host and port; no slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly requests: RequestLog[];
  /** Errors of the fakes themselves; a test should find none. */
  readonly failures: unknown[];
  count(kind?: RequestKind): number;
  bytesSent(kind?: RequestKind): number;
  /** The next `times` requests whose path matches get this answer. */
  answer(path: RegExp, canned: Canned, times?: number): void;
  /** Forgets requests and canned answers. */
  reset(): void;
  /** Breaks off every connection. */
  close(): Promise<void>;
}

export async function serve(
  handler: Handler,
  options: { port?: number; kind?: RequestKind } = {},
): Promise<FakeServer> {
  const requests: RequestLog[] = [];
  const failures: unknown[] = [];
  const canned: { path: RegExp; answer: Canned; left: number }[] = [];
  const server = createServer((request, response) => {
    const exchange = createExchange(request, response, options.kind ?? 'api');
    requests.push(exchange.log);
    const row = canned.find((candidate) => candidate.left > 0 && candidate.path.test(exchange.log.path));
    if (row !== undefined) row.left -= 1;
    const work = async () => (row === undefined ? await handler(exchange) : await send(exchange, row.answer));
    work()
      .catch((error: unknown) => (error instanceof Refusal ? send(exchange, error.canned) : Promise.reject(error)))
      .catch((error: unknown) => fail(exchange, error, failures));
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const ofKind = (kind?: RequestKind) => requests.filter((log) => kind === undefined || log.kind === kind);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    failures,
    count: (kind) => ofKind(kind).length,
    bytesSent: (kind) => ofKind(kind).reduce((sum, log) => sum + log.bytesSent, 0),
    answer: (path, answer, times = Number.POSITIVE_INFINITY) => canned.push({ path, answer, left: times }),
    reset() {
      requests.length = 0;
      canned.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function createExchange(request: IncomingMessage, response: ServerResponse, kind: RequestKind): Exchange {
  const [path = '/', query = ''] = (request.url ?? '/').split(/\?(.*)/s);
  const log: RequestLog = {
    method: request.method ?? 'GET',
    path,
    query: new URLSearchParams(query),
    headers: request.headers,
    kind,
    status: 0,
    applied: false,
    bytesReceived: 0,
    bytesSent: 0,
    finished: false,
  };
  response.once('finish', () => {
    log.finished = true;
  });
  const exchange: Exchange = {
    log,
    request,
    response,
    origin: `http://${request.headers.host}`,
    incoming: () => receive(request, log),
    async readBody() {
      const chunks: Buffer[] = [];
      for await (const chunk of exchange.incoming()) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
  };
  return exchange;
}

async function* receive(request: IncomingMessage, log: RequestLog): AsyncGenerator<Buffer> {
  const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  while (true) {
    const next = await chunks.next().catch(() => Promise.reject(new ConnectionGone()));
    if (next.done === true) return;
    log.bytesReceived += next.value.length;
    yield next.value;
  }
}

/** Takes a body in drops: never silent, and never done before the client gives up. */
export async function sip(request: IncomingMessage): Promise<void> {
  request.on('error', () => undefined);
  const drops = setInterval(() => request.read(64), 20);
  await new Promise<void>((resolve) => request.once('close', resolve));
  clearInterval(drops);
}

/** Answers with a small text or JSON. */
export async function send(exchange: Exchange, canned: Canned): Promise<void> {
  if ((await exchange.spoil?.(canned)) === true) return;
  const { status } = canned;
  const bytes = bytesOfText(canned);
  begin(exchange, status, headersOfText(canned));
  if (hasBody(status) && exchange.log.method !== 'HEAD' && bytes.length > 0) await write(exchange, bytes);
  exchange.response.end();
}

/** The body of a small text or JSON. */
export function bytesOfText({ body = '' }: Canned): Buffer {
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** The headers that it is sent with. */
export function headersOfText(canned: Canned): Record<string, string | number> {
  const type = typeof (canned.body ?? '') === 'string' ? 'text/plain' : 'application/json';
  const length = hasBody(canned.status) ? { 'Content-Length': bytesOfText(canned).length } : {};
  return { 'Content-Type': `${type}; charset=utf-8`, ...length, ...canned.headers };
}

function hasBody(status: number): boolean {
  return status !== 204 && status !== 304;
}

/** Sends status and headers. */
export function begin(exchange: Exchange, status: number, headers: Readonly<Record<string, string | number>>): void {
  exchange.log.status = status;
  exchange.response.writeHead(status, headers);
}

/** Sends a chunk. @returns once it has reached the socket; fails when the other side is gone */
export function write(exchange: Exchange, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new ConnectionGone());
    if (exchange.response.destroyed) return gone();
    exchange.response.once('close', gone);
    exchange.response.write(chunk, (error) => {
      exchange.response.off('close', gone);
      if (error) return reject(new ConnectionGone());
      exchange.log.bytesSent += chunk.length;
      resolve();
    });
  });
}

/** Sends bytes past the HTTP library: they are the answer, head and all. @returns once they have reached the socket */
export function writeRaw({ request, log }: Exchange, chunk: Uint8Array): Promise<void> {
  const { socket } = request;
  return new Promise((resolve, reject) => {
    const gone = () => reject(new ConnectionGone());
    if (!socket.writable) return gone();
    socket.once('close', gone);
    socket.write(chunk, (error) => {
      socket.off('close', gone);
      if (error) return reject(new ConnectionGone());
      log.bytesSent += chunk.length;
      resolve();
    });
  });
}

/** Thrown by a handler to answer with something else instead. */
export class Refusal extends Error {
  readonly canned: Canned;

  constructor(canned: Canned) {
    super(`answered ${canned.status}`);
    this.canned = canned;
  }
}

/** The client went away, which is its right. */
export class ConnectionGone extends Error {}

function fail(exchange: Exchange, error: unknown, failures: unknown[]): void {
  if (error instanceof ConnectionGone || exchange.request.socket.destroyed) return;
  failures.push(error);
  if (exchange.response.headersSent) exchange.response.destroy();
  else exchange.response.writeHead(500, { 'Content-Type': 'text/plain' }).end(String(error));
}
