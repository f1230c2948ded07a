// How the Hugging Face fake gives jobs a token for who they are, against the letter of huggingface.md 1.4.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startIdentity } from './identity.ts';
import { type Fakes, startFakes } from './index.ts';
import { call, post, type Reply } from './upload-client.ts';

const ID = 'owner/release';
let fakes: Fakes;
beforeAll(async () => {
  fakes = await startFakes([{ id: ID, commits: [{ files: { 'a.txt': 'a' } }] }]);
});
afterAll(async () => {
  const { server } = fakes.huggingface;
  await fakes.close();
  expect(server.failures).toEqual([]);
});

const errorOf = ({ status, json }: Reply) => [status, (json as { error?: string }).error];
const commit = (path: string, token: string) =>
  call(`${fakes.huggingface.url}/api/models/${ID}/commit/main`, {
    method: 'POST',
    token,
    body: [
      { key: 'header', value: { summary: 'm' } },
      { key: 'file', value: { path, encoding: 'utf-8', content: 'x' } },
    ]
      .map((one) => JSON.stringify(one))
      .join('\n'),
  });

describe('a job without a token', () => {
  const body = (jwt: string, resource: string) => ({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    subject_token: jwt,
    resource,
  });

  test('gets one for who it is, for one repository, for a time', async () => {
    const identity = await startIdentity();
    const environment = identity.environment();
    const url = `${environment['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience=https%3A%2F%2Fhuggingface.co`;
    const runner = environment['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '';
    const { value } = (await call(url, { token: runner })).json as { value: string };
    expect((await call(url, { token: 'x' })).status).toBe(401);
    await identity.close();
    const exchange = (resource: string) =>
      call(`${fakes.huggingface.url}/oauth/token`, { method: 'POST', body: JSON.stringify(body(value, resource)) });
    expect((await exchange(ID)).json).toMatchObject({ error: 'invalid_grant' });
    const { upload } = fakes.huggingface.options;
    upload.trustedPublishers = [{ resource: ID, claims: { repository: 'owner/code', workflow: 'publish.yml' } }];
    const { json } = await exchange(ID);
    expect(json).toMatchObject({ access_token: expect.stringMatching(/^hf_jwt_/), expires_in: 3600 });
    const { access_token: token } = json as { access_token: string };
    expect((await commit('b.txt', token)).status).toBe(200);
    const create = await post(
      `${fakes.huggingface.url}/api/repos/create`,
      { organization: 'owner', type: 'model', name: 'new' },
      { token },
    );
    expect(create.status).toBe(401);
    upload.tokenSeconds = 0;
    const { access_token: old } = (await exchange(ID)).json as { access_token: string };
    expect(errorOf(await commit('c.txt', old))).toEqual([401, 'Invalid credentials in Authorization header']);
  });

  test('is refused what is incomplete', async () => {
    const answer = await call(`${fakes.huggingface.url}/oauth/token`, { method: 'POST', body: '{}' });
    expect([answer.status, answer.json]).toMatchObject([400, { error: 'invalid_request' }]);
  });
});
