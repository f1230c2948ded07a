// Keyless publishing to the Hugging Face Hub: identities for tokens, and tokens that end (huggingface.md 1.4).

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../../src/core/ports.ts';
import { parseRef } from '../../../src/core/ref.ts';
import type { Identity, TokenSource } from '../../../src/core/token.ts';
import { huggingface } from '../../../src/hubs/huggingface.ts';
import { HUBS } from '../../../src/hubs/index.ts';
import { type Fakes, startFakes } from '../../fakes/index.ts';
import { secretsOf, useTransports } from '../../net/ground.ts';
import { localFile, NEVER, type PushDoor, pushDoor } from '../open-push.ts';

const open = useTransports();
const CLAIMS = {
  repository: 'owner/code',
  ref: 'refs/tags/v1',
  workflow_ref: 'owner/code/.github/workflows/publish.yml@refs/tags/v1',
};

describe('keyless', () => {
  let fakes: Fakes;
  let nowMs = 0;
  const doors: PushDoor[] = [];
  const proofs: string[] = [];
  const clock: Clock = {
    nowMs: () => nowMs,
    random: () => 0,
    sleep: async () => undefined,
    every: () => () => undefined,
  };
  const identity: Identity = {
    async prove(aud) {
      proofs.push(aud);
      const payload = Buffer.from(JSON.stringify({ ...CLAIMS, aud })).toString('base64url');
      return `head.${payload}.sign`;
    },
  };
  const keyless = (repo = 'owner/model') => {
    const { transport, events } = open();
    const parts = { endpoint: fakes.huggingface.url, ref: parseRef(`hf:${repo}`, HUBS), identity, transport, clock };
    const source = huggingface.keyless?.({ ...parts, emit: (event) => events.push(event) });
    if (source === undefined) throw new Error('it has no keyless tokens');
    return { source, events };
  };
  const publish = async (source: TokenSource, repo = 'owner/model') => {
    const door = pushDoor(huggingface, fakes.huggingface.url, source);
    doors.push(door);
    const { release } = await door.open(repo);
    return release([localFile('config.json', `${Math.random()}`)]);
  };

  beforeEach(async () => {
    nowMs = 1_000_000;
    proofs.length = 0;
    const trustedPublishers = [
      { resource: 'owner/model', claims: { repository: 'owner/code' } },
      { resource: 'datasets/owner/model', claims: { repository: 'owner/code' } },
    ];
    fakes = await startFakes(
      [
        { id: 'owner/model', commits: [{ files: { a: 'a' } }] },
        { id: 'owner/model', kind: 'dataset', commits: [{ files: { a: 'a' } }] },
      ],
      { huggingface: { upload: { trustedPublishers } } },
    );
  });
  afterEach(async () => {
    await Promise.all(doors.splice(0).map(({ transport }) => transport.close()));
    await fakes.close();
  });

  test.each(['owner/model', 'datasets/owner/model'])('an identity publishes to %s', async (repo) => {
    const { source, events } = keyless(repo);
    expect((await publish(source, repo)).revision).toMatch(/^[0-9a-f]{40}$/);
    expect(proofs).toEqual([fakes.huggingface.url]);
    expect(secretsOf(events)).toEqual([await source.current(NEVER)]);
  });

  test('many ask at once, and one exchange serves them', async () => {
    const { source } = keyless();
    const tokens = await Promise.all([1, 2, 3].map(() => source.current(NEVER)));
    expect([new Set(tokens).size, proofs.length]).toEqual([1, 1]);
  });

  test('a token is left before it ends', async () => {
    const { source } = keyless();
    const first = await source.current(NEVER);
    nowMs += 3300 * 1000 - 1;
    expect(await source.current(NEVER)).toBe(first);
    nowMs += 1;
    expect(await source.current(NEVER)).not.toBe(first);
  });

  test('a token that was refused early is exchanged anew, once for all who were refused', async () => {
    const { source } = keyless();
    const first = await source.current(NEVER);
    const [a, b] = [await source.renew(first, NEVER), await source.renew(first, NEVER)];
    expect(a).toBe(b);
    expect([a === first, proofs.length]).toEqual([false, 2]);
  });

  test('a release whose token is taken away goes on with the next', async () => {
    const { source } = keyless();
    fakes.steps.at('commit', 'before', () => ({
      status: 401,
      headers: { 'X-Error-Message': 'Invalid credentials in Authorization header' },
    }));
    expect((await publish(source)).revision).toMatch(/^[0-9a-f]{40}$/);
    expect(proofs).toHaveLength(2);
  });

  test('an endpoint never gets a proof that another one believes, not even when it refuses its own', async () => {
    await expect(keyless('owner/other').source.current(NEVER)).rejects.toMatchObject({ code: 'NO_IDENTITY' });
    expect(proofs).toEqual([fakes.huggingface.url]);
  });

  test('a job that is not trusted is told what it says of itself, and nothing of its proof', async () => {
    const failure = await keyless('owner/other')
      .source.current(NEVER)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'NO_IDENTITY', hint: expect.stringContaining('repository owner/code') });
    expect(String(failure)).not.toContain('sign');
  });

  test('an identity makes no repository', async () => {
    const { source } = keyless();
    const door = pushDoor(huggingface, fakes.huggingface.url, source);
    doors.push(door);
    const { push } = await door.open('owner/fresh');
    await expect(push.prepare(NEVER)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});
