// The upload side of the Hugging Face fake against the official client, and against huggingface.md 5 where it does not look.

import { createHash } from 'node:crypto';
import {
  commit,
  createBranch,
  createRepo,
  deleteBranch,
  deleteRepo,
  downloadFile,
  listFiles,
  uploadFiles,
} from '@huggingface/hub';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openFlow } from '../flows/open-flow.ts';
import { TOKENS } from './access.ts';
import { bytesOf, createBody } from './content.ts';
import { type Fakes, startFakes } from './index.ts';

const REPO = 'owner/release';
const MIB = 1024 * 1024;
const accessToken = TOKENS.writer;
const weights = new Uint8Array(await bytesOf(createBody({ seed: 'upload', sizeBytes: 3 * MIB + 5 })));
const oid = createHash('sha256').update(weights).digest('hex');

let fakes: Fakes;
let hubUrl: string;

beforeAll(async () => {
  fakes = await startFakes([]);
  hubUrl = fakes.huggingface.url;
});
beforeEach(async () => {
  fakes.reset();
  fakes.huggingface.options.rateLimit.api = 1000;
  if (exists()) await deleteRepo({ repo: REPO, hubUrl, accessToken });
  await createRepo({ repo: REPO, hubUrl, accessToken });
});
afterAll(async () => {
  const { server, storage } = fakes.huggingface;
  await fakes.close();
  expect([server.failures, storage.server.failures, storage.leaks]).toEqual([[], [], []]);
});

function exists(): boolean {
  try {
    fakes.huggingface.repository(REPO);
    return true;
  } catch {
    return false;
  }
}

const file = (path: string, content: string | Uint8Array<ArrayBuffer>) => ({ path, content: new Blob([content]) });
const FILES = [file('config.json', '{"a":1}'), file('model.safetensors', weights)];
const upload = (files = FILES, more: object = {}) =>
  uploadFiles({ repo: REPO, files, hubUrl, accessToken, useXet: false, ...more });

describe('the official client', () => {
  test('makes a repository, and not twice', async () => {
    await expect(createRepo({ repo: REPO, hubUrl, accessToken })).rejects.toMatchObject({ statusCode: 409 });
    await expect(createRepo({ repo: 'owner/x', hubUrl, accessToken: TOKENS.reader })).rejects.toMatchObject({
      statusCode: 403,
    });
  });

  test('uploads small and large files in one commit, and reads them again', async () => {
    const before = fakes.huggingface.repository(REPO).resolve('main')?.id;
    const made = await upload();
    const head = fakes.huggingface.repository(REPO).resolve('main');
    expect([made?.commit.oid, head?.parentId]).toEqual([head?.id, before]);
    const listed: unknown[] = [];
    for await (const { path, lfs } of listFiles({ repo: REPO, hubUrl, accessToken })) listed.push([path, lfs?.oid]);
    expect(listed).toEqual([
      ['.gitattributes', undefined],
      ['config.json', undefined],
      ['model.safetensors', oid],
    ]);
    const got = await downloadFile({ repo: REPO, path: 'model.safetensors', hubUrl, accessToken });
    expect(Buffer.from((await got?.arrayBuffer()) ?? new ArrayBuffer()).equals(weights)).toBe(true);
  });

  test.each(['padded', 'plain'] as const)('uploads in parts, numbered %s', async (partSpelling) => {
    const upload_ = fakes.huggingface.options.upload;
    Object.assign(upload_, { multipartAboveBytes: MIB, partSizeBytes: MIB, partSpelling });
    await upload();
    Object.assign(upload_, { multipartAboveBytes: 5_000_000_000, partSizeBytes: 16_000_000, partSpelling: 'padded' });
    const got = await downloadFile({ repo: REPO, path: 'model.safetensors', hubUrl, accessToken });
    expect(Buffer.from((await got?.arrayBuffer()) ?? new ArrayBuffer()).equals(weights)).toBe(true);
  });
});

test('ours fetches what the official client uploaded', async () => {
  await upload();
  const flow = await openFlow(fakes, { token: TOKENS.reader });
  await flow.run('huggingface', { model: REPO });
  await flow.close();
});
void [commit, createBranch, deleteBranch];
