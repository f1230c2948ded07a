// The upload side of the Hugging Face fake against the official client. What that client does not look at is in
// huggingface-writes.test.ts.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CommitOperation,
  commit,
  createBranch,
  createRepo,
  deleteBranch,
  deleteFiles,
  deleteRepo,
  downloadFile,
  listFiles,
  snapshotDownload,
  uploadFiles,
} from '@huggingface/hub';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { hashFolder, openFlow } from '../flows/open-flow.ts';
import { TOKENS } from './access.ts';
import { bytesOf, createBody } from './content.ts';
import { UPLOAD_DEFAULTS } from './huggingface-hub.ts';
import { type Fakes, startFakes } from './index.ts';
import { type Bytes, sha256 } from './upload-client.ts';
import { countUploads } from './upload-counts.ts';

const REPO = 'owner/release';
const MIB = 1024 * 1024;
const WEIGHTS: Bytes = new Uint8Array(await bytesOf(createBody({ seed: 'upload', sizeBytes: 3 * MIB + 5 })));
const OID = sha256(WEIGHTS);
const SMALL = '{"a":1}\n';

let fakes: Fakes;
let at: { hubUrl: string; accessToken: string; repo: string };

beforeAll(async () => {
  fakes = await startFakes([{ id: REPO, commits: [{ files: { 'start.txt': '' } }] }]);
  at = { hubUrl: fakes.huggingface.url, accessToken: TOKENS.writer, repo: REPO };
  vi.spyOn(console, 'debug').mockImplementation(() => undefined);
});
beforeEach(async () => {
  Object.assign(fakes.huggingface.options.upload, UPLOAD_DEFAULTS);
  fakes.huggingface.options.rateLimit.api = 1000;
  await deleteRepo(at);
  await createRepo(at);
  fakes.reset();
});
afterAll(async () => {
  const { server, storage } = fakes.huggingface;
  await fakes.close();
  expect([server.failures, storage.server.failures, storage.leaks]).toEqual([[], [], []]);
});

const repository = () => fakes.huggingface.repository(REPO);
const file = (path: string, content: string | Bytes) => ({ path, content: new Blob([content]) });
const upload = (more: object = {}, files = [file('config.json', SMALL), file('model.safetensors', WEIGHTS)]) =>
  uploadFiles({ ...at, files, useXet: false, ...more });
async function listed(revision = 'main'): Promise<Record<string, string | undefined>> {
  const found: Record<string, string | undefined> = {};
  for await (const { path, lfs } of listFiles({ ...at, revision })) found[path] = lfs?.oid;
  return found;
}
async function fetched(path: string): Promise<Buffer> {
  const blob = await downloadFile({ ...at, path });
  return Buffer.from((await blob?.arrayBuffer()) ?? new ArrayBuffer());
}

