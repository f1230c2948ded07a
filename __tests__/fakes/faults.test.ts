// Each row of the table of faults as a plain client meets it, and the CDN's own manners.

import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Cdn, startCdn } from './cdn.ts';
import { bytesOf, createBody } from './content.ts';
import {
  ANSWER_FAULTS,
  createFaultPlan,
  extraBytes,
  type Fault,
  flippedByte,
  resetAfter,
  stallAfter,
} from './faults.ts';

const SIZE = 1_000_000;
const body = createBody({ seed: 'cdn', sizeBytes: SIZE });
const faults = createFaultPlan();
let cdn: Cdn;
let bytes: Buffer;

beforeAll(async () => {
  cdn = await startCdn({ faults });
  bytes = await bytesOf(body);
});
beforeEach(() => {
  faults.clear();
  cdn.server.reset();
});
afterAll(async () => {
  const failures = cdn.server.failures;
  await cdn.close();
  expect(failures).toEqual([]);
});

const link = () => cdn.link({ pathname: '/some/object', query: {}, path: 'model.bin', body }, 'Signature');
const row = (name: string): Fault =>
  ANSWER_FAULTS.find((fault) => fault.name === name) ?? expect.fail(`no row ${name}`);

interface Got {
  status: number;
  headers: Record<string, unknown>;
  bytes: Buffer;
  /** Undefined when the answer came to its proper end. */
  error: string | undefined;
}

/** A client that keeps what arrives before a failure. */
function get(url: string, headers: Record<string, string> = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    let isAnswered = false;
    const call = request(url, { headers: { Connection: 'close', ...headers } }, (response) => {
      isAnswered = true;
      const chunks: Buffer[] = [];
      const end = (error: NodeJS.ErrnoException | undefined) =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes: Buffer.concat(chunks),
          error: error?.code,
        });
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', end);
      response.once('end', () => end(undefined));
    });
    // A reset is told twice: the answer has heard of it too.
    call.on('error', (error) => (isAnswered ? undefined : reject(error)));
    call.end();
  });
}

const RANGE = { Range: 'bytes=1000-2999' };

