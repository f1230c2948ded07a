// Who the job is: what the runner is asked, and what is said when it does not answer.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readEnvironment } from '../../src/host/environment.ts';
import { createIdentity } from '../../src/host/identity.ts';
import { type FakeIdentity, startIdentity } from '../fakes/identity.ts';
import { NEVER, secretsOf, useTransports } from '../net/ground.ts';

const open = useTransports();

describe('the job’s identity', () => {
  let runner: FakeIdentity;
  beforeEach(async () => {
    runner = await startIdentity();
  });
  afterEach(() => runner.close());

  const prove = (variables: Record<string, string>) => {
    const { transport, events } = open();
    const environment = readEnvironment(variables, { platform: 'linux', cwd: '/' });
    const identity = createIdentity(environment.first, { transport, emit: (event) => events.push(event) });
    return { events, proof: identity.prove('https://hub.example.com', NEVER) };
  };

  test('is signed for the audience, and everything secret about it is told as a secret', async () => {
    const { proof, events } = prove(runner.environment());
    const claims = JSON.parse(Buffer.from((await proof).split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ aud: 'https://hub.example.com', repository: 'owner/code' });
    expect(secretsOf(events)).toEqual([runner.environment()['ACTIONS_ID_TOKEN_REQUEST_TOKEN'], await proof]);
    expect(runner.server.requests[0]?.query.get('api-version')).toBe('2.0');
  });

  test('a job without the permission is told what to add', async () => {
    await expect(prove({ GITHUB_ACTIONS: 'true' }).proof).rejects.toMatchObject({
      code: 'NO_IDENTITY',
      hint: expect.stringContaining('id-token: write'),
    });
  });

  test('elsewhere there is none', async () => {
    await expect(prove({}).proof).rejects.toMatchObject({
      code: 'NO_IDENTITY',
      hint: expect.not.stringContaining('id-token'),
    });
  });

  test.each([
    ['a refusal', { status: 403, body: { message: 'no' } }],
    ['a page', { status: 200, body: '<html></html>' }],
    ['null', { status: 200, body: 'null' }],
    ['something else', { status: 200, body: { value: 'no proof' } }],
  ])('%s is no proof', async (_, answer) => {
    runner.server.answer(/token/, answer, 1);
    await expect(prove(runner.environment()).proof).rejects.toMatchObject({ code: 'NO_IDENTITY' });
  });
});
