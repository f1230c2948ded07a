// A store of large files on an origin of its own, reached by signed links only. Credentials that reach it are a leak.

import { createHash } from 'node:crypto';
import type { Body } from './content.ts';
import type { FaultPlan } from './faults.ts';
import { sendFile } from './file-answer.ts';
import { type Exchange, type FakeServer, send, serve } from './server.ts';

export interface CdnOptions {
  readonly faults: FaultPlan;
  readonly port?: number;
  /** Links work for so long; an hour unless given. */
  lifetimeMs?: number;
  /** A GET without a range for something larger is answered 400 (huggingface.md 3.7). */
  unboundedLimitBytes?: number;
}

export interface CdnObject {
  /** The path of the link; it says nothing about the content's name. */
  readonly pathname: string;
  readonly query: Readonly<Record<string, string>>;
  readonly path: string;
  readonly body: Body;
}

/** Request headers that never should have come here. */
export interface Leak {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
}

export interface Cdn {
  readonly url: string;
  readonly server: FakeServer;
  readonly options: CdnOptions;
  readonly leaks: readonly Leak[];
  /** A link with a signature of its own. `auth_key` is ModelScope's spelling, `Signature` Hugging Face's. */
  link(object: CdnObject, style: 'auth_key' | 'Signature'): string;
  /** Every link made so far answers 403 from now on. */
  expireLinks(): void;
  close(): Promise<void>;
}

interface Link {
  readonly object: CdnObject;
  readonly expiresAtMs: number;
}

const FORBIDDEN =
  '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Access denied</Message></Error>';

export async function startCdn(options: CdnOptions): Promise<Cdn> {
  const links = new Map<string, Link>();
  const leaks: Leak[] = [];
  const server = await serve((exchange) => answer(exchange, { links, leaks, options }), {
    kind: 'cdn',
    ...(options.port === undefined ? {} : { port: options.port }),
  });
  let issued = 0;
  return {
    url: server.url,
    server,
    options,
    leaks,
    link(object, style) {
      issued += 1;
      const nowSeconds = Math.floor(Date.now() / 1000);
      const secret = createHash('md5').update(`${object.pathname} ${issued}`).digest('hex');
      const expiresAtMs = Date.now() + (options.lifetimeMs ?? 3_600_000);
      const signature = style === 'auth_key' ? `${nowSeconds}-${secret}-0-${secret}` : `${secret}~`;
      links.set(signature, { object, expiresAtMs });
      const policy = { Expires: String(Math.floor(expiresAtMs / 1000)), Policy: 'eyJTdGF0ZW1lbnQiOltdfQ__' };
      const query = new URLSearchParams({
        ...(style === 'auth_key'
          ? { auth_key: signature }
          : { ...policy, Signature: signature, 'Key-Pair-Id': 'KFAKE' }),
        ...object.query,
      });
      return `${server.url}${object.pathname}?${query}`;
    },
    expireLinks: () => links.clear(),
    close: server.close,
  };
}

interface State {
  readonly links: Map<string, Link>;
  readonly leaks: Leak[];
  readonly options: CdnOptions;
}

async function answer(exchange: Exchange, { links, leaks, options }: State): Promise<void> {
  const { log } = exchange;
  const { authorization, cookie, range } = log.headers;
  if (authorization !== undefined || cookie !== undefined) {
    leaks.push({ path: log.path, authorization, cookie });
    return send(exchange, { status: 400, body: 'Only one auth mechanism allowed' });
  }
  if (log.method !== 'GET' && log.method !== 'HEAD') return send(exchange, { status: 405 });
  const link = links.get(log.query.get('auth_key') ?? log.query.get('Signature') ?? '');
  if (link === undefined || link.expiresAtMs < Date.now() || link.object.pathname !== log.path) {
    return send(exchange, { status: 403, headers: { 'Content-Type': 'application/xml' }, body: FORBIDDEN });
  }
  const { body, path } = link.object;
  if (range === undefined && body.sizeBytes > (options.unboundedLimitBytes ?? Number.POSITIVE_INFINITY)) {
    return send(exchange, { status: 400, body: 'Object too large for one response' });
  }
  const name = log.query.get('filename');
  const headers = {
    ETag: misleadingEtag(body),
    'Access-Control-Allow-Origin': '*',
    ...(name === null ? {} : { 'Content-Disposition': `attachment;filename="${encodeURIComponent(name)}"` }),
  };
  const expireLinks = () => links.clear();
  await sendFile(exchange, { path, place: 'cdn', body, faults: options.faults, options: { headers }, expireLinks });
}

// Looks like the digest of a multipart upload, as the real ones do, and is no digest of the content at all.
function misleadingEtag(body: Body): string {
  return `"${createHash('md5').update(body.identity).digest('hex')}-1"`;
}
