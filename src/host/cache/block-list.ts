// The list that makes a blob of blocks, and how long a host may take to put them together. Sends nothing.

import { type PutRequest, withQuery } from './put-twice.ts';

export function listOf(url: string, blocks: readonly { readonly id: string }[]): PutRequest {
  const list = blocks.map(({ id }) => `<Latest>${id}</Latest>`).join('');
  return {
    url: withQuery(url, { comp: 'blocklist' }),
    headers: { 'content-type': 'application/xml', 'x-ms-blob-content-type': 'application/octet-stream' },
    body: `<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`,
  };
}

/** A host that answers within this, on average, when it has all bytes of a block, is a quick one. */
const QUICK_MS = 100;
/** For what it does at the list again, and with all blocks at once. */
const FACTOR = 2;
const MOST_MS = 6000;

/** How long the list of blocks may take beyond what any answer may: by what the host has shown of answering, and nothing for a quick one.
 * @param waitsMs how long it took for the answer of each block, from the block's last byte on */
export function listTime(waitsMs: readonly number[]): number {
  const sumMs = waitsMs.reduce((sum, waitMs) => sum + waitMs, 0);
  return sumMs <= QUICK_MS * waitsMs.length ? 0 : Math.min(MOST_MS, FACTOR * sumMs);
}
