// A token that ends while files are fetched: the bytes go on under the next one, and without one the refusal stands.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { holdToken } from '../../src/core/token/held.ts';
import { TOKENS } from '../fakes/access.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { type Flow, hashFolder, hashRepository, openFlow } from './open-flow.ts';

const MIB = 1024 * 1024;
const FILES = { 'a.bin': { seed: 'a', sizeBytes: 40 * MIB }, 'b.txt': 'b', 'c.txt': 'c' };
let fakes: Fakes;
let flow: Flow | undefined;
beforeEach(async () => {
  fakes = await startFakes([{ id: 'o/secret', visibility: 'private', commits: [{ files: FILES }] }]);
});
afterEach(async () => {
  await flow?.close();
  await fakes.close();
});

/** From the nth file request on the hub knows another token only. @returns how often a token was asked for */
async function open(hub: 'modelscope' | 'huggingface', tokens: readonly string[]): Promise<() => number> {
  let asked = 0;
  const ask = async () => tokens[Math.min(asked++, tokens.length - 1)] ?? '';
  let isEnded = false;
  const server = fakes[hub].server;
  const { push } = server.requests;
  // Listing is over when the first file is asked for.
  server.requests.push = (...logs) => {
    if (!isEnded && logs.some((log) => /\/resolve\/|\/repo$/.test(log.path))) {
      isEnded = true;
      fakes[hub].options.tokens = { ...TOKENS, reader: 'second-token' };
    }
    return push.apply(server.requests, logs);
  };
  flow = await openFlow(fakes, {
    tokens: holdToken(
      ask,
      () => undefined,
      () => 0,
    ),
  });
  return () => asked;
}

describe.each(['modelscope', 'huggingface'] as const)('%s: a token that ends after the listing', (hub) => {
  test('is renewed once, and every file comes', async () => {
    const asked = await open(hub, [TOKENS.reader, 'second-token']);
    await flow?.run(hub, { model: 'o/secret' });
    const repository = fakes[hub].repository('o/secret');
    expect(await hashFolder(flow?.folder ?? '')).toEqual(await hashRepository(repository, repository.defaultBranch));
    expect(asked()).toBe(2);
  });

  test('and has no successor ends the run with the refusal', async () => {
    await open(hub, [TOKENS.reader]);
    const failure = await flow?.run(hub, { model: 'o/secret' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: expect.stringMatching(/^(INCOMPLETE|FORBIDDEN)$/) });
  });
});
