// What is refused, with its own code, before a byte moves and before anything is made on the hub.

import { execFileSync } from 'node:child_process';
import { appendFile, copyFile, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RawOptions } from '../../src/core/options.ts';
import { createUploadOutputs } from '../../src/core/outputs/upload.ts';
import type { Hasher } from '../../src/core/ports.ts';
import { createUploadSummary } from '../../src/core/report/upload-summary.ts';
import { uploadText } from '../../src/core/report/upload-text.ts';
import type { UploadOutcome } from '../../src/flows/upload.ts';
import { errorText } from '../../src/host/error-text.ts';
import { TOKENS } from '../fakes/access.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { type Content, openHasher, openUpload, type UploadGround, weights } from './open-upload.ts';

let fakes: Fakes;
let hasher: Hasher;
let ground: UploadGround;
beforeAll(async () => {
  hasher = openHasher();
  const files = { 'config.json': '{}', 'Readme.txt': 'words', 'a.bin': 'a', 'b.bin': 'b' };
  fakes = await startFakes([
    { id: 'o/model', commits: [{ files: {} }, { files }], tags: { v1: 0, v2: 1 } },
    { id: 'o/names', commits: [{ files: { 'b.txt': 'b' } }] },
  ]);
});
beforeEach(async () => {
  ground = await openUpload(fakes, { hasher });
});
afterEach(async () => {
  await ground.close();
  fakes.reset();
});
afterAll(() => Promise.all([fakes.close(), hasher.close()]));

const code = (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    (error: { code?: string; hint?: string }) => (error.hint === undefined ? 'without a hint' : error.code),
  );
const writes = () =>
  [fakes.huggingface, fakes.modelscope].flatMap(({ server, storage }) =>
    [...server.requests, ...storage.server.requests].filter(({ applied, bytesReceived, step }) => {
      const isBlob = step === 'put' || step === 'part';
      return applied || (isBlob && bytesReceived > 0);
    }),
  );