describe('rows', () => {
  test.each(['reset', 'short body'])('%s: half of the bytes, then the connection is gone', async (name) => {
    faults.add(row(name));
    const got = await get(link(), RANGE);
    expect([got.status, got.headers['content-length'], got.error]).toEqual([206, '2000', 'ECONNRESET']);
    expect(got.bytes.equals(bytes.subarray(1000, 1000 + got.bytes.length)) && got.bytes.length).toBe(1000);
    expect((await get(link(), RANGE)).bytes.length).toBe(2000);
  });

  test('a flipped byte, once and always', async () => {
    faults.add(flippedByte(1));
    const differing = (found: Buffer) => found.reduce((sum, byte, at) => sum + Number(byte !== bytes[at]), 0);
    const first = await get(link());
    expect([first.bytes.length, differing(first.bytes), first.error]).toEqual([SIZE, 1, undefined]);
    expect((await get(link())).bytes.equals(bytes)).toBe(true);
    faults.add(row('flipped byte'));
    for (let time = 0; time < 3; time += 1) expect(differing((await get(link())).bytes)).toBe(1);
  });

  test.each([
    ['503 twice', [503, 503, 200]],
    ['429 at once again', [429, 200, 200]],
    ['expired link', [403, 200, 200]],
  ])('%s: %j', async (name, statuses) => {
    faults.add(row(name));
    for (const status of statuses) expect((await get(link())).status).toBe(status);
  });

  test('a 429 names the wait', async () => {
    faults.add(row('429 at once again'));
    expect((await get(link())).headers['retry-after']).toBe('0');
  });

  test('a whole file under 200 for a range', async () => {
    faults.add(row('whole file under 200 for a range'));
    expect((await get(link())).bytes.length).toBe(SIZE);
    const got = await get(link(), RANGE);
    expect([got.status, got.headers['content-range'], got.bytes.equals(bytes)]).toEqual([200, undefined, true]);
  });

  test('a slice under 200', async () => {
    faults.add(row('slice under 200'));
    const got = await get(link(), RANGE);
    expect([got.status, got.headers['content-range']]).toEqual([200, `bytes 1000-2999/${SIZE}`]);
    expect(got.bytes.equals(bytes.subarray(1000, 3000))).toBe(true);
  });

  test('an HTML page', async () => {
    faults.add(row('HTML page'));
    const got = await get(link(), RANGE);
    expect([got.status, got.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  });

  test('extra bytes', async () => {
    faults.add(extraBytes(7));
    const got = await get(link());
    expect([got.bytes.length, got.error, got.bytes.subarray(0, SIZE).equals(bytes)]).toEqual([
      SIZE + 7,
      undefined,
      true,
    ]);
  });

  test('a stall holds until it is released', async () => {
    faults.add(stallAfter(400_000));
    const arriving = get(link());
    const seen = () => cdn.server.requests[0]?.bytesSent ?? 0;
    while (seen() < 400_000) await new Promise((resolve) => setImmediate(resolve));
    expect([seen(), cdn.server.requests[0]?.finished]).toEqual([400_000, false]);
    faults.release();
    expect((await arriving).bytes.equals(bytes)).toBe(true);
  });
});

test('a fault strikes the path and the number of times that were asked for', async () => {
  faults.add(resetAfter(10), { path: 'other.bin' });
  faults.add(resetAfter(10), { path: /\.bin$/, times: 2 });
  const lengths = [await get(link()), await get(link()), await get(link())].map((got) => got.bytes.length);
  expect(lengths).toEqual([10, 10, SIZE]);
  expect(faults.struck).toEqual([
    { name: 'reset', path: 'model.bin' },
    { name: 'reset', path: 'model.bin' },
  ]);
});

describe('the CDN', () => {
  test('counts what was sent', async () => {
    await get(link());
    await get(link(), RANGE);
    expect([cdn.server.count('cdn'), cdn.server.bytesSent('cdn')]).toEqual([2, SIZE + 2000]);
  });

  test.each([
    ['bytes=0-0', 206, `bytes 0-0/${SIZE}`, 1],
    ['bytes=999990-', 206, `bytes 999990-999999/${SIZE}`, 10],
    ['bytes=-5', 206, `bytes 999995-999999/${SIZE}`, 5],
    ['bytes=999999-2000000', 206, `bytes 999999-999999/${SIZE}`, 1],
    [`bytes=${SIZE}-`, 416, `bytes */${SIZE}`, 0],
    ['bytes=5-4', 200, undefined, SIZE],
    ['bytes=0-1,5-6', 200, undefined, SIZE],
  ])('%s: %i %s', async (range, status, contentRange, length) => {
    const got = await get(link(), { Range: range });
    expect([got.status, got.headers['content-range'], got.bytes.length]).toEqual([status, contentRange, length]);
  });

  test('refuses credentials and remembers who brought them', async () => {
    expect((await get(link(), { Authorization: 'Bearer x' })).status).toBe(400);
    expect((await get(link(), { Cookie: 'a=b' })).status).toBe(400);
    expect(cdn.leaks).toMatchObject([{ authorization: 'Bearer x' }, { cookie: 'a=b' }]);
  });

  test('links expire, other people’s do not work', async () => {
    const old = link();
    expect((await get(old)).status).toBe(200);
    cdn.expireLinks();
    expect((await get(old)).status).toBe(403);
    expect((await get(link())).status).toBe(200);
    expect((await get(link().replace('/some/object', '/other/object'))).status).toBe(403);
    expect((await get(`${cdn.url}/some/object`)).status).toBe(403);
  });

  test('may refuse to send something large in one piece', async () => {
    cdn.options.unboundedLimitBytes = SIZE - 1;
    expect((await get(link())).status).toBe(400);
    expect((await get(link(), { Range: 'bytes=0-' })).status).toBe(206);
    delete cdn.options.unboundedLimitBytes;
  });
});
