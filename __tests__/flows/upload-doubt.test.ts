// Commits that nobody can tell of: what the report says then, that it is no lie, and how the next run settles it. And publishers whom
// the hub does not keep apart.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createUploadOutputs } from '../../src/core/outputs/upload.ts';
import type { Hasher } from '../../src/core/ports.ts';
import { createUploadSummary } from '../../src/core/report/upload-summary.ts';
import { uploadText } from '../../src/core/report/upload-text.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { UPLOAD_DEFAULTS } from '../fakes/modelscope-hub.ts';
import type { Step } from '../fakes/server.ts';
import type { HubName, Strike, When } from '../fakes/steps/step.ts';
import { countUploads } from '../fakes/upload-counts.ts';
import { hashRepository } from './open-flow.ts';
import { hashContents, openHasher, openUpload, type UploadGround } from './open-upload.ts';

const ALWAYS = Number.POSITIVE_INFINITY;
const HUBS = [
  ['modelscope', 'ms'],
  ['huggingface', 'hf'],
] as const;
let fakes: Fakes;
let hasher: Hasher;
let used = 0;
const grounds: UploadGround[] = [];
beforeAll(async () => {
  hasher = openHasher();
  const ids = Array.from({ length: 40 }, (_, index) => `o/d${index}`);
  fakes = await startFakes(ids.map((id) => ({ id, commits: [{ files: { 'a.txt': 'old', 'gone.txt': 'x' } }] })));
});
afterEach(async () => {
  fakes.steps.release();
  await Promise.all(grounds.splice(0).map((ground) => ground.close()));
  fakes.reset();
  fakes.modelscope.options.commitsEndpoint = true;
  Object.assign(fakes.modelscope.options.upload, UPLOAD_DEFAULTS);
});
afterAll(() => Promise.all([fakes.close(), hasher.close()]));

const nextId = () => `o/d${used++}`;
const head = (hub: HubName, id: string) => fakes[hub].repository(id).resolve(hub === 'modelscope' ? 'master' : 'main');

async function open(text: string): Promise<UploadGround> {
  const ground = await openUpload(fakes, { hasher, retries: 1 });
  grounds.push(ground);
  await ground.write({ 'a.txt': text, 'b.txt': text });
  return ground;
}

const fails = (steps: readonly Step[], when: When, strike: Strike, times = ALWAYS) =>
  fakes.steps.add({ name: `${when} ${steps}`, times, expect: 'recovers', steps, when, strike: () => strike });

/** From the first commit on nothing that is asked is answered. */
function blindAfterCommit(isMade: boolean): void {
  let isBlind = false;
  const blind = () => {
    isBlind = true;
    return 'reset' as const;
  };
  fakes.steps.at('commit', isMade ? 'after' : 'before', blind);
  fakes.steps.add({
    name: 'blind',
    times: ALWAYS,
    expect: 'recovers',
    steps: ['look', 'list', 'commit'],
    when: 'before',
    strike: () => (isBlind ? 'reset' : 'go on'),
  });
}

