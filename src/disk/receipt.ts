// Receipts: which digests a blob had when its bytes were last hashed, bound to the file's stamp. Saves time, proves nothing
// about a file that any stamp would not betray; `verify: full` passes it by.

import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { algorithmOf, type Digest, hexOf, toDigest } from '../core/digest.ts';
import { identityOf, promisedSha256, type RemoteFile } from '../core/snapshot.ts';
import { ifPresent } from './io-error.ts';
import type { Layout } from './layout.ts';
import { bootId, bootMs } from './platform.ts';
import { storeText } from './staging.ts';
import { isSettled, type Stamp, sameStamp, stampSchema } from './stamp.ts';

const digestSchema = v.custom<Digest>(
  (text) =>
    typeof text === 'string' &&
    /^(sha256|git-sha1):/.test(text) &&
    toDigest(algorithmOf(text as Digest), hexOf(text as Digest)) === text,
);
// `boot`: the bytes may not have been flushed, so a power cut in that run of the system could have taken them. Null: they were.
const receiptSchema = v.object({
  ...stampSchema.entries,
  digests: v.array(digestSchema),
  boot: v.nullable(v.string()),
});

/** The digests of the file with this stamp, as far as they were ever computed; undefined when no receipt fits it. */
export async function recall(layout: Layout, sha256: string, stamp: Stamp): Promise<Digest[] | undefined> {
  const text = await ifPresent(readFile(layout.receipt(sha256), 'utf8'));
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), receiptSchema), text);
  if (!parsed.success || !sameStamp(parsed.output, stamp)) return undefined;
  const { digests, boot } = parsed.output;
  if (boot !== null && boot !== bootId()) return undefined;
  return digests.includes(`sha256:${sha256}`) ? digests : undefined;
}

/** Keeps what hashing the file with this stamp gave, and makes git's name for it lead here. */
export async function remember(layout: Layout, stamp: Stamp, digests: readonly Digest[], nowMs: number): Promise<void> {
  const sha256 = digests.find((digest) => algorithmOf(digest) === 'sha256');
  if (sha256 === undefined) throw new Error('a blob is remembered by its sha256');
  // A file written a moment ago could be written again without its time changing: it is hashed once more next time instead.
  if (isSettled(stamp, nowMs)) {
    // What was written before the system started can only have come from the disk.
    const boot = isSettled(stamp, bootMs()) ? null : bootId();
    await storeText(layout, layout.receipt(hexOf(sha256)), `${JSON.stringify({ ...stamp, digests, boot })}\n`);
  }
  for (const digest of digests) {
    if (algorithmOf(digest) === 'git-sha1') await storeText(layout, layout.alias(hexOf(digest)), `${hexOf(sha256)}\n`);
  }
}

/** The sha256 in hex that the file's content should have: as promised, or as known by git's name for it; undefined for neither. */
export async function expectedSha256(layout: Layout, file: RemoteFile): Promise<string | undefined> {
  return promisedSha256(file) ?? (await readAlias(layout, hexOf(identityOf(file))));
}

// Where git's name for a content leads: a sha256 in hex that must still be proved.
async function readAlias(layout: Layout, gitSha1: string): Promise<string | undefined> {
  const text = await ifPresent(readFile(layout.alias(gitSha1), 'utf8'));
  const digest = toDigest('sha256', text?.trim());
  return digest === undefined ? undefined : hexOf(digest);
}
