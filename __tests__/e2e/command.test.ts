// The committed command, end to end: both hubs, results for machines, a kill in the middle, and every bad input with its code.

import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Report } from '../../src/core/report.ts';
import { TOKENS } from '../fakes/access.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { hashFolder, hashRepository } from '../flows/open-flow.ts';
import { type CommandResult, runCommand, startCommand } from './command.ts';
import { OCR_ID, OCR_MODEL } from './ocr-model.ts';

const MB = 1_000_000;
const LARGE = {
  id: 'o/large',
  commits: [{ files: { 'model.safetensors': { seed: 'large', sizeBytes: 500 * MB }, 'config.json': '{}' } }],
};
const SECRET = { id: 'o/secret', visibility: 'private', commits: [{ files: { 'a.txt': 'a' } }] } as const;
const HUGE = {
  id: 'o/huge',
  commits: [{ files: { 'huge.bin': 'tiny' } }],
  listed: [{ path: 'huge.bin', sizeBytes: 2 ** 50 }],
};

let fakes: Fakes;
let cwd: string;
beforeAll(async () => {
  fakes = await startFakes([OCR_MODEL, LARGE, SECRET, HUGE]);
});
afterAll(() => fakes.close());
beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'command-'));
});
afterEach(async () => {
  fakes.reset();
  await rm(cwd, { recursive: true, force: true });
});

