// What a runner gives a job that may name itself: an endpoint that signs who it is (github-actions.md 4.1). Nobody checks the
// signature here.

import { randomUUID } from 'node:crypto';
import { type FakeServer, Refusal, send, serve } from './server.ts';

export interface FakeIdentity {
  readonly server: FakeServer;
  /** What the signed texts say; a test may change it. */
  readonly claims: Record<string, string>;
  /** The variables that a job with `id-token: write` has. */
  environment(): Record<string, string>;
  close(): Promise<void>;
}

const SECRET = 'runner-secret';

export async function startIdentity(): Promise<FakeIdentity> {
  const claims: Record<string, string> = {
    iss: 'https://token.actions.githubusercontent.com',
    sub: 'repo:owner/code:ref:refs/tags/v1.0.0',
    repository: 'owner/code',
    branch: 'main',
    workflow: 'publish.yml',
  };
  const server = await serve(async (exchange) => {
    const { log } = exchange;
    const audience = log.query.get('audience');
    if (log.headers.authorization !== `Bearer ${SECRET}`) throw new Refusal({ status: 401, body: {} });
    if (audience === null) throw new Refusal({ status: 400, body: { message: 'audience is required' } });
    await send(exchange, { status: 200, body: { value: sign({ ...claims, aud: audience, jti: randomUUID() }) } });
  });
  return {
    server,
    claims,
    environment: () => ({
      ACTIONS_ID_TOKEN_REQUEST_URL: `${server.url}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: SECRET,
    }),
    close: server.close,
  };
}

function sign(claims: Readonly<Record<string, string>>): string {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const texts = [
    { alg: 'RS256', typ: 'JWT', kid: 'fake' },
    { ...claims, iat: nowSeconds, exp: nowSeconds + 300 },
  ];
  return [...texts.map((one) => Buffer.from(JSON.stringify(one)).toString('base64url')), 'c2lnbmF0dXJl'].join('.');
}
