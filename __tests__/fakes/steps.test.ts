// The plan that strikes steps of a release: before, in the middle of, and after they took effect; and the rows that it is given.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TOKENS } from './access.ts';
import { FAULTS } from './faults.ts';
import { type Fakes, startFakes } from './index.ts';
import { type Bytes, call, post, type Reply, sha256 } from './upload-client.ts';
import { countUploads } from './upload-counts.ts';
import { hubsOf, KILL_POINTS, killAt, lostAnswer, resetDuring, STEP_FAULTS, UPLOAD_FAULTS } from './upload-faults.ts';

const ID = 'owner/release';
let fakes: Fakes;
beforeAll(async () => {
  fakes = await startFakes([{ id: ID, commits: [{ files: { 'config.json': '{}' } }] }]);
});
beforeEach(() => fakes.reset());
afterAll(() => fakes.close());

const at = (path: string) => `${fakes.modelscope.url}/api/v1/repos/models/${ID}/${path}`;
const head = () => fakes.modelscope.repository(ID).resolve('master')?.id;
let count = 0;
const commit = (token: string = TOKENS.writer) => {
  count += 1;
  const content = { content: String(count), encoding: 'utf-8', type: 'normal' };
  const actions = [{ action: 'create', path: 'n.txt', ...content }];
  return post(at('commit/master'), { commit_message: 'm', actions }, { token });
};
const put = (body: Bytes) =>
  call(at(`blobs/${sha256(body)}/${body.length}`), { method: 'PUT', token: TOKENS.writer, body });
const broken = (answer: Promise<Reply>) =>
  answer.then(
    ({ status }) => status,
    () => 'broken',
  );
const row = (name: string) => STEP_FAULTS.find((fault) => fault.name === name) ?? expect.fail(`no row ${name}`);

describe('a strike', () => {
  test('before a commit leaves what was', async () => {
    const before = head();
    fakes.steps.at('commit', 'before', () => 'reset');
    expect([await broken(commit()), head(), countUploads(fakes.modelscope).commits]).toEqual(['broken', before, 0]);
    expect([await broken(commit()), countUploads(fakes.modelscope).commits]).toEqual([200, 1]);
  });

  test('in the middle of a commit leaves what was', async () => {
    const before = head();
    fakes.steps.add(resetDuring('commit'));
    expect([await broken(commit()), head()]).toEqual(['broken', before]);
    const [log] = fakes.modelscope.server.requests;
    expect([log?.applied, Number(log?.bytesReceived) > 0]).toEqual([false, true]);
  });

  test('after a commit loses the answer alone', async () => {
    const before = head();
    fakes.steps.add(lostAnswer('commit'));
    expect(await broken(commit())).toBe('broken');
    expect([head() !== before, countUploads(fakes.modelscope).commits]).toEqual([true, 1]);
    expect(fakes.steps.struck).toEqual([{ name: 'commit: answer lost', step: 'commit', subject: 'master' }]);
  });

  test('in the middle of a blob keeps nothing of it, and counts its bytes', async () => {
    const body: Bytes = new Uint8Array(3_000_000).fill(1);
    fakes.steps.add(resetDuring('put', 1000));
    expect(await broken(put(body))).toBe('broken');
    const { bytesOf, arrived } = countUploads(fakes.modelscope);
    const received = bytesOf[sha256(body)] ?? 0;
    expect([received >= 1000 && received < body.length, arrived]).toEqual([true, []]);
  });

  test('waits for the request that is meant', async () => {
    const seen: string[] = [];
    fakes.steps.at('commit', 'before', ({ subject, token }) => void seen.push(`${subject} ${token}`) as undefined, 1);
    fakes.steps.add(row('commit: 500'), { after: 1, subject: /^mas/ });
    const statuses = [await broken(commit()), await broken(commit()), await broken(commit())];
    expect([statuses, seen]).toEqual([[200, 200, 500], [`master ${TOKENS.writer}`]]);
  });

  test('ends with another token', async () => {
    fakes.steps.add(row('commit: token expired'));
    expect([await broken(commit()), await broken(commit())]).toEqual([400, 400]);
    fakes.modelscope.options.tokens = { ...TOKENS, writer: 'ms_renewed' };
    expect(await broken(commit('ms_renewed'))).toBe(200);
    fakes.modelscope.options.tokens = TOKENS;
  });

  test('changes bytes on their way', async () => {
    const body: Bytes = new Uint8Array(70_000).fill(2);
    fakes.steps.add(row('put: a byte is changed on the way'));
    expect([await broken(put(body)), await broken(put(body))]).toEqual([400, 200]);
  });

  test('is silent until it is released', async () => {
    fakes.steps.add(row('commit: no answer'));
    const waiting = broken(commit());
    while (fakes.steps.struck.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(fakes.modelscope.server.requests.map(({ status }) => status)).toEqual([0]);
    fakes.steps.release();
    expect(await waiting).toBe('broken');
  });

  test('shows the release of before for a while', async () => {
    const files = `${fakes.modelscope.url}/api/v1/models/${ID}/repo/files?Revision=master`;
    const listed = async () => (await call(files)).text.match(/"CommitMessage|"Sha256":"[^"]*"/g)?.join() ?? '';
    fakes.steps.add(row('list: the release of before, right after the commit'));
    const before = await listed();
    await commit();
    expect([await listed(), await listed()]).toEqual([before, before]);
    expect(await listed()).not.toBe(before);
  });

  test('kills at a point, and the connection with it', async () => {
    const killed: string[] = [];
    for (const point of KILL_POINTS) fakes.steps.add(killAt(point, () => killed.push(point.name)));
    for (let time = 0; time < 4; time += 1) await broken(commit());
    expect(killed).toEqual(['modelscope: before commit', 'modelscope: during commit', 'modelscope: after commit']);
  });

  test('lets somebody else commit first', async () => {
    fakes.steps.add(row('commit: somebody else commits another file'));
    expect(await broken(commit())).toBe(200);
    const files = fakes.modelscope.repository(ID).resolve('master')?.entries;
    expect([files?.has('somebody-else.txt'), files?.has('n.txt')]).toEqual([true, true]);
  });
});

describe('the table', () => {
  test('has a name of its own for each row, and a hub that it can strike', () => {
    const names = [...FAULTS, ...UPLOAD_FAULTS].map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(STEP_FAULTS.filter((fault) => hubsOf(fault).length === 0)).toEqual([]);
    expect(new Set(KILL_POINTS.map(({ name }) => name)).size).toBe(KILL_POINTS.length);
  });

  const COMMITS = STEP_FAULTS.filter(({ when, steps }) => when === 'before' && steps.includes('commit'));
  const rows = COMMITS.filter((fault) => hubsOf(fault).includes('modelscope') && fault.needsTimeout !== true);
  test.each(rows.map((one) => [one.name, one] as const))('%s', async (_name, fault) => {
    const before = head();
    fakes.steps.add(fault, { times: 1 });
    const outcome = await broken(commit());
    expect(fakes.steps.struck).toHaveLength(1);
    if (!countsAsMade(outcome)) expect(head()).toBe(before);
  });
});

// The row of the lock under 200 says by its body that nothing was made.
function countsAsMade(outcome: number | string): boolean {
  return outcome === 200 && countUploads(fakes.modelscope).commits > 0;
}