/** What a killed run left of its one large file, read without any help of the program. */
async function readPartial(store: string): Promise<{ writtenBytes: number; journaledBytes: number }> {
  const files = await readdir(path.join(store, 'v1', 'partials'), { recursive: true });
  const at = (name: string) =>
    path.join(store, 'v1', 'partials', files.find((file) => path.basename(file) === name) ?? '');
  const lines = (await readFile(at('journal'), 'utf8')).split('\n').filter((line) => line.startsWith('{"range"'));
  const ranges: [number, number][] = lines.map((line) => JSON.parse(line).range).sort((a, b) => a[0] - b[0]);
  let end = 0;
  let journaledBytes = 0;
  for (const [from, to] of ranges) {
    journaledBytes += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return { writtenBytes: (await stat(at('data'))).blocks * 512, journaledBytes };
}

const environment = () => ({ MODELSCOPE_ENDPOINT: fakes.modelscope.url, HF_ENDPOINT: fakes.huggingface.url });
const run = (...args: string[]) => runCommand(args, { cwd, env: environment() });
const reportOf = ({ stdout }: CommandResult): Report => JSON.parse(stdout);

describe.each(['modelscope', 'huggingface'] as const)('a real model from the fake %s', (hub) => {
  test('the same command gives a folder whose every sha256 is the source’s, and a report that says so', async () => {
    const result = await run('download', `${hub}:${OCR_ID}`, '--json');
    expect(result.exitCode).toBe(0);
    const truth = await hashRepository(fakes[hub].repository(OCR_ID), 'v4.0.0');
    const folder = path.join(cwd, 'models', ...OCR_ID.split('/'));
    expect(await hashFolder(folder)).toEqual(truth);
    const [model] = reportOf(result).models;
    expect(model).toMatchObject({ ref: `${hub}:${OCR_ID}`, hub, repo: OCR_ID, path: folder, cacheHit: 'false' });
    expect(Object.fromEntries(model?.files.map((file) => [file.path, file.sha256]) ?? [])).toEqual(truth);
    expect(fakes.cdn.leaks).toEqual([]);
  });
});

test('messages are on stderr, and without --json a line for people on stdout', async () => {
  const { stdout, stderr } = await run('download', OCR_ID, '--path', 'here');
  expect(stdout).toMatch(/4 files, 15\.4 MiB, all verified/);
  expect(stderr).toMatch(/Resolve: modelscope:RapidAI\/PP-OCRv4/);
});

test('a kill in the middle of 500 MB: the next run goes on, the digests are right, and what was sent again is reported', async () => {
  const { child, result } = startCommand(['download', 'o/large'], { cwd, env: environment() });
  await expect
    .poll(() => fakes.cdn.server.bytesSent('cdn'), { interval: 5, timeout: 30_000 })
    .toBeGreaterThan(250 * MB);
  child.kill('SIGKILL');
  expect((await result).signal).toBe('SIGKILL');
  expect(await hashFolder(path.join(cwd, 'models'))).toEqual({});
  const before = fakes.cdn.server.bytesSent('cdn');
  const left = await readPartial(path.join(cwd, '.cache', 'model-fetch', 'store'));
  fakes.reset();

  const second = await run('download', 'o/large', '--json');
  expect(second.exitCode).toBe(0);
  const large = reportOf(second).models[0]?.files.find((file) => file.path === 'model.safetensors');
  const after = fakes.cdn.server.bytesSent('cdn');
  expect(large?.resumed).toBeGreaterThan(0);
  expect((large?.resumed ?? 0) + (large?.downloaded ?? 0)).toBe(500 * MB);
  expect(large?.downloaded).toBe(after);
  // What the first run had written and not journaled; bytes that were still in a socket count with the server only.
  expect(large?.refetched).toBe(left.writtenBytes - left.journaledBytes);
  expect(large?.resumed).toBe(left.journaledBytes);
  process.stdout.write(
    `sent again after the kill: ${before + after - 500 * MB} bytes; reported: ${large?.refetched}\n`,
  );
  expect(await hashFolder(path.join(cwd, 'models', 'o', 'large'))).toEqual(
    await hashRepository(fakes.modelscope.repository('o/large'), 'master'),
  );
});

test('SIGINT ends with 130 and leaves no half-visible file', async () => {
  const { child, result } = startCommand(['download', 'o/large'], { cwd, env: environment() });
  await expect.poll(() => fakes.cdn.server.bytesSent('cdn'), { interval: 5, timeout: 30_000 }).toBeGreaterThan(50 * MB);
  child.kill('SIGINT');
  const { exitCode, stderr } = await result;
  expect(exitCode).toBe(130);
  expect(stderr).toMatch(/ABORTED/);
  expect(await hashFolder(path.join(cwd, 'models'))).toEqual({});
});

describe('bad input', () => {
  const html = async () => {
    const { serve, send } = await import('../fakes/server.ts');
    return serve((exchange) =>
      send(exchange, { status: 200, headers: { 'Content-Type': 'text/html' }, body: '<html>hello</html>' }),
    );
  };

  const rows: readonly (readonly [string, readonly string[], string, number])[] = [
    ['an unknown hub', ['download', 'xx:o/large'], 'UNKNOWN_HUB', 2],
    ['a page of an unknown hub', ['download', 'https://example.com/o/large'], 'UNKNOWN_HUB', 2],
    ['a malformed reference', ['download', 'o/large/more'], 'BAD_REF', 2],
    ['an unknown option value', ['download', 'o/large', '--verify', 'maybe'], 'BAD_OPTION', 2],
    ['no model', ['download'], 'BAD_OPTION', 2],
    ['nothing to publish named', ['upload', 'o/large'], 'BAD_OPTION', 2],
    ['a mode that is not built', ['mirror', 'o/large'], 'NOT_BUILT', 2],
    ['a missing token', ['download', 'hf:o/secret'], 'AUTH_REQUIRED', 3],
    ['a token without access', ['download', 'hf:o/secret', '--token', TOKENS.outsider], 'NOT_FOUND', 3],
    ['a wrong token', ['download', 'hf:o/secret', '--token', 'hf_wrong'], 'FORBIDDEN', 3],
    ['a repository that is not there', ['download', 'o/nothing'], 'NOT_FOUND', 3],
    ['a revision that is not there', ['download', `${OCR_ID}@v9`], 'REVISION_NOT_FOUND', 3],
    ['filters that leave nothing', ['download', OCR_ID, '--include', '*.gguf'], 'NO_MATCH', 2],
    ['a disk that is too small', ['download', 'o/huge'], 'DISK_FULL', 6],
    [
      'nothing at the endpoint',
      ['download', OCR_ID, '--endpoint', 'http://127.0.0.1:1', '--retries', '0'],
      'NETWORK',
      4,
    ],
  ];
  test.each(rows)('%s', async (_name, args, code, exitCode) => {
    const result = await run(...args);
    expect(
      result.stderr
        .split('\n')
        .filter((line) => /^[A-Z_]+: /.test(line))
        .map((line) => line.split(':')[0]),
    ).toEqual([code]);
    expect(result.exitCode).toBe(exitCode);
    // The last line says what to do next.
    expect(result.stderr.trimEnd().split('\n').at(-1)).toMatch(/^ {2}\S.*\.$/);
    expect(result.stdout).toBe('');
    expect(await readdir(cwd)).toEqual([]);
  });

  test('an endpoint that is no hub', async () => {
    const page = await html();
    const result = await run('download', OCR_ID, '--endpoint', page.url);
    await page.close();
    expect(result.stderr).toMatch(/^HUB_PROTOCOL: /m);
    expect(result.exitCode).toBe(3);
    expect(await readdir(cwd)).toEqual([]);
  });

  test('a folder that cannot be written to', async () => {
    await writeFile(path.join(cwd, 'file'), 'not a folder');
    const result = await run('download', OCR_ID, '--path', 'file/below');
    expect(result.stderr).toMatch(/^DISK_IO: /m);
    expect(result.exitCode).toBe(6);
    expect(await readdir(cwd)).toEqual(['file']);
  });

  test('all problems at once', async () => {
    const result = await run(
      'download',
      'xx:o/n',
      'o',
      '--cache',
      'maybe',
      '--connections',
      '0',
      '--retries',
      'x',
      '--endpoint',
      'ftp://h',
    );
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(/^BAD_OPTION: 6 problems/m);
  });

  test('an unknown flag', async () => {
    const result = await run('download', OCR_ID, '--nothing');
    expect(result.exitCode).toBe(2);
  });

  test('a token appears in no output', async () => {
    const token = 'hf_verysecretvalue';
    const result = await run('download', 'hf:o/secret', '--token', token);
    expect(result.stdout + result.stderr).not.toContain(token);
  });
});

test('the command needs no node_modules: a copy of dist/ fetches a large file', async () => {
  await cp(path.join(import.meta.dirname, '..', '..', 'dist'), path.join(cwd, 'dist'), { recursive: true });
  const program = path.join(cwd, 'dist', 'cli', 'index.js');
  const result = await runCommand(['download', OCR_ID, '--path', 'here'], { cwd, env: environment(), program });
  expect(result.exitCode, result.stderr).toBe(0);
  expect(await hashFolder(path.join(cwd, 'here'))).toEqual(
    await hashRepository(fakes.modelscope.repository(OCR_ID), 'v4.0.0'),
  );
});