describe.each(['hf', 'ms'])('%s', (hub) => {
  const sound: Record<string, Content> = { 'config.json': '{"new":1}' };
  test.each<[string, string, Record<string, Content>, RawOptions]>([
    ['an empty folder', 'EMPTY_FOLDER', {}, {}],
    ['only what nobody means', 'EMPTY_FOLDER', { '.git/config': 'x', '.DS_Store': 'x' }, {}],
    ['no file after filters', 'NO_MATCH', sound, { exclude: '*.json' }],
    ['a path that is not there', 'EMPTY_FOLDER', sound, { path: 'nowhere' }],
    ['one path that is not there', 'EMPTY_FOLDER', sound, { path: 'model\nnowhere' }],
    ['a file where a folder is there', 'NAME_COLLISION', { 'config.json/x.txt': 'a' }, {}],
    ['a name that is too long', 'NAME_REFUSED', { [`${`${'x'.repeat(200)}/`.repeat(4)}${'x'.repeat(200)}`]: 'a' }, {}],
    ['a name with a line break', 'NAME_REFUSED', { 'a\n::error::b': 'a' }, {}],
    ['a branch that is not there and not to be made', 'REVISION_NOT_FOUND', sound, { revision: 'no', create: 'false' }],
    ['names that differ in case', 'NAME_COLLISION', { 'a.txt': 'a', 'A.txt': 'b' }, {}],
    ['a name that differs in case from one there', 'NAME_COLLISION', { 'README.TXT': 'a' }, {}],
    ['two files of one name', 'NAME_COLLISION', { 'x/a.txt': 'a', 'y/a.txt': 'b' }, { path: 'model/x\nmodel/y' }],
    ['a name that some system refuses', 'NAME_REFUSED', { 'aux.txt': 'a' }, {}],
    ['a broken file', 'CHECK_FAILED', { ...sound, 'model.safetensors': 'no' }, {}],
    ['a secret', 'CHECK_FAILED', { ...sound, '.env': 'TOKEN=1' }, {}],
    ['too many deletes', 'TOO_MANY_DELETES', sound, { delete: '*.bin', 'max-deletes': '1' }],
    ['a tag on another commit', 'TAG_CONFLICT', sound, { tag: 'v1' }],
    ['a tag that would stay behind', 'TAG_CONFLICT', sound, { tag: 'v2' }],
    ['a dry run of that', 'TAG_CONFLICT', sound, { tag: 'v2', 'dry-run': 'true' }],
  ])('%s', async (_, expected, files, raw) => {
    await ground.write(files);
    expect(await code(ground.publish(`${hub}:o/model`, raw))).toBe(expected);
    expect(writes()).toEqual([]);
  });

  test('a link that leads out of the workspace', async () => {
    await ground.write(sound);
    await writeFile(path.join(ground.root, 'outside.txt'), 'secret');
    await symlink(path.join(ground.root, 'outside.txt'), path.join(ground.folder, 'inside.txt'));
    expect(await code(ground.publish(`${hub}:o/model`))).toBe('OUTSIDE_WORKSPACE');
    expect(writes()).toEqual([]);
  });

  test.each([
    ['a link that leads nowhere', 'nowhere'],
    ['a link that leads to itself', 'loose'],
  ])('%s', async (_, target) => {
    await ground.write(sound);
    await symlink(target, path.join(ground.folder, 'loose'));
    const refused = ground.publish(`${hub}:o/model`);
    await expect(refused).rejects.toMatchObject({ code: 'DISK_IO', hint: expect.stringContaining('exclude') });
    expect(writes()).toEqual([]);
  });

  test.skipIf(process.platform !== 'linux')('a name that is no text', async () => {
    await ground.write(sound);
    await writeFile(Buffer.concat([Buffer.from(`${ground.folder}/`), Buffer.from([0xff, 0xfe])]), 'x');
    expect(await code(ground.publish(`${hub}:o/model`))).toBe('NAME_REFUSED');
    expect(writes()).toEqual([]);
    // As the hint says.
    expect(await code(ground.publish(`${hub}:o/model`, { exclude: '*\ufffd', 'dry-run': 'true' }))).toBe('fine');
  });

  test.skipIf(process.platform === 'win32')('what is neither a file nor a folder', async () => {
    await ground.write(sound);
    execFileSync('mkfifo', [path.join(ground.root, 'work', 'pipe')]);
    for (const given of ['pipe', '/dev/null'])
      expect(await code(ground.publish(`${hub}:o/model`, { path: given }))).toBe('EMPTY_FOLDER');
    expect(writes()).toEqual([]);
  });

  test('a repository of somebody else that is to be made', async () => {
    await ground.write(sound);
    const { huggingface, modelscope } = fakes;
    huggingface.options.upload.foreignNamespaces = ['somebody'];
    modelscope.options.upload.foreignOwners = ['somebody'];
    const refused = ground.publish(`${hub}:somebody/else`);
    await expect(refused).rejects.toMatchObject({ code: 'READ_ONLY', hint: expect.not.stringContaining('create-pr') });
    huggingface.options.upload.foreignNamespaces = [];
    modelscope.options.upload.foreignOwners = [];
    expect(writes()).toEqual([]);
  });

  test.each([
    ['507', { status: 507, body: '' }],
    ['402', { status: 402, body: { error: 'Payment required' } }],
    [
      'its own words',
      { status: 403, body: { Code: 403, Message: 'storage quota exceeded', error: 'storage quota exceeded' } },
    ],
  ])('a storage that is full, told by %s', async (_, answer) => {
    await ground.write({ 'model.safetensors': weights(`quota ${answer.status}`, 2_000_000) });
    fakes.steps.at('offer', 'before', () => answer);
    expect(await code(ground.publish(`${hub}:o/model`))).toBe('QUOTA');
    expect(writes()).toEqual([]);
  });

  test('a file that two of the paths lead to counts once', async () => {
    await ground.write({ ...sound, 'x/a.txt': 'a' });
    await symlink('x', path.join(ground.folder, 'linked'));
    const raw = { path: 'model\nmodel/config.json\nmodel/x\nmodel/linked/a.txt', 'dry-run': 'true' };
    const { report } = await ground.publish(`${hub}:o/model`, raw);
    const files = report.targets[0]?.files.filter(({ change }) => change !== 'deleted').map((file) => file.path);
    expect(files).toEqual(['a.txt', 'config.json', 'linked/a.txt', 'x/a.txt']);
  });

  test('what is excluded or never meant is not followed', async () => {
    await ground.write({ ...sound, '.git': 'gitdir: /elsewhere/.git/worktrees/x\n' });
    const links = { 'inside.txt': 'outside.txt', 'broken.txt': 'nowhere', linked: '.', '.cache': '.' };
    for (const [name, target] of Object.entries(links)) {
      await symlink(path.join(ground.root, target), path.join(ground.folder, name));
    }
    const raw = { exclude: 'inside.txt\nbroken.txt\nlinked/', 'dry-run': 'true' };
    expect(await code(ground.publish(`${hub}:o/model`, raw))).toBe('fine');
  });

  test('neither the store is published nor what holds the token, wherever they lie', async () => {
    await ground.write({ ...sound, 'keys/my-token': TOKENS.writer });
    await symlink('keys/my-token', path.join(ground.folder, 'also-mine'));
    const raw = { path: '..', token: './model/keys/my-token' };
    // The second time the store is there.
    for (const _ of [1, 2]) {
      const { report } = await ground.publish(`${hub}:o/model`, raw);
      expect(report.targets[0]?.files.map((file) => file.path)).toEqual(['work/model/config.json']);
    }
    expect(await code(ground.publish(`${hub}:o/model`, { ...raw, path: 'model/keys' }))).toBe('EMPTY_FOLDER');
  });

  test('a folder that is a link out of the workspace', async () => {
    await mkdir(path.join(ground.root, 'elsewhere'));
    await writeFile(path.join(ground.root, 'elsewhere', 'a.txt'), 'a');
    await symlink(path.join(ground.root, 'elsewhere'), path.join(ground.root, 'work', 'linked'));
    expect(await code(ground.publish(`${hub}:o/model`, { path: 'linked' }))).toBe('OUTSIDE_WORKSPACE');
    expect(await code(ground.publish(`${hub}:o/model`, { path: '../elsewhere', 'dry-run': 'true' }))).toBe('fine');
    expect(writes()).toEqual([]);
  });

  test('a file over the hub’s size', async () => {
    await ground.write({ 'huge.bin': '' });
    // A hole takes no space.
    await truncate(path.join(ground.folder, 'huge.bin'), hub === 'hf' ? 6e11 : 2e11);
    expect(await code(ground.publish(`${hub}:o/model`))).toBe('TOO_LARGE');
    await rm(path.join(ground.folder, 'huge.bin'));
    expect(writes()).toEqual([]);
  });

  test('a missing repository that is not to be made, a missing token, a token that only reads', async () => {
    await ground.write(sound);
    expect(await code(ground.publish(`${hub}:o/none`, { create: 'false' }))).toBe('NOT_FOUND');
    const tokens = (token: string | undefined) => ({ current: async () => token, renew: async () => undefined });
    const stranger = await openUpload(fakes, { hasher, tokens: tokens(undefined) });
    await stranger.write(sound);
    expect(await code(stranger.publish(`${hub}:o/model`))).toBe('AUTH_REQUIRED');
    const reader = await openUpload(fakes, { hasher, tokens: tokens(TOKENS.reader) });
    await reader.write({ ...sound, 'model.safetensors': weights('reader', 1000) });
    expect(await code(reader.publish(`${hub}:o/model`))).toBe('READ_ONLY');
    expect(writes()).toEqual([]);
    await Promise.all([stranger.close(), reader.close()]);
  });
});