describe.each(HUBS)('%s: a commit that is not answered, and no look after it', (hub, prefix) => {
  test.each([
    ['was made', true],
    ['was not made', false],
  ])('and that %s, is told as unknown, with where to look, and the next run settles it', async (_, isMade) => {
    const id = nextId();
    const ground = await open(id);
    const before = head(hub, id)?.id;
    blindAfterCommit(isMade);
    const { report, failure } = await ground.publish(`${prefix}:${id}`, { tag: 'v1' });
    expect(failure).toMatchObject({ code: 'NETWORK', hint: expect.stringContaining(id) });
    const [target] = report.targets;
    expect(target).toMatchObject({ state: 'unknown', commit: null, revision: null, tag: null, changed: false });
    expect(target?.url).toContain(id);
    expect(createUploadOutputs({ report, reportPath: 'r' })).toMatchObject({
      commit: '',
      revision: '',
      changed: 'false',
    });
    expect(createUploadSummary(report)).toMatch(/not known/i);
    expect(uploadText(report)).toMatch(/not known/i);
    expect(head(hub, id)?.id === before).toBe(!isMade);
    fakes.reset();
    const again = await ground.publish(`${prefix}:${id}`, { tag: 'v1' });
    expect(again.failure).toBeUndefined();
    expect(again.report.targets[0]).toMatchObject({ state: isMade ? 'unchanged' : 'published', tag: 'v1' });
    expect(countUploads(fakes[hub])).toMatchObject({ commits: isMade ? 0 : 1, tags: 1 });
  });

  test('since the run was cancelled, is unknown, too', async () => {
    const id = nextId();
    const ground = await open(id);
    const stop = new AbortController();
    fakes.steps.at('commit', 'after', () => {
      stop.abort();
      return 'silence';
    });
    const { report, failure } = await ground.publish(`${prefix}:${id}`, {}, stop.signal);
    expect(failure).toMatchObject({ code: 'ABORTED' });
    expect(report.targets[0]?.state).toBe('unknown');
  });

  test('stays in doubt when somebody else changed the same files before anybody looked', async () => {
    const id = nextId();
    const ground = await open('ours');
    fakes.steps.at('commit', 'after', () => {
      fakes[hub]
        .repository(id)
        .commit(hub === 'modelscope' ? 'master' : 'main', { 'a.txt': 'theirs' }, 'somebody else');
      return 'reset';
    });
    const { report, failure } = await ground.publish(`${prefix}:${id}`);
    expect(failure).toMatchObject({ code: 'CONFLICT' });
    expect(report.targets[0]?.state).toBe('unknown');
  });

  test('is no doubt when a look says that nothing was made', async () => {
    const id = nextId();
    const ground = await open(id);
    fails(['commit'], 'before', 'reset');
    await expect(ground.publish(`${prefix}:${id}`)).rejects.toMatchObject({ code: 'NETWORK' });
    expect(head(hub, id)?.parentId).toBeUndefined();
  });

  test('is no doubt when the hub refused it', async () => {
    const ground = await open('refused');
    fails(['commit'], 'before', { status: 403, body: { Code: 403, Message: 'no write permission', error: 'no' } });
    await expect(ground.publish(`${prefix}:${nextId()}`)).rejects.toMatchObject({ code: 'READ_ONLY' });
  });
});

test('a commit of nothing but rules for large files is made again when it was not made, and found when it was', async () => {
  const id = nextId();
  const ground = await open('same');
  const rules = (extension: string) => `*.${extension} filter=lfs diff=lfs merge=lfs -text\n`;
  const held = () => hashRepository(fakes.huggingface.repository(id), 'main');
  await ground.write({ '.gitattributes': rules('one') });
  await ground.publish(`hf:${id}`);
  for (const [when, extension] of [
    ['before', 'two'],
    ['after', 'three'],
  ] as const) {
    await ground.write({ '.gitattributes': rules(extension) });
    fakes.reset();
    fakes.steps.at('commit', when, () => 'reset');
    const { failure } = await ground.publish(`hf:${id}`);
    expect([failure, countUploads(fakes.huggingface).commits]).toEqual([undefined, 1]);
    expect(await held()).toMatchObject(hashContents({ '.gitattributes': rules(extension) }));
  }
});

describe('nothing is in doubt that was not sent', () => {
  test('since the head could not be looked at before: ModelScope', async () => {
    const id = nextId();
    const ground = await open(id);
    await ground.write({ 'model.bin': id });
    let isBlind = false;
    fakes.steps.at('put', 'after', () => {
      isBlind = true;
      return undefined;
    });
    fakes.steps.add({
      name: 'blind',
      times: ALWAYS,
      expect: 'recovers',
      steps: ['look'],
      when: 'before',
      strike: () => (isBlind ? 'reset' : 'go on'),
    });
    await expect(ground.publish(`ms:${id}`)).rejects.toMatchObject({ code: 'NETWORK' });
    expect(countUploads(fakes.modelscope).commits).toBe(0);
  });

  test('since the pull request could not be opened: Hugging Face', async () => {
    const id = nextId();
    const ground = await open(id);
    fails(['pull-request'], 'before', 'reset');
    await expect(ground.publish(`hf:${id}`, { 'create-pr': 'true' })).rejects.toMatchObject({ code: 'NETWORK' });
  });
});

test('of several targets each is told for itself', async () => {
  const id = nextId();
  const ground = await open(id);
  blindAfterCommit(true);
  const { report, failure } = await ground.publish(`ms:${id}\nhf:${id}`);
  expect(failure).toMatchObject({ code: 'PARTLY_PUBLISHED' });
  expect(report.targets.map(({ state }) => state)).toEqual(['unknown', 'untouched']);
});

