// The list that makes a blob of blocks. Putting them together may take a host twice as long as it took to answer them, provided that it
// shows meanwhile that it is there.

import type { Clock, Transport } from '../../core/ports.ts';
import { type PutRequest, putTwice, type UploadSetting, withQuery } from './put-twice.ts';
import type { Put } from './upload-pace.ts';

export interface ListSetting extends UploadSetting {
  readonly clock: Pick<Clock, 'every'>;
  /** How long the host took for the answer of each block, from the block's last byte on. */
  readonly waitsMs: readonly number[];
}

/** How often a host that puts blocks together is asked whether it is still there. */
const ASK_MS = 500;
const FACTOR = 2;
const MOST_MS = 8000;

/** How long the list may take by what the host has shown of answering. */
export function listTime(waitsMs: readonly number[]): number {
  return Math.min(MOST_MS, FACTOR * waitsMs.reduce((sum, waitMs) => sum + waitMs, 0));
}

/** @throws as putTwice */
export async function putList(
  url: string,
  ids: readonly string[],
  setting: ListSetting,
  signal: AbortSignal,
): Promise<void> {
  const { clock, transport, waitsMs } = setting;
  const list = listOf(url, ids);
  const over = new AbortController();
  const asking = AbortSignal.any([signal, over.signal]);
  let stop = () => {};
  const watch = (put: Put) => {
    const ask = createQuestion(url, transport, put);
    stop();
    stop = clock.every(ASK_MS, () => void ask(asking));
    return list;
  };
  try {
    await putTwice(watch, { ...setting, dueMs: listTime(waitsMs) }, signal);
  } finally {
    stop();
    over.abort();
  }
}

function listOf(url: string, ids: readonly string[]): PutRequest {
  const list = ids.map((id) => `<Latest>${id}</Latest>`).join('');
  return {
    url: withQuery(url, { comp: 'blocklist' }),
    headers: { 'content-type': 'application/xml', 'x-ms-blob-content-type': 'application/octet-stream' },
    body: `<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`,
  };
}

// What the answer says is of no interest, and a link for uploads may not allow the question; but who stands in front of a host that is
// gone says 5xx. One question at a time.
function createQuestion(url: string, transport: Transport, put: Put): (signal: AbortSignal) => Promise<void> {
  let isAsking = false;
  return async (signal) => {
    if (isAsking) return;
    isAsking = true;
    try {
      const response = await transport.send({ method: 'HEAD', url }, signal);
      await response.discard();
      if (response.status < 500) put.alive();
    } catch {
      // Silence speaks for itself.
    } finally {
      isAsking = false;
    }
  };
}