test('a tag that the hub cannot move, whatever `move-tag` says', async () => {
  await ground.write({ 'config.json': '{"new":1}' });
  expect(await code(ground.publish('ms:o/model', { tag: 'v2', 'move-tag': 'true' }))).toBe('TAG_CONFLICT');
  expect(await code(ground.publish('hf:o/model\nms:o/model', { tag: 'v2', 'move-tag': 'true' }))).toBe('TAG_CONFLICT');
  expect(writes()).toEqual([]);
});

test('two targets that are one branch of a repository, or that want one tag on two', async () => {
  await ground.write({ 'config.json': '{"new":1}' });
  expect(await code(ground.publish('hf:o/model\nhf:o/model@main:sub'))).toBe('BAD_OPTION');
  expect(await code(ground.publish('ms:o/model\nms:o/model@master'))).toBe('BAD_OPTION');
  expect(await code(ground.publish('hf:o/model\nhf:o/model@next', { tag: 'v3' }))).toBe('BAD_OPTION');
  expect(writes()).toEqual([]);
});

test('a tag with the name of the branch', async () => {
  await ground.write({ 'config.json': '{"a":1}' });
  expect(await code(ground.publish('hf:o/model', { tag: 'main' }))).toBe('BAD_OPTION');
  expect(writes()).toEqual([]);
});

