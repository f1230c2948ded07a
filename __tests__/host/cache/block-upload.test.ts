// Uploads against a host of bytes: what is lost, what is kept, and what a fault costs.

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAllowance } from '../../../src/core/cache/allowance.ts';
import type { Range } from '../../../src/core/http.ts';
import type { Transport } from '../../../src/core/ports.ts';
import { createUpload } from '../../../src/host/cache/block-upload.ts';
import { listTime } from '../../../src/host/cache/put-list.ts';
import { createUploadPace } from '../../../src/host/cache/upload-pace.ts';
import { systemClock } from '../../../src/host/clock.ts';
import { createTransport } from '../../../src/net/transport.ts';
import { type BeatClock, createBeatClock } from './beat-clock.ts';

const MIB = 1024 * 1024;
const NEVER = new AbortController().signal;

let clock: BeatClock;
let transport: Transport;
let server: Server;
beforeEach(() => {
  clock = createBeatClock();
  const policy = { retries: 0, baseMs: 0, ceilingMs: 0, patienceMs: 0 };
  transport = createTransport({ policy, clock: systemClock, emit: () => undefined, userAgent: 'test' });
});
afterEach(async () => {
  clock.stop();
  await transport.close();
  server.closeAllConnections();
  server.close();
});

async function open(answer: RequestListener) {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/b?sig=x`;
  const upload = createUpload({ transport, clock, pace: createUploadPace({ clock, allowance: createAllowance() }) });
  return (sizeMib: number) => upload(url, content(sizeMib * MIB), NEVER);
}

function content(sizeBytes: number) {
  return {
    sizeBytes,
    async *read({ start, end }: Range) {
      for (let at = start; at < end; at += MIB) yield Buffer.alloc(Math.min(MIB, end - at));
    },
  };
}

const isList = (url = '') => url.includes('comp=blocklist');

test('a trickle is left in two seconds, though it is never silent', async () => {
  const upload = await open((request) => {
    request.on('data', () => {
      request.pause();
      setTimeout(() => request.resume(), 20);
    });
  });
  clock.run();
  await expect(upload(1024)).rejects.toMatchObject({ code: 'CACHE_SAVE' });
  expect(clock.nowMs()).toBeLessThan(5000);
});

test('one connection tries the host; the others come when it has answered', async () => {
  let now = 0;
  const seen: number[] = [];
  const upload = await open((request, response) => {
    now += 1;
    seen.push(now);
    request.resume().on('end', () => {
      now -= 1;
      response.writeHead(201).end();
    });
  });
  clock.pass(50);
  await (await upload(64))(NEVER);
  expect(seen.slice(0, 2)).toEqual([1, 1]);
  expect(seen).toHaveLength(5);
});

test('a list that nobody answers costs two seconds after the last byte of all', async () => {
  let listedMs = 0;
  const upload = await open((request, response) => {
    if (isList(request.url)) listedMs = clock.nowMs();
    else request.resume().on('end', () => response.writeHead(201).end());
  });
  const commit = await upload(32);
  clock.run();
  await expect(commit(NEVER)).rejects.toMatchObject({ code: 'CACHE_SAVE' });
  expect(clock.nowMs() - listedMs).toBeLessThanOrEqual(2000);
});

test('a list may take its time while other bytes are taken', async () => {
  let finish: (() => void) | undefined;
  const upload = await open((request, response) => {
    const answer = () => response.writeHead(201).end();
    if (isList(request.url)) finish = answer;
    else request.resume().on('end', answer);
  });
  const listed = (await upload(32))(NEVER);
  for (let entries = 0; entries < 5; entries += 1) {
    clock.pass(1000);
    await upload(17);
  }
  finish?.();
  await listed;
  expect(clock.nowMs()).toBeGreaterThan(4000);
});

describe('a host that was slow to answer blocks, and puts them together', () => {
  /** How long it took for each of four. */
  const BLOCK_MS = 600;
  const DUE_MS = 2 * 4 * BLOCK_MS;
  let finish: (() => void) | undefined;
  const slow: RequestListener = (request, response) => {
    const answer = () => void response.writeHead(201).end();
    if (request.method === 'HEAD') response.writeHead(403).end();
    else if (isList(request.url)) finish = answer;
    else
      request.resume().on('end', () => {
        // What our end has sent is seen there before the host ends its thoughts.
        clock.pass(BLOCK_MS);
        answer();
      });
  };

  test('has twice as long as they took together', async () => {
    const listed = (await (await open(slow))(64))(NEVER);
    const beganMs = clock.nowMs();
    clock.run();
    const timer = setInterval(() => {
      if (clock.nowMs() - beganMs > DUE_MS - 1000) finish?.();
    }, 1);
    await listed.finally(() => clearInterval(timer));
  });

  test('and no longer', async () => {
    const listed = (await (await open(slow))(64))(NEVER);
    const beganMs = clock.nowMs();
    clock.run();
    await expect(listed).rejects.toMatchObject({ code: 'CACHE_SAVE' });
    expect(clock.nowMs() - beganMs).toBeGreaterThan(2000);
    expect(clock.nowMs() - beganMs).toBeLessThanOrEqual(DUE_MS);
  });
});

test.each([
  ['a quick host gets no more', Array(8).fill(20), 320],
  ['a slow one in proportion', [500, 700, 600], 3600],
  ['up to eight seconds', Array(500).fill(300), 8000],
  ['an entry without blocks', [], 0],
])('how long a list is due: %s', (_, waitsMs, dueMs) => {
  expect(listTime(waitsMs)).toBe(dueMs);
});
