// What a run did, added up.

import { describe, expect, test } from 'vitest';
import { addUp, createModelReport, type FileFate } from '../../src/core/report.ts';
import { fate, modelReportOf, reportOf, snapshotOf } from './sample.ts';

describe('whether the hub was needed', () => {
  test.each<[string, Record<string, FileFate>, string]>([
    ['all kept', { a: fate('kept'), b: fate('kept') }, 'true'],
    [
      'from the store, the folder and the cache',
      { a: fate('linked'), b: fate('adopted'), c: fate('restored') },
      'true',
    ],
    ['all fetched', { a: fate('downloaded', 1), b: fate('downloaded', 1) }, 'false'],
    ['an empty file was fetched', { a: fate('downloaded', 0) }, 'false'],
    ['some fetched', { a: fate('downloaded', 1), b: fate('restored') }, 'partial'],
    ['cache and hub shared one', { a: fate('restored', 0, { sent: { cache: 9, modelscope: 1 } }) }, 'partial'],
    ['cache and hub shared all', { a: fate('downloaded', 0, { sent: { cache: 1, modelscope: 9 } }) }, 'partial'],
    ['one fetched from the middle on', { a: fate('downloaded', 1, { resumedBytes: 1 }) }, 'partial'],
    ['planned, nothing to move', { a: fate('planned', 0, { plan: 'keep: unchanged' }) }, 'true'],
    ['planned, all to move', { a: fate('planned', 0, { plan: 'move: missing' }) }, 'false'],
    [
      'planned, some to move',
      { a: fate('planned', 0, { plan: 'move: missing' }), b: fate('planned', 0, { plan: 'link: x' }) },
      'partial',
    ],
  ])('%s', (_, fates, hit) => {
    expect(modelReportOf(fates).cacheHit).toBe(hit);
  });
});

describe('totals', () => {
  const one = modelReportOf(
    {
      a: fate('downloaded', 150, { sent: { modelscope: 100, mirror: 50 }, resumedBytes: 7 }),
      b: fate('restored', 0, { sent: { cache: 200 } }),
      c: fate('kept'),
    },
    200,
  );

  test('of a model', () => {
    expect(one.totals).toEqual({
      files: 3,
      filesDownloaded: 1,
      bytes: 600,
      bytesDownloaded: 150,
      bytesResumed: 7,
      bytesRefetched: 0,
      bytesRestored: 200,
      sources: { modelscope: 100, mirror: 50, cache: 200 },
    });
  });

  test('of a run', () => {
    expect(reportOf([one, one], true)).toMatchObject({
      dryRun: true,
      totals: {
        files: 6,
        filesDownloaded: 2,
        bytes: 1200,
        bytesDownloaded: 300,
        bytesResumed: 14,
        bytesRestored: 400,
        sources: { modelscope: 200, mirror: 100, cache: 400 },
        seconds: 12.3,
      },
    });
  });

  test('of nothing', () => {
    expect(reportOf([]).totals).toMatchObject({ files: 0, bytes: 0, sources: {} });
  });
});

test('each file is named with its way', () => {
  const { files, ...model } = modelReportOf({
    b: fate('planned', 0, { blob: undefined, plan: 'move: missing' } as unknown as FileFate),
    a: fate('downloaded', 3),
  });
  expect(files).toEqual([
    {
      path: 'a',
      size: 1,
      sha256: 'ab'.repeat(32),
      outcome: 'downloaded',
      source: 'modelscope',
      downloaded: 3,
      restored: 0,
      resumed: 0,
      refetched: 2,
    },
    {
      path: 'b',
      size: 1,
      sha256: null,
      outcome: 'planned',
      source: '',
      downloaded: 0,
      restored: 0,
      resumed: 0,
      refetched: 0,
      plan: 'move: missing',
    },
  ]);
  expect(model).toMatchObject({
    ref: 'modelscope:o/n',
    hub: 'modelscope',
    repo: 'o/n',
    revision: 'c0ffee',
    immutable: true,
    snapshotId: snapshotOf(['a', 'b']).id,
    path: '/models/o/n',
  });
});

test.each<[string, FileFate, number]>([
  ['sent once', fate('downloaded', 100), 0],
  ['sent in part twice', fate('downloaded', 130), 30],
  ['resumed', fate('downloaded', 40, { resumedBytes: 60 }), 0],
  ['resumed, with a part lost before', fate('downloaded', 60, { resumedBytes: 40, lostBytes: 25 }), 25],
  ['not sent at all', fate('restored', 0, { lostBytes: 25 }), 0],
])('bytes of the second time: %s', (_, given, bytes) => {
  const report = modelReportOf({ a: given }, 100);
  expect([report.files[0]?.refetched, report.totals.bytesRefetched]).toEqual([bytes, bytes]);
});

test('what the cache sent is told apart from what hubs sent', () => {
  const report = modelReportOf({ a: fate('restored', 0, { sent: { cache: 70, modelscope: 40 } }) }, 100);
  expect(report.files[0]).toMatchObject({ outcome: 'restored', downloaded: 40, restored: 70, refetched: 10 });
  expect(report.totals).toMatchObject({ filesDownloaded: 0, bytesDownloaded: 40, bytesRestored: 70 });
});

test('a file without a fate is a bug, not a green run', () => {
  const nothing = { fates: new Map(), removed: [], foreign: [] };
  const input = { snapshot: snapshotOf(['a']), resolvedBy: 'hub' as const, folder: '/', ...nothing };
  expect(() => createModelReport(input)).toThrow(Error);
});

test('numbers under one name add up', () => {
  expect(addUp([{ a: 1 }, {}, { a: 2, b: 3 }])).toEqual({ a: 3, b: 3 });
});