test('a tag of a name that the hub refuses, in a repository that is not there yet', async () => {
  await ground.write({ 'a.txt': 'a' });
  expect(await code(ground.publish('ms:o/fresh', { tag: 'main' }))).toBe('BAD_OPTION');
  expect(writes()).toEqual([]);
});

test('all names that are refused are named at once', async () => {
  await ground.write({ 'aux.txt': 'a', 'con/b.txt': 'b', 'fine.txt': 'c' });
  await expect(ground.publish('hf:o/model')).rejects.toThrow(/2 names/);
});

test('a store that a newer program wrote', async () => {
  await ground.write({ 'a.txt': 'a' });
  await mkdir(path.join(ground.root, 'store', 'v1'), { recursive: true });
  await writeFile(path.join(ground.root, 'store', 'v1', 'format'), '2\n');
  expect(await code(ground.publish('hf:o/model'))).toBe('STORE_FORMAT');
  expect(writes()).toEqual([]);
});

test('a pull request where the hub has none', async () => {
  await ground.write({ 'a.txt': 'a' });
  expect(await code(ground.publish('ms:o/model', { 'create-pr': 'true' }))).toBe('BAD_OPTION');
  expect(await code(ground.publish('hf:o/model', { 'create-pr': 'true', tag: 'v3' }))).toBe('BAD_OPTION');
  expect(writes()).toEqual([]);
});

test('a pull request leaves the branch as it is', async () => {
  const before = fakes.huggingface.repository('o/model').branches.get('main');
  await ground.write({ 'a.txt': 'proposed', 'model.safetensors': weights('proposed', 5000) });
  const { report, failure } = await ground.publish('hf:o/model', { 'create-pr': 'true' });
  expect(failure).toBeUndefined();
  expect(report.targets[0]).toMatchObject({ state: 'published', changed: true });
  expect(report.targets[0]?.url).toMatch(/\/discussions\/\d+$/);
  expect(fakes.huggingface.repository('o/model').branches.get('main')).toBe(before);
});

