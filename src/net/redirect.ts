// Where a redirect leads, and whether it may. Pure.

import { ModelFetchError } from '../core/errors.ts';
import type { HttpRequest, HttpResponse } from '../core/http.ts';
import { hostOf } from './network-error.ts';

/** The request that follows a redirect; undefined when the answer is none.
 * @throws HUB_PROTOCOL for a redirect without a target, to another scheme than http(s), from https to http, or of a request that
 * must not be repeated there. The credential stays in the request: it names its own origin, and no other gets it. */
export function nextHop(
  request: HttpRequest,
  response: Pick<HttpResponse, 'status' | 'headers'>,
): HttpRequest | undefined {
  if (![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  const target = parseTarget(response.headers['location'], request.url);
  if (target === undefined) throw refused(request, 'without a target that can be read');
  if (target.protocol !== 'https:' && target.protocol !== 'http:')
    throw refused(request, `to the scheme ${target.protocol}`);
  if (target.protocol === 'http:' && request.url.startsWith('https:')) throw refused(request, 'from https to http');
  if (!isRepeatable(request, response.status, target)) throw refused(request, `in answer to a ${request.method}`);
  target.hash = '';
  target.username = '';
  target.password = '';
  return { ...request, url: target.href };
}

// Only 307 and 308 promise to keep method and body. A PUT says the same everywhere; what else changes something may carry secrets
// in its body and stays with the host that it was meant for.
function isRepeatable({ method, url }: HttpRequest, status: number, target: URL): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  if (status !== 307 && status !== 308) return false;
  return method === 'PUT' || target.origin === new URL(url).origin;
}

function parseTarget(location: string | undefined, base: string): URL | undefined {
  if (location === undefined) return undefined;
  const target = asWritten(location);
  return URL.canParse(target, base) ? new URL(target, base) : undefined;
}

// Headers are read one character a byte. Who writes names into them as they are writes UTF-8; what cannot be that stays.
function asWritten(header: string): string {
  if (!/[\x80-\xff]/.test(header)) return header;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(header, 'latin1'));
  } catch {
    return header;
  }
}

function refused(request: HttpRequest, how: string): ModelFetchError {
  return new ModelFetchError('HUB_PROTOCOL', `${hostOf(request.url)} redirected ${how}, which is refused.`, {
    hint: 'Check the endpoint; something between here and the hub may be rewriting its answers.',
  });
}
