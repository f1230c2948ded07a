// A pack as it is saved: never made on the disk, but read from its blobs when its bytes are asked for.

import { type PackMember, packHead, packOrder } from '../../core/cache/pack.ts';
import type { Range } from '../../core/http.ts';
import type { Blob, CacheContent, Store } from '../../core/ports.ts';
import { totalBytes } from '../../core/snapshot.ts';

export interface PackedBlob extends PackMember {
  readonly blob: Blob;
}

export function packContent(members: readonly PackedBlob[], store: Store): CacheContent {
  const ordered = packOrder(members);
  const head = packHead(ordered);
  return {
    sizeBytes: head.length + totalBytes(ordered),
    async *read(range) {
      yield* inside(head.subarray(...ends(range, 0, head.length)));
      let start = head.length;
      for (const { blob, sizeBytes } of ordered) {
        const [from, to] = ends(range, start, sizeBytes);
        if (to > from) yield* store.read(blob, { start: from, end: to });
        start += sizeBytes;
      }
    },
  };
}

function* inside(bytes: Uint8Array): Iterable<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

/** The part of a range that lies in a piece, counted from the piece's own beginning. */
function ends(range: Range, startBytes: number, sizeBytes: number): [number, number] {
  const clamp = (at: number) => Math.max(0, Math.min(sizeBytes, at - startBytes));
  return [clamp(range.start), clamp(range.end)];
}