describe('ModelScope compares no heads', () => {
  /** Somebody’s commit in the moment between the look at the head and ours. */
  const slipIn = (id: string, files: Record<string, string>, nth = 0) =>
    fakes.steps.at(
      'commit',
      'before',
      () => {
        fakes.modelscope.repository(id).commit('master', files, 'somebody else');
        return undefined;
      },
      nth,
    );

  test.each(['made', 'head', 'refused'] as const)(
    'a first try that lands late is no failure, when the same once more is %s',
    async (emptyCommit) => {
      const id = nextId();
      const ground = await open(id);
      fakes.modelscope.options.upload.emptyCommit = emptyCommit;
      fails(['commit'], 'before', 'reset', 1);
      slipIn(id, { 'a.txt': id, 'b.txt': id });
      const { report, failure } = await ground.publish(`ms:${id}`, { tag: 'v1' });
      expect(failure).toBeUndefined();
      expect(report.targets[0]).toMatchObject({ state: 'published', tag: 'v1', commit: head('modelscope', id)?.id });
      const tree = await hashRepository(fakes.modelscope.repository(id), 'master');
      expect(tree).toMatchObject(hashContents({ 'a.txt': id, 'b.txt': id }));
    },
  );

  test('nor is it one when the hub refuses what changes nothing in words of its own', async () => {
    const id = nextId();
    const ground = await open(id);
    fails(['commit'], 'before', 'reset', 1);
    fakes.steps.at('commit', 'before', () => {
      fakes.modelscope.repository(id).commit('master', { 'a.txt': id, 'b.txt': id }, 'ours, late');
      return { status: 400, body: { Code: 400, Message: 'nothing to commit', Success: false } };
    });
    const { report, failure } = await ground.publish(`ms:${id}`);
    expect(failure).toBeUndefined();
    expect(report.targets[0]).toMatchObject({ state: 'published', commit: head('modelscope', id)?.id });
  });

  test('who covers the files of another publisher hears of it, and no tag is put on it', async () => {
    const id = nextId();
    const ground = await open('ours');
    slipIn(id, { 'b.txt': 'theirs', 'c.txt': 'theirs' });
    const { report, failure } = await ground.publish(`ms:${id}`, { tag: 'v1' });
    expect(failure).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('b.txt') });
    expect(report.targets[0]).toMatchObject({ state: 'committed', commit: head('modelscope', id)?.id, tag: null });
    expect(countUploads(fakes.modelscope).tags).toBe(0);
  });

  test('the same when far more than a page of commits came between', async () => {
    const id = nextId();
    const ground = await open('ours');
    fakes.steps.at('commit', 'before', () => {
      const repository = fakes.modelscope.repository(id);
      repository.commit('master', { 'b.txt': 'theirs' }, 'somebody else');
      for (let n = 0; n < 60; n += 1) repository.commit('master', { 'b.txt': 'old', 'c.txt': `${n}` }, 'somebody else');
      return undefined;
    });
    const { failure } = await ground.publish(`ms:${id}`);
    expect(failure).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('b.txt') });
  });

  test('and where it does not tell what came between, that is said', async () => {
    const id = nextId();
    const ground = await open('ours');
    fakes.steps.at('commit', 'after', () => {
      fakes.modelscope.options.commitsEndpoint = false;
      return undefined;
    });
    const { failure, report } = await ground.publish(`ms:${id}`);
    expect([failure, report.targets[0]?.state]).toEqual([undefined, 'published']);
    expect(ground.events.filter(({ type }) => type === 'warning')).toHaveLength(1);
  });

  test('so does who covers a deletion; other files are nobody’s matter', async () => {
    const id = nextId();
    const ground = await open('ours');
    slipIn(id, { 'c.txt': 'theirs' });
    expect((await ground.publish(`ms:${id}`)).failure).toBeUndefined();
    await ground.write({ 'a.txt': 'ours again' });
    slipIn(id, { 'gone.txt': 'needed after all' });
    const { failure } = await ground.publish(`ms:${id}`, { delete: 'gone.txt' });
    expect(failure).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('gone.txt') });
  });

  test('where it tells no commits either, other content on the branch is found in the reading back', async () => {
    const id = nextId();
    const ground = await open('ours');
    fakes.modelscope.options.commitsEndpoint = false;
    fakes.modelscope.options.upload.commitAnswer = 'none';
    fakes.steps.at('commit', 'after', () => {
      fakes.modelscope.repository(id).commit('master', { 'b.txt': 'theirs' }, 'somebody else');
      return undefined;
    });
    const { report, failure } = await ground.publish(`ms:${id}`);
    expect(failure).toMatchObject({ code: 'DIGEST_MISMATCH', message: expect.stringContaining('b.txt') });
    expect(report.targets[0]?.state).toBe('committed');
  });
});