describe('the official client', () => {
  test('makes a repository once, and only where it may', async () => {
    await expect(createRepo(at)).rejects.toMatchObject({ statusCode: 409 });
    const other = { ...at, repo: 'owner/other' };
    await expect(createRepo({ ...other, accessToken: TOKENS.reader })).rejects.toMatchObject({ statusCode: 403 });
    await createRepo({ ...other, visibility: 'private', license: 'mit' });
    const made = fakes.huggingface.repository('owner/other');
    expect([made.visibility, ...(made.resolve('main')?.entries.keys() ?? [])]).toEqual([
      'private',
      '.gitattributes',
      'README.md',
    ]);
  });

  test('uploads small and large files in one commit, and reads them again', async () => {
    const before = repository().resolve('main')?.id;
    const made = await upload();
    const head = repository().resolve('main');
    expect([made?.commit.oid, head?.parentId]).toEqual([head?.id, before]);
    expect(await listed()).toEqual({ '.gitattributes': undefined, 'config.json': undefined, 'model.safetensors': OID });
    expect((await fetched('model.safetensors')).equals(WEIGHTS)).toBe(true);
    expect((await fetched('config.json')).toString()).toBe(SMALL);
    expect(countUploads(fakes.huggingface)).toMatchObject({
      commits: 1,
      bytesOf: { [OID]: WEIGHTS.length },
      arrived: [OID],
      steps: { preupload: 1, offer: 1, put: 1, commit: 1 },
    });
  });

  test('sends nothing that is stored already', async () => {
    await upload();
    fakes.reset();
    await upload({}, [file('renamed.safetensors', WEIGHTS)]);
    expect(countUploads(fakes.huggingface)).toMatchObject({ commits: 1, blobBytes: 0 });
    expect((await listed())['renamed.safetensors']).toBe(OID);
  });

  test.each(['padded', 'plain'] as const)('uploads in parts, numbered %s', async (partSpelling) => {
    Object.assign(fakes.huggingface.options.upload, { multipartAboveBytes: MIB, partSizeBytes: MIB, partSpelling });
    await upload();
    expect((await fetched('model.safetensors')).equals(WEIGHTS)).toBe(true);
    const { steps, blobBytes, arrived } = countUploads(fakes.huggingface);
    expect([steps.part, steps.put, steps.complete]).toEqual([4, undefined, 1]);
    expect([blobBytes, arrived]).toEqual([WEIGHTS.length, [OID]]);
  });

  test('deletes in the same commit, and only what is there', async () => {
    await upload();
    const operations: CommitOperation[] = [
      { operation: 'delete', path: 'config.json' },
      { operation: 'addOrUpdate', ...file('b.json', SMALL) },
    ];
    await commit({ ...at, title: 'change', operations });
    expect(Object.keys(await listed())).toEqual(['.gitattributes', 'b.json', 'model.safetensors']);
    const again = deleteFiles({ ...at, paths: ['b.json', 'config.json'] });
    await expect(again).rejects.toMatchObject({ statusCode: 404 });
    expect(Object.keys(await listed())).toContain('b.json');
  });

  test('makes branches and takes them away', async () => {
    await createBranch({ ...at, branch: 'dev/one' });
    await expect(createBranch({ ...at, branch: 'dev/one' })).rejects.toMatchObject({ statusCode: 409 });
    await upload({ branch: 'dev/one' });
    expect([Object.keys(await listed()), Object.keys(await listed('dev%2Fone'))].map(({ length }) => length)).toEqual([
      1, 3,
    ]);
    await createBranch({ ...at, branch: 'dev/one', empty: true, overwrite: true });
    expect([...(repository().resolve('dev/one')?.entries.keys() ?? [])]).toEqual([]);
    await deleteBranch({ ...at, branch: 'dev/one' });
    await expect(deleteBranch({ ...at, branch: 'dev/one' })).rejects.toMatchObject({ statusCode: 404 });
    await expect(deleteBranch({ ...at, branch: 'main' })).rejects.toMatchObject({ statusCode: 403 });
    await expect(createBranch({ ...at, branch: 'refs/pr/1' })).rejects.toMatchObject({ statusCode: 400 });
  });

  test('proposes a change, as a reader too', async () => {
    const before = repository().resolve('main')?.id;
    const made = await upload({ isPullRequest: true, accessToken: TOKENS.reader });
    expect(made?.pullRequestUrl).toBe(`${at.hubUrl}/${REPO}/discussions/1`);
    expect([repository().resolve('main')?.id, repository().resolve('refs/pr/1')?.id]).toEqual([
      before,
      made?.commit.oid,
    ]);
    await expect(upload({ accessToken: TOKENS.reader })).rejects.toMatchObject({ statusCode: 403 });
  });

  test('commits on the head that it knows, and on no other', async () => {
    const parentCommit = repository().resolve('main')?.id ?? expect.fail();
    await upload({ parentCommit });
    await expect(upload({ parentCommit }, [file('b.json', SMALL)])).rejects.toMatchObject({ statusCode: 412 });
  });

  test('is refused a token that is not known, and a repository that is not there', async () => {
    await expect(upload({ accessToken: 'hf_unknown' })).rejects.toMatchObject({ statusCode: 401 });
    await expect(upload({ repo: 'owner/none' })).rejects.toMatchObject({ statusCode: 404 });
  });
});

test('ours fetches what the official client uploaded, in parts and whole', async () => {
  Object.assign(fakes.huggingface.options.upload, { multipartAboveBytes: MIB, partSizeBytes: MIB });
  await upload({}, [
    file('config.json', SMALL),
    file('model.safetensors', WEIGHTS),
    file('deep/er/notes.txt', 'hello'),
  ]);
  const flow = await openFlow(fakes, { token: TOKENS.reader });
  await flow.run('huggingface', { model: REPO });
  expect(await hashFolder(flow.folder)).toMatchObject({
    'config.json': sha256(SMALL),
    'model.safetensors': OID,
    'deep/er/notes.txt': sha256('hello'),
  });
  await flow.close();
});

test('the official client fetches the whole of a release', async () => {
  await upload();
  const cacheDir = await mkdtemp(join(tmpdir(), 'fake-hf-'));
  const folder = await snapshotDownload({ ...at, cacheDir });
  expect((await readFile(join(folder, 'model.safetensors'))).equals(WEIGHTS)).toBe(true);
  await rm(cacheDir, { recursive: true });
});
