// The lean reader by itself: what becomes of its connection and its bytes when something goes wrong on this side.

import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { ModelFetchError } from '../../src/core/errors.ts';
import type { FetchTask } from '../../src/core/ports.ts';
import { createLeanReader } from '../../src/net/lean-reader.ts';
import { NEVER, useServers } from './ground.ts';

const serve = useServers();
const SIZE_BYTES = 1000;

function taskFor(url: string, headers: Readonly<Record<string, string>> = {}): FetchTask {
  const limits = { connectMs: 5000, headersMs: 5000, silenceMs: 5000 };
  return {
    wire: { url, headers, limits },
    range: { start: 0, end: SIZE_BYTES },
    asked: { range: undefined, sizeBytes: SIZE_BYTES, what: 'a file' },
  };
}

test('a disk that is full when the last bytes of a broken answer come is what the fetch fails with', async () => {
  const { url } = await serve(({ response }) => {
    response.setHeader('content-length', SIZE_BYTES);
    response.write('a', () => response.destroy());
  });
  const full = () => {
    throw new ModelFetchError('DISK_FULL', 'no space is left');
  };
  const fetched = createLeanReader().fetch(taskFor(url), full, () => undefined, NEVER);
  await expect(fetched).rejects.toMatchObject({ code: 'DISK_FULL' });
});

test('a header that cannot be sent opens no connection, and leaves nothing behind', async () => {
  const { url, requests } = await serve(({ response }) => void response.end());
  const { signal } = new AbortController();
  const task = taskFor(url, { authorization: 'Bearer a\r\nx-b: c' });
  const fetched = createLeanReader().fetch(
    task,
    () => undefined,
    () => undefined,
    signal,
  );
  await expect(fetched).rejects.toMatchObject({ code: 'BAD_OPTION' });
  expect(requests.length).toBe(0);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('who is stopped before opens no connection', async () => {
  const { url, requests } = await serve(({ response }) => void response.end());
  const fetched = createLeanReader().fetch(
    taskFor(url),
    () => undefined,
    () => undefined,
    AbortSignal.abort(),
  );
  await expect(fetched).rejects.toMatchObject({ code: 'ABORTED' });
  expect(requests.length).toBe(0);
});
