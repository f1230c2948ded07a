// What people and later steps read of a release: summary, text and outputs, from the report alone.

import { expect, test } from 'vitest';
import { createUploadOutputs } from '../../../src/core/outputs/upload.ts';
import { createTargetReport, createUploadReport, type PublishedFile } from '../../../src/core/report/upload.ts';
import { createUploadSummary } from '../../../src/core/report/upload-summary.ts';
import { uploadText } from '../../../src/core/report/upload-text.ts';

const file = (path: string, rest: Partial<PublishedFile>): PublishedFile => ({
  path,
  size: 1024,
  sha256: 'a'.repeat(64),
  change: 'added',
  way: 'sent',
  uploaded: 1024,
  ...rest,
});
const FILES = [
  file('new.bin', {}),
  file('known.bin', { change: 'changed', way: 'reused', uploaded: 0 }),
  file('same.bin', { change: 'unchanged', way: 'none', uploaded: 0 }),
  file('gone.bin', { change: 'deleted', way: 'none', uploaded: 0, sha256: null }),
  file('<b>|`x`.bin', { change: 'unchanged', way: 'none', uploaded: 0 }),
];
const target = (rest = {}) =>
  createTargetReport({
    ref: 'huggingface:o/n',
    hub: 'huggingface',
    repo: 'o/n',
    branch: 'main',
    state: 'published',
    commit: 'c'.repeat(40),
    revision: 'c'.repeat(40),
    url: 'https://hub.test/o/n/commit/"><script>',
    tag: 'v1',
    changed: true,
    files: FILES,
    ...rest,
  });
const UNCHANGED = { state: 'unchanged', commit: null, url: '', changed: false, tag: null } as const;
const report = createUploadReport([target(), target(UNCHANGED)], { dryRun: false, seconds: 2 });

test('totals', () => {
  expect(target().totals).toEqual({
    files: 4,
    filesUploaded: 2,
    filesUnchanged: 2,
    filesDeleted: 1,
    bytes: 4096,
    bytesUploaded: 1024,
    bytesReused: 3072,
  });
});

test('outputs have a line a target', () => {
  expect(createUploadOutputs({ report, reportPath: '/r.json' })).toEqual({
    commit: `${'c'.repeat(40)}\n`,
    url: 'https://hub.test/o/n/commit/"><script>\n',
    revision: `${'c'.repeat(40)}\n${'c'.repeat(40)}`,
    tag: 'v1\n',
    changed: 'true',
    'files-uploaded': '4',
    'files-unchanged': '4',
    'files-deleted': '2',
    'bytes-uploaded': '2048',
    'bytes-reused': '6144',
    report: '/r.json',
  });
});

test('the summary shows the diff, and no markup of strangers', () => {
  const summary = createUploadSummary(report);
  for (const part of ['added | 1', 'changed | 1', 'deleted | 1', 'unchanged | 2', 'Nothing had changed', 'read back']) {
    expect(summary).toContain(part);
  }
  expect(summary).not.toMatch(/<script|<b>/);
});

test('the text says what is planned, or what was done', () => {
  expect(uploadText(report)).toContain('1 deleted');
  const planned = createUploadReport([target({ state: 'planned' })], { dryRun: true, seconds: 1 });
  expect(uploadText(planned)).toContain('gone.bin (1 KiB): delete');
});
