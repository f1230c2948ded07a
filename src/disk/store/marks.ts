// Marks: the sha256 of each beginning of a content, piece by piece, kept when it was proved. They tell where damage begins; they
// prove nothing, and a record of them that cannot be believed counts as none.

import * as v from 'valibot';
import { type Digest, toDigest } from '../../core/digest.ts';
import type { Hasher } from '../../core/ports.ts';
import { untilAborted } from '../../core/signal/until-aborted.ts';
import { PIECE_BYTES } from '../../core/transfer/schedule.ts';
import type { HashTask } from '../hash/hash-file.ts';
import { errnoOf } from '../io-error.ts';
import { readText } from '../read-text.ts';
import { storeText } from '../staging.ts';
import type { Layout } from './layout.ts';

/** Enough for a content of 15 TB. */
const MOST_BYTES = 64 * 1024 * 1024;

/** What one reading of a file gives. */
export interface Hashed {
  readonly digests: readonly Digest[];
  /** As HashFollower.marks. */
  readonly marks: readonly string[];
}

const marksSchema = v.object({
  pieceBytes: v.literal(PIECE_BYTES),
  marks: v.array(
    v.pipe(
      v.string(),
      v.check((hex) => toDigest('sha256', hex) === `sha256:${hex}`),
    ),
  ),
});

/** As Hasher.hash, and the marks besides. @throws DISK_IO, ABORTED */
export async function hashMarked(hasher: Hasher, task: HashTask, signal: AbortSignal): Promise<Hashed> {
  const follower = hasher.follow(task.path, task.sizeBytes, task.algorithms);
  try {
    follower.advance(task.sizeBytes);
    const digests = await untilAborted(follower.finish(), signal);
    return { digests, marks: follower.marks };
  } finally {
    follower.stop();
  }
}

/** Keeps the marks of a proved content; of one that has none, nothing. @throws the system's own error */
export async function keepMarks(layout: Layout, sha256: string, marks: readonly string[]): Promise<void> {
  if (marks.length === 0) return;
  await storeText(layout, layout.marks(sha256), `${JSON.stringify({ pieceBytes: PIECE_BYTES, marks })}\n`);
}

/** The marks that were kept; empty when there are none that a content of this size could have. */
export async function recallMarks(layout: Layout, sha256: string, sizeBytes: number): Promise<readonly string[]> {
  const text = await readText(layout.marks(sha256), MOST_BYTES).catch((error: unknown) => {
    // Whatever keeps them from being read, the whole file can be fetched.
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  });
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), marksSchema), text);
  const count = Math.ceil(sizeBytes / PIECE_BYTES) - 1;
  return parsed.success && parsed.output.marks.length === count ? parsed.output.marks : [];
}
