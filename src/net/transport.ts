// The one door to the network: redirects, credentials, proxies, time limits. It knows HTTP and no hub.

import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { ModelFetchError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import {
  errorOfStatus,
  type Headers,
  type HttpRequest,
  type HttpResponse,
  type HttpText,
  type TimeLimits,
} from '../core/http.ts';
import type { Clock, Transport } from '../core/ports.ts';
import { type RetryPolicy, withRetry } from '../core/retry.ts';
import { linkSecrets } from '../core/signed-link.ts';
import { PACE } from '../core/transfer/pace.ts';
import { answerMs, openBody } from './body.ts';
import { createDispatcher } from './dispatcher.ts';
import { errorOfNetwork, hostOf } from './network-error.ts';
import type { ProxySetting } from './proxy.ts';
import { watchReach } from './reach.ts';
import { nextHop } from './redirect.ts';

const MAX_REDIRECTS = 5;
const MAX_TEXT_BYTES = 64 * 1024 * 1024;
/** A body this small is read to its end, so that its connection can be used again. */
const DRAIN_BYTES = 64 * 1024;

export interface TransportSetting {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly userAgent: string;
  readonly proxy?: ProxySetting;
  readonly limits?: Partial<TimeLimits>;
}

const LIMITS: TimeLimits = { connectMs: 10_000, headersMs: 60_000, silenceMs: PACE.windowMs };

export function createTransport(setting: TransportSetting): Transport {
  const limits = { ...LIMITS, ...setting.limits };
  const dispatcher = createDispatcher(setting.proxy ?? {}, limits);
  const reach = watchReach(setting.clock.nowMs);
  const send = (request: HttpRequest, signal: AbortSignal) => follow(dispatcher, setting, request, signal);
  return {
    send,
    read: (request, signal) =>
      withRetry(
        () => readOnce(send, setting.clock, request, signal),
        {
          ...setting,
          onRetry: (error, attempt, waitMs) => emitRetry(setting.emit, request, { error, attempt, waitMs }),
        },
        signal,
      ),
    once: async (request, signal) => readText(await send(request, signal)),
    wire(request) {
      if (setting.proxy?.http !== undefined || setting.proxy?.https !== undefined) return undefined;
      return { url: request.url, headers: headersOf(request, setting.userAgent), limits };
    },
    hop(request, answer) {
      const next = nextHop(request, answer);
      if (next !== undefined) hideLink(setting.emit, request.url, next.url);
      return next;
    },
    reachMs: (url) => reach.msOf(new URL(url).host),
    close() {
      reach.end();
      return dispatcher.destroy();
    },
  };
}

function headersOf(request: HttpRequest, userAgent: string): Record<string, string> {
  return {
    'user-agent': userAgent,
    'accept-encoding': 'identity',
    ...request.headers,
    ...(typeof request.body === 'object' ? { 'content-length': String(request.body.sizeBytes) } : {}),
    ...credentialHeaders(request),
  };
}

async function follow(
  dispatcher: Dispatcher,
  setting: TransportSetting,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<HttpResponse> {
  hidePermission(setting.emit, request);
  let hop = request;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const response = await exchange(dispatcher, setting, hop, signal);
    let isAnswer = false;
    let next: HttpRequest | undefined;
    try {
      next = nextHop(hop, response);
      isAnswer = next === undefined;
    } finally {
      if (!isAnswer) await response.discard();
    }
    if (next === undefined) return response;
    hideLink(setting.emit, hop.url, next.url);
    hop = next;
  }
  throw new ModelFetchError('HUB_PROTOCOL', `${hostOf(request.url)} redirected more than ${MAX_REDIRECTS} times.`, {
    hint: 'Check the endpoint; a mirror or a proxy may redirect to itself.',
  });
}

// A link to another origin carries its own permission in its query.
function hideLink(emit: Emit, from: string, to: string): void {
  if (new URL(to).origin === new URL(from).origin) return;
  for (const value of linkSecrets(to)) emit({ type: 'secret', value });
}

// What is sent to an address without a credential has its permission in the query.
function hidePermission(emit: Emit, { method, url, credential }: HttpRequest): void {
  if (method === 'GET' || method === 'HEAD' || credential !== undefined) return;
  for (const value of linkSecrets(url)) emit({ type: 'secret', value });
}

async function exchange(
  dispatcher: Dispatcher,
  setting: TransportSetting,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const { origin, pathname, search } = new URL(request.url);
  try {
    const answer = await dispatcher.request({
      origin,
      path: pathname + search,
      method: request.method,
      headers: headersOf(request, setting.userAgent),
      ...bodyParts(request, setting, signal),
    });
    return toResponse(request.url, answer, signal);
  } catch (error) {
    throw errorOfNetwork(error, request.url, signal);
  }
}

type BodyParts = Pick<Dispatcher.RequestOptions, 'body' | 'signal' | 'headersTimeout'>;

function bodyParts({ body, url }: HttpRequest, setting: TransportSetting, signal: AbortSignal): BodyParts {
  if (body === undefined || typeof body === 'string') return { body: body ?? null, signal };
  const { headersMs, silenceMs } = { ...LIMITS, ...setting.limits };
  const headersTimeout = answerMs(body, headersMs);
  if (body.sizeBytes === 0) return { body: null, signal, headersTimeout };
  const { bytes, stalled } = openBody(body, url, silenceMs);
  // The library takes any async iterable; its types name only some.
  return { body: bytes as unknown as Readable, signal: AbortSignal.any([signal, stalled]), headersTimeout };
}

function credentialHeaders({ url, credential }: HttpRequest): Record<string, string> {
  if (credential === undefined || new URL(url).origin !== credential.origin) return {};
  return {
    ...(credential.bearer === undefined ? {} : { authorization: `Bearer ${credential.bearer}` }),
    ...(credential.cookie === undefined ? {} : { cookie: credential.cookie }),
  };
}

function toResponse(url: string, answer: Dispatcher.ResponseData, signal: AbortSignal): HttpResponse {
  const headers = joinHeaders(answer.headers);
  return {
    status: answer.statusCode,
    headers,
    url,
    body: readBody(answer.body, url, signal),
    async discard() {
      if (answer.body.destroyed) return;
      if (Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) <= DRAIN_BYTES) {
        // A body that breaks off while nobody wants it is no failure.
        await answer.body.dump().catch(() => undefined);
      } else {
        answer.body.on('error', () => undefined).destroy();
      }
    },
  };
}

function joinHeaders(headers: Record<string, string | string[] | undefined>): Headers {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}

async function* readBody(body: AsyncIterable<Uint8Array>, url: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw errorOfNetwork(error, url, signal);
  }
}

async function readOnce(
  send: Transport['send'],
  clock: Clock,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<HttpText> {
  const answer = await readText(await send(request, signal));
  const error = errorOfStatus(answer.status, answer.headers, hostOf(request.url), clock.nowMs());
  if (error !== undefined) throw error;
  return answer;
}

async function readText(response: HttpResponse): Promise<HttpText> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_TEXT_BYTES) {
      throw new ModelFetchError(
        'HUB_PROTOCOL',
        `${hostOf(response.url)} answered with more text than any listing has.`,
      );
    }
    chunks.push(chunk);
  }
  const { status, headers, url } = response;
  return { status, headers, url, text: Buffer.concat(chunks).toString('utf8') };
}

function emitRetry(
  emit: Emit,
  request: HttpRequest,
  retry: { error: ModelFetchError; attempt: number; waitMs: number },
): void {
  emit({
    type: 'retry',
    subject: hostOf(request.url),
    code: retry.error.code,
    attempt: retry.attempt,
    waitMs: retry.waitMs,
  });
}
