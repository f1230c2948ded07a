// Calls of a package that is seen from outside: what is late is charged, what is far away is not, and what stands still is left.

import { Agent, createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Allowance, createAllowance } from '../../../src/core/cache/allowance.ts';
import { createPackageCalls, type PackageCalls, type Way } from '../../../src/host/cache/package-calls.ts';
import { BEAT_MS } from '../../../src/host/cache/patience.ts';
import { type BeatClock, createBeatClock } from './beat-clock.ts';

const NEVER = new AbortController().signal;
const MIB = 1024 * 1024;
const CHUNK = Buffer.alloc(64 * 1024, 'x');
const LOOK_UP: Way = { leastBytes: 256 * 1024, sends: false };
const SEND: Way = { leastBytes: 2 * MIB, sends: true };

let clock: BeatClock;
let allowance: Allowance;
let calls: PackageCalls;
let server: Server;
/** The host does nothing with a request before so much time has passed. */
let lateMs: number;
let bytesPerBeat: number;
let answer: number | 'torn';
let agents: Agent[];

beforeEach(async () => {
  clock = createBeatClock();
  allowance = createAllowance();
  calls = createPackageCalls({ clock, allowance });
  lateMs = 0;
  answer = 200;
  bytesPerBeat = Number.POSITIVE_INFINITY;
  agents = [];
  server = createServer(async (incoming, response) => {
    const waitMs = Number(incoming.headers['x-late-ms']);
    if (waitMs > 0) await clock.sleep(waitMs, NEVER);
    let unpacedBytes = 0;
    for await (const chunk of incoming) {
      unpacedBytes += chunk.length;
      if (unpacedBytes < bytesPerBeat) continue;
      await clock.sleep(BEAT_MS, NEVER);
      unpacedBytes = 0;
    }
    if (answer === 'torn') {
      response.writeHead(200, { 'content-length': 100 }).write('cont');
      setImmediate(() => response.destroy());
      return;
    }
    response.statusCode = answer;
    response.end('content');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  clock.run();
});
afterEach(() => {
  clock.stop();
  for (const agent of agents) agent.destroy();
  server.closeAllConnections();
  server.close();
});

/** @param farMs that a connection takes to be made */
function newAgent(farMs: number, keepAlive = false): Agent {
  const agent = new Agent({ keepAlive });
  const made = (callback: (error: Error | null, socket: Socket) => void) =>
    callback(null, connect((server.address() as AddressInfo).port, '127.0.0.1'));
  agent.createConnection = (_, callback) => {
    if (callback !== undefined)
      void (farMs === 0 ? Promise.resolve() : clock.sleep(farMs, NEVER)).then(() => made(callback as never));
    return undefined;
  };
  agents.push(agent);
  return agent;
}

function ask(agent: Agent, sizeBytes = 0): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-length': sizeBytes, 'x-late-ms': lateMs };
    const asked = request({ agent, method: 'POST', path: '/', headers });
    asked.on('error', reject);
    asked.on('response', (response) => resolve(text(response)));
    const chunks = Array.from({ length: sizeBytes / CHUNK.length }, () => CHUNK);
    Readable.from(chunks, { objectMode: false }).pipe(asked);
  });
}

function call(agent: Agent, way = LOOK_UP, sizeBytes = 0): Promise<string> {
  return calls.wait(
    calls.begin(() => ask(agent, sizeBytes)),
    way,
  );
}

test('an answer that comes late is charged', async () => {
  lateMs = 1500;
  expect(await call(newAgent(0))).toBe('content');
  expect(allowance.spentMs).toBeGreaterThan(1250);
});

test('one that takes as long because the host is far away is not', async () => {
  lateMs = 100;
  expect(await call(newAgent(600))).toBe('content');
  expect(allowance.spentMs).toBe(0);
});

test('a connection that is used again says nothing about the distance', async () => {
  const agent = newAgent(600, true);
  const both = calls.begin(async () => {
    await ask(agent);
    lateMs = 700;
    return await ask(agent);
  });
  expect(await calls.wait(both, LOOK_UP)).toBe('content');
  expect(allowance.spentMs).toBe(0);
});

test('however far it is, it is left when nothing moves for as long as the allowance lasts', async () => {
  lateMs = 100_000;
  await expect(call(newAgent(700))).rejects.toMatchObject({ code: 'CACHE_RESTORE' });
});

test('a host that is late with what is sent is charged', async () => {
  lateMs = 3000;
  allowance = createAllowance(6000);
  calls = createPackageCalls({ clock, allowance });
  expect(await call(newAgent(0), SEND, 24 * MIB)).toBe('content');
  expect(allowance.spentMs).toBeGreaterThan(2000);
});

test('one that is a little late is not, also when something is looked up beside it', async () => {
  lateMs = 700;
  const sent = call(newAgent(0), SEND, 24 * MIB);
  lateMs = 900;
  expect(await Promise.all([sent, call(newAgent(0))])).toEqual(['content', 'content']);
  expect(allowance.spentMs).toBe(0);
});

test('a call that others were silent before is not charged for it', async () => {
  lateMs = 950;
  const sent = call(newAgent(0), SEND, 24 * MIB);
  await clock.sleep(850, NEVER);
  lateMs = 0;
  expect(await Promise.all([sent, call(newAgent(0))])).toEqual(['content', 'content']);
  expect(allowance.spentMs).toBe(0);
});

/** What the package does when it has its answer, and before it returns: on our disk, or waiting to try again. */
async function askAndRest(): Promise<void> {
  await ask(newAgent(0)).catch(() => undefined);
  await clock.sleep(5000, NEVER);
}

test.each([200, 403])('time in which nothing is asked for after %d is our own', async (given) => {
  answer = given;
  await calls.wait(
    calls.begin(() => askAndRest()),
    SEND,
  );
  expect(allowance.spentMs).toBe(0);
});

test.each([503, 429, 408, 'torn'] as const)('but not after what it tries again for: %s', async (given) => {
  answer = given;
  const resting = calls.wait(
    calls.begin(() => askAndRest()),
    SEND,
  );
  await expect(resting).rejects.toMatchObject({ code: 'CACHE_RESTORE' });
});

test('what is sent late is charged, also when a prompt answer to others comes first', async () => {
  allowance = createAllowance(6000);
  calls = createPackageCalls({ clock, allowance });
  lateMs = 3000;
  const sent = call(newAgent(0), SEND, 24 * MIB);
  await clock.sleep(2800, NEVER);
  lateMs = 0;
  expect(await Promise.all([sent, call(newAgent(0))])).toEqual(['content', 'content']);
  expect(allowance.spentMs).toBeGreaterThan(2000);
});

test('what is sent and what is asked, late together, count once', async () => {
  allowance = createAllowance(6000);
  calls = createPackageCalls({ clock, allowance });
  lateMs = 2000;
  const sent = call(newAgent(0), SEND, 24 * MIB);
  expect(await Promise.all([sent, call(newAgent(0))])).toEqual(['content', 'content']);
  expect(allowance.spentMs).toBeGreaterThan(1500);
  expect(allowance.spentMs).toBeLessThan(2500);
});

test('one that is slow has the time for what is still on its way to it', async () => {
  bytesPerBeat = 256 * 1024;
  // More than any burst of its reading, and less than the end needs.
  allowance = createAllowance(1100);
  calls = createPackageCalls({ clock, allowance });
  expect(await call(newAgent(0), { leastBytes: bytesPerBeat, sends: true }, 24 * MIB)).toBe('content');
  expect(allowance.spentMs).toBe(0);
});
