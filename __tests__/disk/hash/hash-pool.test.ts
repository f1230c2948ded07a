// Hashing threads: the right digests, in whatever order things happen, and an honest end when something breaks.

import { execFile } from 'node:child_process';
import { appendFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { digestOf } from '../../../src/core/digest.ts';
import { createHashPool } from '../../../src/disk/hash/hash-pool.ts';
import { LARGE_BYTES, MIB, NEVER, sampleBytes, useFolders, useHasher, WORKER } from '../ground.ts';

const hasher = useHasher();
const newFolder = useFolders();
const BOTH = ['sha256', 'git-sha1'] as const;

async function newFile(bytes: Uint8Array): Promise<string> {
  const path = join(await newFolder(), 'ein Name mit Lücken 模型.bin');
  await writeFile(path, bytes);
  return path;
}

describe('hash', () => {
  it.each([0, 1, MIB, LARGE_BYTES])('gives all digests of %i bytes', async (sizeBytes) => {
    const bytes = sampleBytes(sizeBytes);
    const digests = BOTH.map((algorithm) => digestOf(algorithm, bytes));
    expect(await hasher.hash(await newFile(bytes), sizeBytes, BOTH, NEVER)).toEqual(digests);
  });

  it('serves many files at once', async () => {
    const contents = Array.from({ length: 20 }, (_, index) => sampleBytes(index * 100_000, index));
    const results = await Promise.all(
      contents.map(async (bytes) => hasher.hash(await newFile(bytes), bytes.length, ['sha256'], NEVER)),
    );
    expect(results).toEqual(contents.map((bytes) => [digestOf('sha256', bytes)]));
  });

  it('fails as DISK_IO when there is no such file, or it ends early', async () => {
    const path = await newFile(sampleBytes(100));
    await expect(hasher.hash(`${path}.not`, 100, ['sha256'], NEVER)).rejects.toMatchObject({ code: 'DISK_IO' });
    await expect(hasher.hash(path, 101, ['sha256'], NEVER)).rejects.toMatchObject({ code: 'DISK_IO' });
  });

  it('ends at once when it is aborted', async () => {
    const path = await newFile(sampleBytes(LARGE_BYTES));
    const control = new AbortController();
    const work = hasher.hash(path, LARGE_BYTES, BOTH, control.signal);
    control.abort();
    await expect(work).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(hasher.hash(path, LARGE_BYTES, BOTH, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('follow', () => {
  it('hashes a file that is still being written', async () => {
    const bytes = sampleBytes(LARGE_BYTES);
    const path = await newFile(Buffer.alloc(0));
    const follower = hasher.follow(path, LARGE_BYTES, BOTH);
    for (let start = 0; start < LARGE_BYTES; start += MIB) {
      const piece = bytes.subarray(start, start + MIB);
      await appendFile(path, piece);
      follower.advance(start + piece.length);
    }
    expect(await follower.finish()).toEqual(BOTH.map((algorithm) => digestOf(algorithm, bytes)));
    follower.stop();
  });

  it('never reads past the front', async () => {
    const bytes = sampleBytes(3 * MIB);
    const path = await newFile(bytes);
    await truncate(path, MIB);
    const follower = hasher.follow(path, bytes.length, ['sha256']);
    follower.advance(MIB);
    // A second file that the same two threads hash shows that they are past the first advance.
    await Promise.all(
      [1, 2, 3].map(async (seed) => hasher.hash(await newFile(sampleBytes(MIB, seed)), MIB, ['sha256'], NEVER)),
    );
    await appendFile(path, bytes.subarray(MIB));
    follower.advance(bytes.length);
    expect(await follower.finish()).toEqual([digestOf('sha256', bytes)]);
  });

  it('tells at the end that the file could not be read', async () => {
    const follower = hasher.follow(join(await newFolder(), 'missing'), 10, ['sha256']);
    follower.advance(10);
    await expect(follower.finish()).rejects.toMatchObject({ code: 'DISK_IO' });
  });

  it('refuses to finish before the front has reached the end', async () => {
    const follower = hasher.follow(await newFile(sampleBytes(10)), 10, ['sha256']);
    follower.advance(9);
    await expect(follower.finish()).rejects.toThrow('before all of it was there');
  });

  it('can be stopped at any time', async () => {
    const follower = hasher.follow(await newFile(sampleBytes(10)), 10, ['sha256']);
    follower.advance(10);
    follower.stop();
    follower.stop();
    await expect(follower.finish()).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('the pool', () => {
  it('fails the files of a thread that breaks down, with an error that is no user’s fault', async () => {
    const program = join(await newFolder(), 'broken.mjs');
    await writeFile(
      program,
      `import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => { throw new Error('x'); });`,
    );
    const broken = createHashPool({ workerPath: program, threads: 1 });
    afterAll(() => broken.close());
    const path = await newFile(sampleBytes(10));
    for (const attempt of [1, 2]) {
      const error: unknown = await broken.hash(path, 10, ['sha256'], NEVER).catch((reason: unknown) => reason);
      expect(error, `attempt ${attempt}`).toBeInstanceOf(Error);
      expect(error).not.toHaveProperty('code');
    }
  });

  it('gives each thread about as many bytes as the next', async () => {
    const program = join(await newFolder(), 'who.mjs');
    await writeFile(
      program,
      `import { parentPort, threadId } from 'node:worker_threads';
       parentPort.on('message', ({ type, id }) => {
         if (type === 'finish') parentPort.postMessage({ type: 'digests', id, digests: ['sha256:' + threadId], marks: [] });
       });`,
    );
    const pool = createHashPool({ workerPath: program, threads: 2 });
    afterAll(() => pool.close());
    const followers = [256, 32, 256, 256, 256].map((sizeBytes) => pool.follow('x', sizeBytes, ['sha256']));
    const threads = await Promise.all(followers.map(async (follower) => (await follower.finish())[0]));
    const [first, second] = threads;
    expect(first).not.toBe(second);
    expect(threads).toEqual([first, second, second, first, second]);
  });

  it('says whether its threads are at their limit', async () => {
    const program = join(await newFolder(), 'burn.mjs');
    await writeFile(
      program,
      `import { parentPort } from 'node:worker_threads';
       let isBurning = false;
       const burn = () => {
         for (const untilMs = performance.now() + 20; performance.now() < untilMs; ) {}
         if (isBurning) setImmediate(burn);
       };
       parentPort.on('message', ({ type }) => {
         isBurning = type === 'advance';
         if (isBurning) burn();
       });`,
    );
    const pool = createHashPool({ workerPath: program, threads: 1 });
    afterAll(() => pool.close());
    expect(pool.isBusy()).toBe(false);
    const follower = pool.follow('x', 10, ['sha256']);
    expect(pool.isBusy(), 'it has just begun').toBe(true);
    await vi.waitFor(() => expect(pool.isBusy()).toBe(false), 10_000);
    follower.advance(10);
    await vi.waitFor(() => expect(pool.isBusy()).toBe(true), 10_000);
    follower.stop();
    expect(pool.isBusy(), 'it has nothing in hand').toBe(false);
  });

  it('takes nothing more when it is closed, and fails what it had', async () => {
    const pool = createHashPool({ workerPath: WORKER, threads: 1 });
    const path = await newFile(sampleBytes(10));
    const follower = pool.follow(path, 10, ['sha256']);
    const finished = follower.finish().catch((reason: unknown) => reason);
    await pool.close();
    expect(await finished).toBeInstanceOf(Error);
    await expect(pool.hash(path, 10, ['sha256'], NEVER)).rejects.toThrow('closed');
  });

  it('does not keep a process alive', async () => {
    const bytes = sampleBytes(1000);
    const program = join(await newFolder(), 'idle.mjs');
    const pool = new URL('../../../src/disk/hash/hash-pool.ts', import.meta.url).href;
    await writeFile(
      program,
      `import { createHashPool } from ${JSON.stringify(pool)};
       const pool = createHashPool({ workerPath: ${JSON.stringify(WORKER)} });
       const [path] = process.argv.slice(2);
       pool.follow(path, 1000, ['sha256']).advance(500);
       const [digest] = await pool.hash(path, 1000, ['sha256'], new AbortController().signal);
       console.log(digest);`,
    );
    const { stdout } = await promisify(execFile)(process.execPath, [program, await newFile(bytes)], {
      timeout: 20_000,
    });
    expect(stdout.trim()).toBe(digestOf('sha256', bytes));
  });
});
