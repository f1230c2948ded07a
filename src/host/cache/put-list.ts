// The list that makes a blob of blocks. Putting them together may take a host as long as taking them did, provided that it shows that it
// is there.

import type { Transport } from '../../core/ports.ts';
import { type PutRequest, putTwice, type UploadSetting, withQuery } from './put-twice.ts';
import type { Put } from './upload-pace.ts';

/** How often a host that puts blocks together is asked whether it is still there. */
const ASK_MS = 500;

export interface ListSetting extends UploadSetting {
  /** How long the blocks took. */
  readonly tookMs: number;
}

/** @throws as putTwice */
export async function putList(
  url: string,
  ids: readonly string[],
  setting: ListSetting,
  signal: AbortSignal,
): Promise<void> {
  const { clock, transport, tookMs } = setting;
  const list = listOf(url, ids);
  const untilMs = clock.nowMs() + tookMs;
  const over = new AbortController();
  const asking = AbortSignal.any([signal, over.signal]);
  let stop = () => {};
  const watch = (put: Put) => {
    const ask = createQuestion(url, transport, put);
    stop();
    stop = clock.every(ASK_MS, () => void (clock.nowMs() < untilMs && ask(asking)));
    return list;
  };
  try {
    await putTwice(watch, setting, signal);
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
