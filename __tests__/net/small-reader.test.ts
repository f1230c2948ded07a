import { expect, test } from 'vitest';
import type { Fetched, FetchTask } from '../../src/core/ports.ts';
import { createSmallReader } from '../../src/net/small-reader.ts';
import { NEVER, useServers } from './ground.ts';

const serve = useServers();
const TEXT = 'a few words';
const sizeBytes = TEXT.length;

function taskFor(url: string): FetchTask {
  const limits = { connectMs: 5000, headersMs: 5000, silenceMs: 5000 };
  return {
    wire: { url, headers: {}, limits },
    range: { start: 0, end: sizeBytes },
    asked: { range: undefined, sizeBytes, what: 'a file' },
  };
}

/** Reads a file, and tells how it ended and what came. */
function reading() {
  const reader = createSmallReader();
  return async (url: string): Promise<[Fetched['kind'], string]> => {
    let text = '';
    const sink = (bytes: Uint8Array) => {
      text += Buffer.from(bytes).toString();
    };
    const { kind } = await reader.fetch(taskFor(url), sink, () => undefined, NEVER);
    return [kind, text];
  };
}

/** Says the length at `/plain`, and sends chunks of unknown number elsewhere. */
async function open() {
  const sockets = new Set<unknown>();
  const { url, requests } = await serve(({ request, response, log }) => {
    sockets.add(request.socket);
    const isPlain = log.path === '/plain';
    if (isPlain) response.setHeader('content-length', sizeBytes);
    else response.write(TEXT.slice(0, 2));
    response.end(isPlain ? TEXT : TEXT.slice(2));
  });
  return { url, requests, sockets };
}

test('short files come over one connection, each whole', async () => {
  const { url, requests, sockets } = await open();
  const read = reading();
  for (let n = 0; n < 5; n += 1) expect(await read(`${url}/plain`)).toEqual(['done', TEXT]);
  expect([requests.length, sockets.size]).toEqual([5, 1]);
});

test('a host whose answers it cannot read is not asked twice for each file', async () => {
  const { url, requests } = await open();
  const read = reading();
  for (let n = 0; n < 10; n += 1) expect(await read(`${url}/chunked`)).toEqual(['odd', '']);
  expect(requests.length).toBe(3);
});

test('an odd answer now and then changes nothing', async () => {
  const { url, requests } = await open();
  const read = reading();
  for (let n = 0; n < 5; n += 1) {
    expect((await read(`${url}/chunked`))[0]).toBe('odd');
    expect((await read(`${url}/plain`))[0]).toBe('done');
  }
  expect(requests.length).toBe(10);
});

test('a host is judged by its own answers, not by those of the hub that leads to it', async () => {
  const hub = await open();
  const host = await open();
  const read = reading();
  for (let n = 0; n < 10; n += 1) {
    expect((await read(`${hub.url}/plain`))[0]).toBe('done');
    expect((await read(`${host.url}/chunked`))[0]).toBe('odd');
  }
  expect([hub.requests.length, host.requests.length]).toEqual([10, 3]);
});
