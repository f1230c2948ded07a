// Which bytes of a slot must come again when its digest is wrong. Decides; forgets and fetches nothing.

import type { Range } from '../../core/http.ts';
import type { RemoteFile } from '../../core/snapshot.ts';
import { locateDamage } from '../../core/transfer/pieces.ts';
import { PIECE_BYTES } from '../../core/transfer/schedule.ts';
import type { Layout } from '../store/layout.ts';
import { type Hashed, recallMarks } from '../store/marks.ts';
import { expectedSha256 } from '../store/receipt.ts';

export interface Repairs {
  /** The bytes to fetch again, all of them behind those of the call before, so that this ends; undefined when it cannot be told. */
  next(hashed: Hashed): Promise<Range | undefined>;
}

/** @param file the content that the bytes should be */
export function createRepairs(layout: Layout, file: RemoteFile): Repairs {
  let frontBytes = 0;
  let lengthBytes = PIECE_BYTES;
  return {
    async next({ digests, marks }) {
      const sha256 = await expectedSha256(layout, file);
      // With the right sha256 the bytes are right, and the listing is wrong about another digest.
      if (sha256 === undefined || digests.includes(`sha256:${sha256}`)) return undefined;
      const kept = await recallMarks(layout, sha256, file.sizeBytes);
      if (kept.length === 0) return undefined;
      const { start } = locateDamage(kept, marks, file.sizeBytes);
      if (start < frontBytes) return undefined;
      frontBytes = Math.min(file.sizeBytes, start + lengthBytes);
      // Each round reads the whole file, so that many damaged pieces must not cost a round each.
      lengthBytes *= 2;
      return { start, end: frontBytes };
    },
  };
}
