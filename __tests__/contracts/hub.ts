// What any hub must do, whatever its dialect: a suite that each hub's own test file runs against its fake.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf, type ErrorCode } from '../../src/core/errors.ts';
import { selectFiles } from '../../src/core/filter.ts';
import type { HubEntry } from '../../src/core/ports.ts';
import { parseRef } from '../../src/core/ref.ts';
import type { RepoPath } from '../../src/core/repo-path.ts';
import { narrowListing, type RemoteFile, type Select, type Snapshot } from '../../src/core/snapshot.ts';
import { HUBS } from '../../src/hubs/index.ts';
import type { Cdn } from '../fakes/cdn.ts';
import { bytesOf } from '../fakes/content.ts';
import type { ListedOverride, Repository, RepositoryDescription } from '../fakes/repository.ts';
import { type Exchange, type FakeServer, send, serve } from '../fakes/server.ts';
import { type OpenHub, openHub } from '../hubs/open-hub.ts';

export interface HubFixture {
  readonly server: FakeServer;
  readonly cdn: Cdn;
  readonly tokens: { readonly reader: string; readonly outsider: string };
  repository(id: string, kind?: 'model' | 'dataset'): Repository;
  close(): Promise<void>;
}

/** The codes in which hubs may differ, because their services say more or less. */
export interface HubVerdicts {
  readonly missingAnonymous: ErrorCode;
  readonly missingWithToken: ErrorCode;
  readonly privateToOutsider: ErrorCode;
  readonly privateToBadToken: ErrorCode;
}

export interface HubContract {
  readonly entry: HubEntry;
  /** Of new repositories, as the service names it. */
  readonly defaultBranch: string;
  readonly verdicts: HubVerdicts;
  start(repositories: readonly RepositoryDescription[]): Promise<HubFixture>;
}

const MODEL: RepositoryDescription = {
  id: 'owner/model',
  commits: [
    { files: { 'README.md': 'first' } },
    { files: { 'README.md': 'second' } },
    {
      files: {
        'README.md': 'third',
        'config.json': '{"a":1}',
        'weights/model.bin': { seed: 'weights', sizeBytes: 300_000 },
        'dir one/a+b.txt': 'plus and blank',
        'dir one/50%#&=é!.txt': 'all that needs quoting',
        'empty.txt': '',
      },
    },
  ],
  tags: { 'v1.0.0': 0, 'v1.2.0': 1, 'v2.0.0': 2, nightly: 0 },
  lfs: ['weights/model.bin'],
};

const HOSTILE: readonly (readonly [string, ListedOverride, ErrorCode])[] = [
  ['a path that leaves the folder', { path: '../escape.txt' }, 'UNSAFE_PATH'],
  ['an absolute path', { path: '/etc/passwd' }, 'UNSAFE_PATH'],
  ['a control character', { path: 'a\u001b[31m.txt' }, 'UNSAFE_PATH'],
  ['a file in .git', { path: '.git/config' }, 'UNSAFE_PATH'],
  ['two names that differ in case', { path: 'readme.MD' }, 'UNSAFE_PATH'],
  ['an entry that is no file', { path: 'link', type: 'symlink' }, 'UNSAFE_PATH'],
  ['a submodule', { path: 'module', type: 'submodule' }, 'UNSAFE_PATH'],
  ['a negative size', { path: 'x.txt', sizeBytes: -1 }, 'SIZE_MISMATCH'],
  ['no digest', { path: 'x.txt', sha256: null, gitSha1: null }, 'UNVERIFIABLE'],
];

