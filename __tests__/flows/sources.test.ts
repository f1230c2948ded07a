// A file that several places have: who brings it, who is left and why, and that no wrong byte gets in whoever sends it.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Report } from '../../src/core/report.ts';
import { systemClock } from '../../src/host/clock.ts';
import { TOKENS } from '../fakes/access.ts';
import { paced } from '../fakes/broken-body.ts';
import { always, textAnswer } from '../fakes/faults/fault.ts';
import { ANSWER_FAULTS, type Fault, flippedByte, resetAfter, stallAfter } from '../fakes/faults.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { type FakeMirror, startMirror } from '../fakes/mirror.ts';
import { bodiesOf } from './hash-file.ts';
import { type Flow, fileBytes, hashFolder, hashRepository, openFlow } from './open-flow.ts';

const MIB = 1024 * 1024;
const SIZE_BYTES = 72 * MIB + 5;
/** Less than what makes a connection that breaks off worth another try. */
const LITTLE_BYTES = 8 * 1024;
const ALWAYS = { times: Number.POSITIVE_INFINITY };
/** Of one answer. */
const atPace = (bytesPerSecond: number): Fault =>
  always('slow', (answer) => ({ ...answer, read: () => paced(answer, bytesPerSecond) }));

const answering = (status: number, headers: Record<string, string> = {}): Fault =>
  always(String(status), () => textAnswer(status, 'not now', headers));

let fakes: Fakes;
let mirror: FakeMirror;
let flow: Flow;
let truth: Record<string, string>;
beforeAll(async () => {
  const files = {
    'a.bin': { seed: 'a', sizeBytes: SIZE_BYTES },
    'b.txt': 'b',
    'c.txt': 'c',
    'd.txt': 'd',
    'e.txt': 'e',
  };
  fakes = await startFakes([{ id: 'o/m', commits: [{ files }] }]);
  truth = await hashRepository(fakes.huggingface.repository('o/m'), 'main');
});
afterAll(() => fakes.close());
beforeEach(async () => {
  flow = await openFlow(fakes, { token: TOKENS.reader });
});
afterEach(async () => {
  fakes.reset();
  await mirror.close();
  await flow.close();
});

const open = async (...options: Parameters<typeof startMirror> extends [unknown, ...infer Rest] ? Rest : never) => {
  mirror = await startMirror(fakes.huggingface.repository('o/m'), ...options);
};
const name = () => mirror.pattern;
const run = (mirrors = mirror.pattern, connections = '8') =>
  flow.run('huggingface', { model: 'o/m', mirrors, connections });
const departures = ({ departures: all }: Report) => all.map(({ source, code }) => [source, code]);
const faultNamed = (wanted: string): Fault => {
  const row = ANSWER_FAULTS.find((fault) => fault.name === wanted);
  if (row === undefined) throw new Error(`the table has no row "${wanted}"`);
  return row;
};

async function expectTruth(report: Report): Promise<void> {
  expect(await hashFolder(flow.folder, bodiesOf(fakes.huggingface.repository('o/m')))).toEqual(truth);
  const { sources, bytesDownloaded } = report.totals;
  expect(Object.values(sources).reduce((sum, bytes) => sum + bytes, 0)).toBe(bytesDownloaded);
}

describe('a hub and a mirror', () => {
  test('bring the ranges of one file together, and the report says how much each', async () => {
    await open();
    const report = await run();
    await expectTruth(report);
    expect(report.totals.bytesDownloaded).toBe(report.totals.bytes);
    expect(report.totals.sources[name()]).toBe(mirror.server.bytesSent('file'));
    expect(report.totals.sources[name()]).toBeGreaterThan(0);
    expect(report.totals.sources['huggingface']).toBeGreaterThan(0);
    expect(report.departures).toEqual([]);
  });

  test('the mirror is given no token', async () => {
    await open();
    await run();
    expect(mirror.server.requests.length).toBeGreaterThan(0);
    expect(mirror.server.requests.filter(({ headers }) => headers.authorization ?? headers.cookie)).toEqual([]);
  });

  test('an address by sha256 serves the files whose sha256 the hub tells', async () => {
    await open();
    const report = await run(mirror.bySha256);
    await expectTruth(report);
    expect(report.totals.sources[mirror.bySha256]).toBeGreaterThan(0);
    expect(mirror.server.requests.filter(({ status }) => status === 404)).toEqual([]);
  });

  test('a site that speaks the hub’s protocol is a mirror, too', async () => {
    await open();
    const site = await startFakes([]);
    const other = await startFakes([
      { id: 'o/m', commits: [{ files: { 'a.bin': { seed: 'a', sizeBytes: SIZE_BYTES } } }] },
    ]);
    try {
      const report = await flow.run('huggingface', {
        model: 'o/m',
        include: 'a.bin',
        mirrors: `${other.huggingface.url}\n${site.huggingface.url}`,
      });
      expect((await hashFolder(flow.folder))['a.bin']).toBe(truth['a.bin']);
      expect(report.models[0]?.files).toHaveLength(1);
      expect(departures(report).map(([source]) => source)).toContain(site.huggingface.url);
    } finally {
      await site.close();
      await other.close();
    }
  });
});

