// How Hugging Face gives a job a token for who it is, and how it knows the token again (huggingface.md 1.4).

import { randomBytes } from 'node:crypto';
import type { Caller } from './access.ts';
import type { HuggingfaceHub } from './huggingface-hub.ts';
import { parseObject } from './json-body.ts';
import { type Exchange, Refusal, send } from './server.ts';

/** A repository's trust in jobs that claim this. */
export interface TrustedPublisher {
  /** `owner/name`, with `datasets/` before it for a dataset; or a user's name, for reading gated repositories. */
  readonly resource: string;
  readonly claims: Readonly<Record<string, string>>;
}

/** A token that was given for an identity. */
export interface Session {
  readonly resource: string;
  readonly expiresAtMs: number;
}

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';

/** `POST /oauth/token` */
export async function exchangeToken(hub: HuggingfaceHub, exchange: Exchange): Promise<void> {
  const body = await parseObject(exchange);
  const { grant_type: grant, subject_token_type: type, subject_token: jwt, resource } = body;
  const isComplete = grant === GRANT && type === ID_TOKEN && typeof jwt === 'string' && typeof resource === 'string';
  if (!isComplete || exchange.log.headers.authorization !== undefined) throw oauthError('invalid_request');
  const claims = claimsOf(jwt);
  const { trustedPublishers, audience, tokenSeconds } = hub.options.upload;
  const isTrusted = trustedPublishers.some(
    (one) => one.resource === resource && Object.entries(one.claims).every(([name, value]) => claims[name] === value),
  );
  if (!isTrusted || ![audience, exchange.origin].includes(String(claims['aud']))) throw oauthError('invalid_grant');
  const token = `hf_${resource.includes('/') ? 'jwt' : 'oauth'}_${randomBytes(16).toString('hex')}`;
  hub.sessions.set(token, { resource, expiresAtMs: Date.now() + tokenSeconds * 1000 });
  await send(exchange, {
    status: 200,
    body: {
      access_token: token,
      token_type: 'bearer',
      expires_in: tokenSeconds,
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    },
  });
}

/** The caller that a token was given to; undefined when it is none of these, or too old. */
export function sessionCaller({ sessions }: HuggingfaceHub, token: string | undefined): Caller | undefined {
  const session = token === undefined ? undefined : sessions.get(token);
  if (session === undefined || session.expiresAtMs <= Date.now()) return undefined;
  const { resource } = session;
  return { token, account: resource.includes('/') ? 'writer' : 'reader', resource };
}

function claimsOf(jwt: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
  } catch {
    throw oauthError('invalid_grant');
  }
}

function oauthError(error: 'invalid_request' | 'invalid_grant'): Refusal {
  return new Refusal({ status: 400, body: { error, error_description: `${error}: the exchange was refused` } });
}