describe('a file that changes under way', () => {
  // The folder becomes a link to another one, which has a file of that name and size.
  const putElsewhere = async (file: string) => {
    const other = path.join(ground.root, 'other');
    await mkdir(other);
    await copyFile(file, path.join(other, path.basename(file)));
    await rm(path.dirname(file), { recursive: true });
    await symlink(other, path.dirname(file));
  };

  test('is named, and nothing is published', async () => {
    await ground.write({ 'model.safetensors': weights('first', 400_000) });
    const file = path.join(ground.folder, 'model.safetensors');
    fakes.steps.at('offer', 'before', async () => {
      await writeFile(file, weights('second', 400_000));
    });
    expect(await code(ground.publish('ms:o/model'))).toBe('FILE_CHANGED');
    expect(fakes.modelscope.server.requests.filter(({ step, applied }) => step === 'commit' && applied)).toEqual([]);
  });

  // The hub is first asked when the folder has been listed, and nothing of it has been read.
  test.each<[string, (file: string) => Promise<unknown>]>([
    ['grows', (file) => appendFile(file, 'more')],
    ['shrinks', (file) => truncate(file, 300_000)],
    ['is written anew', (file) => writeFile(file, weights('other', 400_000))],
    ['goes', (file) => rm(file)],
    ['becomes a folder', (file) => rm(file).then(() => mkdir(file))],
    ['becomes a link out of the workspace', (file) => rm(file).then(() => symlink(process.execPath, file))],
    ['comes to lie behind such a link', putElsewhere],
  ])('and that %s between the listing and the reading', async (_, change) => {
    await ground.write({ 'sub/model.safetensors': weights('first', 400_000) });
    fakes.steps.at('look', 'before', async () => {
      await change(path.join(ground.folder, 'sub', 'model.safetensors'));
      return undefined;
    });
    expect(await code(ground.publish('ms:o/model'))).toBe('FILE_CHANGED');
    expect(writes()).toEqual([]);
  });

  test('one that comes after the listing is no part of the release', async () => {
    await ground.write({ 'a.txt': 'listed' });
    fakes.steps.at('look', 'before', () =>
      writeFile(path.join(ground.folder, 'late.txt'), 'late').then(() => undefined),
    );
    const { report, failure } = await ground.publish('ms:o/model');
    expect(failure).toBeUndefined();
    expect(report.targets[0]?.files.map((file) => file.path)).toEqual(['a.txt']);
  });

  test('also when it goes', async () => {
    await ground.write({ 'model.safetensors': weights('third', 400_000) });
    fakes.steps.at('offer', 'before', async () => {
      await rm(path.join(ground.folder, 'model.safetensors'));
    });
    expect(await code(ground.publish('ms:o/model'))).toBe('FILE_CHANGED');
  });
});

describe('names with line breaks, quotes and commands', () => {
  const EVIL = 'evil"\n::set-output name=x::y\n| `<b>\'.txt';
  const shown = ({ report }: UploadOutcome) =>
    [
      createUploadSummary(report),
      uploadText(report),
      ...Object.values(createUploadOutputs({ report, reportPath: '/r' })),
    ].join('\n');

  test.skipIf(process.platform === 'win32')('on this machine are refused, and shown as escapes', async () => {
    await ground.write({ [EVIL]: 'x' });
    const error = await ground.publish('hf:o/model').catch((failure: Error) => failure);
    expect(error).toMatchObject({ code: 'NAME_REFUSED' });
    expect(errorText(error)).not.toMatch(/^::/m);
  });

  test.each(['hf', 'ms'])(
    'of a repository are deleted as they are, and break no line of summary, text or outputs: %s',
    async (hub) => {
      const fake = hub === 'hf' ? fakes.huggingface : fakes.modelscope;
      const branch = hub === 'hf' ? 'main' : 'master';
      const repository = fake.repository('o/names');
      repository.commit(branch, { [EVIL]: 'x' }, 'theirs');
      await ground.write({ 'a.txt': hub });
      const outcome = await ground.publish(`${hub}:o/names`, { delete: 'evil*' });
      expect(outcome.failure).toBeUndefined();
      expect(outcome.report.targets[0]?.files.map((file) => [file.path, file.change])).toContainEqual([
        EVIL,
        'deleted',
      ]);
      expect([...(repository.resolve(branch)?.entries.keys() ?? [])]).not.toContain(EVIL);
      expect(shown(outcome)).not.toMatch(/^\W*::|<b>/m);
    },
  );
});