describe('a source that is slow', () => {
  test('is left in the middle of the file: the mirror', async () => {
    await open();
    mirror.faults.add(atPace(MIB), ALWAYS);
    const report = await run();
    await expectTruth(report);
    expect(departures(report)).toEqual([[name(), 'SLOW']]);
    expect(report.totals.sources['huggingface']).toBeGreaterThan(SIZE_BYTES / 2);
    expect(report.totals.bytesDownloaded).toBe(report.totals.bytes);
  });

  test('is left in the middle of the file: the hub', async () => {
    await open();
    fakes.faults.add(atPace(MIB), { path: 'a.bin', ...ALWAYS });
    const report = await run();
    await expectTruth(report);
    expect(departures(report)).toEqual([['huggingface', 'SLOW']]);
    expect(report.totals.sources[name()]).toBeGreaterThan(SIZE_BYTES / 2);
    expect(report.totals.bytesDownloaded).toBe(report.totals.bytes);
  });

  test('and one that never answers is not waited for', async () => {
    await open();
    mirror.faults.add(faultNamed('stall before the head'), ALWAYS);
    const report = await run();
    await expectTruth(report);
    expect(departures(report)).toEqual([[name(), 'STALLED']]);
    expect(report.totals.sources[name()]).toBeUndefined();
  });
});

describe('a source that fails', () => {
  const rows: [string, () => void, string][] = [
    ['breaks off every time', () => mirror.faults.add(resetAfter(LITTLE_BYTES), ALWAYS), 'NETWORK'],
    ['fails with 503', () => mirror.server.answer(/./, { status: 503 }), 'SERVER'],
    ['has no such file', () => mirror.server.answer(/./, { status: 404 }), 'FILE_NOT_FOUND'],
    [
      'asks for a long pause',
      () => mirror.server.answer(/./, { status: 429, headers: { 'Retry-After': '3600' } }),
      'RATE_LIMITED',
    ],
    ['sends a page', () => mirror.server.answer(/./, { status: 200, body: '<html>sign in</html>' }), 'SIZE_MISMATCH'],
  ];

  test.each(rows)('%s is left, and the other carries on from the bytes already there', async (_, arrange, code) => {
    await open();
    arrange();
    const report = await run();
    await expectTruth(report);
    expect(departures(report)).toEqual([[name(), code]]);
    expect(report.totals.bytesDownloaded).toBe(report.totals.bytes);
  });

  test('is asked no more after a few files', async () => {
    await open();
    mirror.server.answer(/./, { status: 404 });
    const report = await flow.run('huggingface', { model: 'o/m', mirrors: mirror.pattern, connections: '1' });
    await expectTruth(report);
    expect(mirror.server.requests.length).toBeLessThanOrEqual(3);
  });

  test('in the middle: the hub’s file host dies for good, and the mirror brings the rest', async () => {
    await open();
    fakes.faults.add(resetAfter(LITTLE_BYTES), { path: 'a.bin', ...ALWAYS });
    const report = await run();
    await expectTruth(report);
    expect(departures(report)).toEqual([['huggingface', 'NETWORK']]);
    expect(report.totals.bytesDownloaded).toBe(report.totals.bytes);
  });

  test('a mirror without ranges is left, since the others’ bytes would be lost', async () => {
    await open({ ranges: 'ignore' });
    const report = await run();
    await expectTruth(report);
    expect(departures(report)).toEqual([[name(), 'SIZE_MISMATCH']]);
  });

  test('everyone fails: the error is the last one’s, and nothing is visible', async () => {
    await open();
    mirror.server.answer(/./, { status: 404 });
    fakes.faults.add(resetAfter(100), { path: 'a.bin', ...ALWAYS });
    const failed = await run().catch((error: unknown) => error);
    expect(['NETWORK', 'FILE_NOT_FOUND']).toContain((failed as { code?: string }).code);
    expect(await hashFolder(flow.folder)).toEqual({});
  });
});

