// What hashing a file of the user's gave, kept in the store and bound to the file's stamp, so that it need not be hashed twice. Hints
// only: what the hub lists in the end is compared with what was hashed.

import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { toDigest } from '../../core/digest.ts';
import type { LocalDigests } from '../../core/ports/push.ts';
import { errnoOf } from '../io-error.ts';
import { readText } from '../read-text.ts';
import { storeText } from '../staging.ts';
import type { Layout } from '../store/layout.ts';
import { isSettled, type OriginStamp, originSchema, sameStamp } from '../store/stamp.ts';

const MOST_BYTES = 64 * 1024;
const receiptSchema = v.object({ ...originSchema.entries, sha256: v.string(), gitSha1: v.nullable(v.string()) });

/** The digests of the file as it is now, when they are known. */
export async function recallLocal(layout: Layout, stamp: OriginStamp): Promise<LocalDigests | undefined> {
  const text = await readText(layout.origin(keyOf(stamp)), MOST_BYTES).catch((error: unknown) => {
    // Whatever keeps them from being read, the file can be hashed.
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  });
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), receiptSchema), text);
  if (!parsed.success || !isUntouched(parsed.output, stamp)) return undefined;
  const sha256 = toDigest('sha256', parsed.output.sha256);
  const gitSha1 = toDigest('git-sha1', parsed.output.gitSha1);
  if (sha256 === undefined) return undefined;
  return { sha256, ...(gitSha1 === undefined ? {} : { 'git-sha1': gitSha1 }) };
}

/** Keeps them, unless the file is so new that a further write might not show in its time. */
export async function rememberLocal(
  layout: Layout,
  stamp: OriginStamp,
  digests: LocalDigests,
  nowMs: number,
): Promise<void> {
  const isOld = isSettled(stamp, nowMs) && isSettled({ ...stamp, mtimeNs: stamp.ctimeNs }, nowMs);
  if (!isOld) return;
  const hex = (digest: string | undefined) => digest?.slice(digest.indexOf(':') + 1) ?? null;
  const receipt = { ...stamp, sha256: hex(digests.sha256), gitSha1: hex(digests['git-sha1']) };
  await storeText(layout, layout.origin(keyOf(stamp)), `${JSON.stringify(receipt)}\n`);
}

function isUntouched(a: OriginStamp, b: OriginStamp): boolean {
  return sameStamp(a, b) && a.ctimeNs === b.ctimeNs;
}

// By the file, not by its name: a file that moved is still known.
function keyOf({ dev, ino }: OriginStamp): string {
  return createHash('sha256').update(`${dev}\0${ino}`).digest('hex');
}