export function hubContract(name: string, { entry, defaultBranch, verdicts, start }: HubContract): void {
  describe(`${name}: the hub contract`, () => {
    let fixture: HubFixture;
    let anonymous: OpenHub;
    const opened: OpenHub[] = [];
    const open = (token?: string, endpoint = fixture.server.url) => {
      const hub = openHub(entry, endpoint, token);
      opened.push(hub);
      return hub;
    };
    const commitAt = (index: number) => {
      const repository = fixture.repository(MODEL.id);
      const head = repository.resolve(repository.defaultBranch);
      return head === undefined ? undefined : repository.history(head).reverse()[index]?.id;
    };

    beforeAll(async () => {
      const branches = { [defaultBranch]: 2, dev: 0, 'v1.x': 0, 'feature/slash': 1 };
      fixture = await start([
        { ...MODEL, branches },
        { ...MODEL, id: 'owner/private', visibility: 'private' },
        { id: 'owner/hostile', commits: [{ files: { 'README.md': 'good' } }] },
        {
          id: 'owner/data',
          kind: 'dataset',
          commits: [{ files: { 'data/rows.csv': 'a,b\n1,2\n', 'README.md': 'd' } }],
        },
      ]);
      anonymous = open();
    });
    afterAll(async () => {
      await Promise.all(opened.map(({ transport }) => transport.close()));
      expect(fixture.server.failures).toEqual([]);
      expect(fixture.cdn.leaks).toEqual([]);
      await fixture.close();
    });

    test.each([
      ['the default branch', 'owner/model', 2],
      ['a branch', 'owner/model@dev', 0],
      ['a branch with a slash', 'owner/model@feature/slash', 1],
      ['a tag', 'owner/model@v1.2.0', 1],
      ['a range', 'owner/model@^1.0.0', 1],
      ['latest', 'owner/model@latest', 2],
      ['a branch that could be read as a range', 'owner/model@v1.x', 0],
    ])('resolves %s to its commit', async (_what, text, index) => {
      const snapshot = await anonymous.resolve(text);
      expect(snapshot.revision).toBe(commitAt(index));
      expect(snapshot.immutable).toBe(true);
    });

    test('resolves a commit to itself', async () => {
      const commit = commitAt(1) ?? '';
      const snapshot = await anonymous.resolve(`owner/model@${commit}`);
      expect(snapshot).toMatchObject({ revision: commit, immutable: true });
      expect(snapshot.files.map((file) => file.path)).toEqual(['README.md']);
    });

    test('a snapshot has every file with its true size and digest, and each located request leads to its bytes', async () => {
      const snapshot = await anonymous.resolve('owner/model');
      const truth = fixture.repository('owner/model').resolve(snapshot.revision)?.entries ?? new Map();
      expect(snapshot.files.map((file) => file.path)).toEqual([...truth.keys()].sort());
      for (const file of snapshot.files) {
        const { body } = truth.get(file.path) ?? {};
        const { sha256, gitSha1 } = await body.digests();
        expect([`sha256:${sha256}`, `git-sha1:${gitSha1}`]).toContain(file.digests[0]);
        expect(file.sizeBytes).toBe(body.sizeBytes);
        const { status, bytes } = await anonymous.fetch(snapshot, file);
        expect(status).toBe(200);
        expect(bytes.equals(await bytesOf(body))).toBe(true);
      }
    });

    test('large files are promised by their sha256', async () => {
      const { files } = await anonymous.resolve('owner/model', (all) =>
        all.filter(({ path }) => path.endsWith('.bin')),
      );
      expect(files[0]?.digests[0]).toMatch(/^sha256:/);
    });

    test('a located request names the snapshot’s commit, so that a branch that moves changes nothing', async () => {
      const snapshot = await anonymous.resolve('owner/model@feature/slash');
      const located = await anonymous.hub.source.locate(snapshot, fileNamed('README.md'), new AbortController().signal);
      expect(located?.request.url).toContain(snapshot.revision);
    });

    test('a dataset resolves, and its files can be had', async () => {
      const snapshot = await anonymous.resolve('datasets/owner/data');
      expect(snapshot.files.map((file) => file.path)).toEqual(['README.md', 'data/rows.csv']);
      const [, rows] = snapshot.files;
      if (rows === undefined) throw new Error('no second file');
      expect((await anonymous.fetch(snapshot, rows)).bytes.toString()).toBe('a,b\n1,2\n');
    });

    test('the filter decides what the snapshot holds', async () => {
      const ref = parseRef(`${entry.name}:owner/model:weights`, HUBS);
      const select: Select = (files) => selectFiles(ref, files, { include: [], exclude: [] });
      const listing = await anonymous.hub.list(ref, new AbortController().signal);
      const snapshot = narrowListing(listing, select);
      expect(snapshot.files.map((file) => file.path)).toEqual(['weights/model.bin']);
      const nothing: Select = (files) => selectFiles(ref, files, { include: ['*.nothing'], exclude: [] });
      expect(() => narrowListing(listing, nothing)).toThrow(expect.objectContaining({ code: 'NO_MATCH' }));
    });

    test('what is missing is told by its code', async () => {
      const reader = open(fixture.tokens.reader);
      await rejects(anonymous.resolve('owner/missing'), verdicts.missingAnonymous);
      await rejects(reader.resolve('owner/missing'), verdicts.missingWithToken);
      await rejects(
        anonymous.resolve('owner/missing@0123456789abcdef0123456789abcdef01234567'),
        verdicts.missingAnonymous,
      );
      await rejects(reader.resolve('owner/missing@^1.0.0'), verdicts.missingWithToken);
    });

    test.each(['no-such-branch', '^9.0.0', '0123456789abcdef0123456789abcdef01234567'])(
      'the revision %s is not found, and names that exist are told',
      async (revision) => {
        const error = await rejects(anonymous.resolve(`owner/model@${revision}`), 'REVISION_NOT_FOUND');
        expect(error.message).toContain('v1.2.0');
      },
    );

    test('a missing revision is not taken for a filter that matches nothing', async () => {
      const nothing: Select = (files) =>
        selectFiles(parseRef(`${entry.name}:o/n`, HUBS), files, { include: ['*.no'], exclude: [] });
      await rejects(anonymous.resolve('owner/model@no-such-branch', nothing), 'REVISION_NOT_FOUND');
    });

    test('a private repository opens to the right token only', async () => {
      expect((await open(fixture.tokens.reader).resolve('owner/private')).files.length).toBeGreaterThan(0);
      await rejects(anonymous.resolve('owner/private'), 'AUTH_REQUIRED');
      await rejects(open(fixture.tokens.outsider).resolve('owner/private'), verdicts.privateToOutsider);
      await rejects(open('not-a-token').resolve('owner/private'), verdicts.privateToBadToken);
    });

    test('the token opens the files of a private repository and reaches no other origin', async () => {
      const reader = open(fixture.tokens.reader);
      const snapshot = await reader.resolve('owner/private');
      for (const file of snapshot.files) expect((await reader.fetch(snapshot, file)).bytes.length).toBe(file.sizeBytes);
      expect(fixture.cdn.leaks).toEqual([]);
    });

    test.each(HOSTILE)('refuses a listing with %s, unless it is filtered out', async (_what, override, code) => {
      const { listed } = fixture.repository('owner/hostile');
      listed.splice(0, listed.length, override);
      await rejects(anonymous.resolve('owner/hostile'), code);
      const good: Select = (files) => files.filter(({ path }) => path === 'README.md');
      expect((await anonymous.resolve('owner/hostile', good)).files).toHaveLength(1);
    });

    test.each([
      ['a web page', { status: 200, headers: { 'Content-Type': 'text/html' }, body: '<!doctype html><h1>Log in</h1>' }],
      ['a page that says 404', { status: 404, headers: { 'Content-Type': 'text/html' }, body: '<h1>Not found</h1>' }],
      ['JSON of another kind', { status: 200, body: { hello: ['world'] } }],
      ['a list', { status: 200, body: [] }],
      ['an empty answer', { status: 200, body: '' }],
    ])('an endpoint that answers with %s is no such hub', async (_what, canned) => {
      const server = await serve((exchange) => send(exchange, canned));
      const error = await rejects(open(undefined, server.url).resolve('owner/model'), 'HUB_PROTOCOL');
      expect(error.message).toContain(new URL(server.url).host);
      await server.close();
    });

    test('an endpoint may have a path', async () => {
      const mirror = await serve((exchange) => passOn(exchange, fixture.server.url));
      const behind = open(undefined, `${mirror.url}/mirror`);
      const snapshot = await behind.resolve('owner/model');
      expect(snapshot.id).toBe((await anonymous.resolve('owner/model')).id);
      const located = await behind.hub.source.locate(snapshot, fileNamed('README.md'), new AbortController().signal);
      expect(located?.request.url.startsWith(`${mirror.url}/mirror/`)).toBe(true);
      await mirror.close();
    });

    test('a file that the hub no longer has is told by its code, and bytes are no refusal', async () => {
      const snapshot = await anonymous.resolve('owner/model');
      const gone = await anonymous.fetch(snapshot, fileNamed('gone.txt'));
      expect(codeOf(gone.refusal)).toBe('FILE_NOT_FOUND');
      const config = snapshot.files.find((file) => file.path === 'config.json');
      if (config === undefined) throw new Error('no config.json');
      expect((await anonymous.fetch(snapshot, config)).refusal).toBeUndefined();
    });

    test('a refusal of the CDN is not in the dialect of the hub', () => {
      const text = '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>';
      const answer = { status: 403, headers: { 'content-type': 'application/xml' }, text };
      expect(anonymous.hub.source.refusal(answer, snapshotOf(entry), fileNamed('a.bin'))).toBeUndefined();
    });

    test.each([408, 429, 503])('the status %i means the same on every host, whatever the body says', (status) => {
      const text = '{"error":"busy","message":"busy","Message":"busy","Code":10010205001,"Success":false}';
      expect(
        anonymous.hub.source.refusal({ status, headers: {}, text }, snapshotOf(entry), fileNamed('a.bin')),
      ).toBeUndefined();
    });

    test('a host that fails for a while is asked again, and one that goes on failing is SERVER', async () => {
      fixture.server.answer(/^\/api\//, { status: 503 }, 2);
      expect((await anonymous.resolve('owner/model')).files.length).toBeGreaterThan(1);
      fixture.server.answer(/^\/api\//, { status: 503 }, 3);
      await rejects(anonymous.resolve('owner/model'), 'SERVER');
    });

    test('a run that is stopped ends with ABORTED', async () => {
      const ref = parseRef(`${entry.name}:owner/model`, HUBS);
      await rejects(anonymous.hub.list(ref, AbortSignal.abort()), 'ABORTED');
    });
  });
}

/** A mirror that has the hub below `/mirror` and nothing beside it. */
async function passOn(exchange: Exchange, hubUrl: string): Promise<void> {
  const target = /^\/mirror(\/.*)$/.exec(exchange.request.url ?? '')?.[1];
  if (target === undefined) return send(exchange, { status: 404, body: 'nothing here' });
  const answer = await fetch(`${hubUrl}${target}`);
  await send(exchange, { status: answer.status, body: (await answer.json()) as object });
}

function fileNamed(path: string): RemoteFile {
  return { path: path as RepoPath, sizeBytes: 1, digests: [`sha256:${'0'.repeat(64)}`] };
}

/** The error that the work must fail with. */
export async function rejects(work: Promise<unknown>, code: ErrorCode): Promise<Error> {
  const outcome = await work.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  expect(codeOf(outcome), String(outcome)).toBe(code);
  return outcome as Error;
}

// A snapshot whose content does not matter.
function snapshotOf(entry: HubEntry): Snapshot {
  const ref = { hub: entry.name, kind: 'model', repo: 'owner/model' } as const;
  return { ref, revision: '0'.repeat(40), immutable: true, files: [], id: '' };
}