describe('a source that lies', () => {
  test('is found out by its piece; what the hub brought is kept', async () => {
    await open();
    mirror.faults.add(flippedByte(Number.POSITIVE_INFINITY, 10));
    const report = await run();
    await expectTruth(report);
    expect(departures(report)).toEqual([[name(), 'DIGEST_MISMATCH']]);
    expect(report.totals.sources['huggingface']).toBe(report.totals.bytes);
    expect(fileBytes(fakes)).toBe(report.totals.bytes);
  });

  test('is distrusted for the rest of the run', async () => {
    await open();
    mirror.faults.add(flippedByte(Number.POSITIVE_INFINITY, 0));
    const report = await flow.run('huggingface', { model: 'o/m', mirrors: mirror.pattern, connections: '1' });
    await expectTruth(report);
    const asked = mirror.server.requests.map(({ path, headers }) => `${path} ${headers.range ?? ''}`);
    expect(asked).not.toEqual([]);
    // What it spoiled comes from elsewhere, and so does what had not begun by then.
    expect(asked).toEqual([...new Set(asked)]);
    expect(asked.filter((request) => !request.includes('a.bin')).length).toBeLessThan(3);
  });

  test('may be the hub’s own file host: the mirror’s bytes are then what the listing promised', async () => {
    await open();
    fakes.faults.add(flippedByte(Number.POSITIVE_INFINITY, 10), { path: 'a.bin' });
    const report = await run();
    await expectTruth(report);
    expect(departures(report)).toContainEqual(['huggingface', 'DIGEST_MISMATCH']);
  });

  test('everyone lies: DIGEST_MISMATCH, and nothing is visible', async () => {
    await open();
    mirror.faults.add(flippedByte(Number.POSITIVE_INFINITY, 10));
    fakes.faults.add(flippedByte(Number.POSITIVE_INFINITY, 10), { path: 'a.bin' });
    await expect(run()).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(await hashFolder(flow.folder)).toEqual({});
  });
});

test('one connection that stalls at the end is not waited for: its range goes to another', async () => {
  await open();
  fakes.faults.add(stallAfter(MIB), { path: 'a.bin', times: 1 });
  const report = await flow.run('huggingface', { model: 'o/m', connections: '4' });
  await expectTruth(report);
  expect(fakes.faults.struck).toHaveLength(1);
  expect(report.totals.bytesDownloaded).toBe(report.totals.bytes);
});

describe('a mirror that is no help leaves a run as it was', () => {
  test('the hub is busy for a moment, and the mirror lacks the file', async () => {
    await open();
    mirror.server.answer(/./, { status: 404 });
    fakes.faults.add(answering(503), { path: 'b.txt', times: 2 });
    await expectTruth(await run(mirror.pattern, '1'));
  });

  test('the hub asks for a pause, and the mirror cannot have files without a sha256', async () => {
    await open();
    fakes.faults.add(answering(429, { 'Retry-After': '3' }), { path: 'b.txt', times: 1 });
    await flow.close();
    // The only wait is this pause, which nobody needs to sit out.
    flow = await openFlow(fakes, { token: TOKENS.reader, clock: { ...systemClock, sleep: async () => undefined } });
    await expectTruth(await run(mirror.bySha256, '1'));
  });

  // Its first answer told nothing, so that several ask at once, and each is offered the whole file.
  test('the hub fails at first, and does no ranges', async () => {
    await open();
    flow = await openFlow(fakes, { token: TOKENS.reader, clock: { ...systemClock, sleep: async () => undefined } });
    fakes.faults.add(answering(503), { path: 'a.bin', times: 1 });
    fakes.faults.add(faultNamed('whole file under 200 for a range'), { path: 'a.bin', ...ALWAYS });
    await expectTruth(await flow.run('huggingface', { model: 'o/m', connections: '8' }));
  });

  test('the hub does no ranges, and the mirror lacks the file', async () => {
    await open();
    mirror.server.answer(/./, { status: 404 });
    fakes.faults.add(faultNamed('whole file under 200 for a range'), { path: 'a.bin', ...ALWAYS });
    await expectTruth(await run());
  });
});
