// What a release is told about its commits when answers are lost, commits land late, and large ones go in parts. The hub here is a
// push that answers from a script.

import { expect, test } from 'vitest';
import { ModelFetchError } from '../../../src/core/errors.ts';
import type { Change, LocalFile, Push, PushBase } from '../../../src/core/ports/push.ts';
import { listingOf } from '../../../src/core/release/plan.ts';
import { repoPath } from '../../../src/core/repo-path.ts';
import { createRetryPolicy } from '../../../src/core/retry.ts';
import type { ListedFile } from '../../../src/core/snapshot.ts';
import { commitRelease } from '../../../src/flows/release/commit-release.ts';
import { reportTarget } from '../../../src/flows/release/target-report.ts';
import type { TargetWork } from '../../../src/flows/release/upload-target.ts';
import { systemClock } from '../../../src/host/clock.ts';
import { HUGGINGFACE_LIMITS } from '../../../src/hubs/huggingface/push.ts';

const HEAD = 'a'.repeat(40);
const DIGEST = `sha256:${'1'.repeat(64)}` as const;

interface Script {
  readonly files: number;
  readonly commitFiles?: number;
  /** What becomes of the nth commit, from 1. */
  commit(number: number, ground: Ground): void;
  /** Before the nth look, from 1. */
  look?(number: number, ground: Ground): void;
}

interface Ground {
  readonly work: TargetWork;
  /** Files of each commit that was sent. */
  readonly sent: number[];
  /** Puts files on the branch. */
  land(...paths: string[]): void;
  run(): Promise<void>;
}

function localFile(path: string): LocalFile {
  return {
    path: repoPath(path),
    sizeBytes: 1,
    digests: { sha256: DIGEST },
    sample: new Uint8Array(),
    async *open() {},
  };
}

function listed(path: string): ListedFile {
  return { kind: 'file', path, sizeBytes: 1, digests: [DIGEST] };
}

function openGround({ files, commitFiles = 2000, commit, look }: Script): Ground {
  const names = Array.from({ length: files }, (_, index) => `f${index}`);
  const sent: number[] = [];
  let [looks, commits] = [0, 0];
  let base: PushBase = { hasRepository: true, hasBranch: true, branch: 'main', commit: HEAD, files: [] };
  const push = {
    get base() {
      return base;
    },
    limits: { ...HUGGINGFACE_LIMITS, commitFiles, calmCommitFiles: 10 },
    pageOf: (revision: string | undefined) => `page of ${revision}`,
    async commit({ tickets, onSend }: Change) {
      onSend?.();
      sent.push(tickets.length);
      commit(sent.length, ground);
      ground.land(...tickets.map(({ file }) => file.path));
      return { revision: base.commit, url: 'made' };
    },
    async refresh() {
      looks += 1;
      look?.(looks, ground);
      return base;
    },
  };
  const work: TargetWork = {
    ref: { hub: 'huggingface', kind: 'model', repo: 'o/n' },
    push: push as Partial<Push> as Push,
    folder: '',
    isProposed: false,
    files: new Map(
      names.map((name) => {
        const file = localFile(name);
        return [name, { file, change: 'added', ticket: { kind: 'inline', file }, uploadedBytes: 0 }];
      }),
    ),
    listing: listingOf([]),
    deletes: [],
    tag: undefined,
    isTagTaken: false,
    committed: undefined,
    made: new Set(),
    state: 'untouched',
  };
  const clock = { ...systemClock, random: () => 0, sleep: async () => undefined };
  const deps = { clock, policy: createRetryPolicy(2), emit: () => undefined, message: 'm' };
  const ground: Ground = {
    work,
    sent,
    land(...paths) {
      commits += 1;
      base = { ...base, commit: String(commits).repeat(40).slice(0, 40), files: [...base.files, ...paths.map(listed)] };
    },
    run: () => commitRelease(work, deps, new AbortController().signal),
  };
  return ground;
}

function fail(code: 'SERVER' | 'CONFLICT' | 'TIMEOUT' | 'READ_ONLY'): never {
  throw new ModelFetchError(code, code);
}

test('a commit that lands after its answer was lost is not made again', async () => {
  const ground = openGround({
    files: 1,
    commit: (number) => number === 1 && fail('SERVER'),
    look: (number, { land }) => number === 3 && land('f0'),
  });
  await ground.run();
  expect(ground.sent).toEqual([1]);
  expect(ground.work.committed).toEqual({ revision: '1'.repeat(40), url: `page of ${'1'.repeat(40)}` });
});

test('a commit that lands later than that, and stops the second one, is ours', async () => {
  const ground = openGround({
    files: 1,
    commit(number, { land }) {
      if (number === 1) fail('SERVER');
      land('f0');
      fail('CONFLICT');
    },
  });
  await ground.run();
  expect(reportTarget(ground.work)).toMatchObject({ state: 'committed', changed: true, totals: { filesUploaded: 1 } });
});

test('a failing server cuts no release, and a slow one does', async () => {
  const failing = openGround({ files: 15, commit: (number) => number === 1 && fail('SERVER') });
  await failing.run();
  expect(failing.sent).toEqual([15, 15]);
  const slow = openGround({ files: 15, commit: (number) => number <= 3 && fail('TIMEOUT') });
  await slow.run();
  expect(slow.sent).toEqual([15, 15, 15, 10, 5]);
  expect(slow.work.state).toBe('committed');
});

test('somebody else’s commit between two parts takes nothing from what is reported', async () => {
  const ground = openGround({
    files: 2,
    commitFiles: 1,
    commit(number, { land }) {
      if (number !== 2) return;
      land('theirs');
      fail('CONFLICT');
    },
  });
  await ground.run();
  expect(ground.sent).toEqual([1, 1, 1]);
  expect(reportTarget(ground.work)).toMatchObject({
    state: 'committed',
    totals: { filesUploaded: 2, bytesUploaded: 2 },
  });
});

test('a failure between two parts is told as such', async () => {
  const ground = openGround({ files: 2, commitFiles: 1, commit: (number) => number === 2 && fail('READ_ONLY') });
  await expect(ground.run()).rejects.toMatchObject({ code: 'READ_ONLY' });
  expect(reportTarget(ground.work)).toMatchObject({ state: 'partial', changed: true, totals: { bytesUploaded: 1 } });
});

test('a changed file without a ticket is never left out in silence', async () => {
  const ground = openGround({ files: 1, commit: () => undefined });
  for (const consignment of ground.work.files.values()) delete consignment.ticket;
  await expect(ground.run()).rejects.toThrow('f0');
});
