// Receipts: which digests a blob had when its bytes were last hashed, bound to the file's stamp. Saves time, proves nothing
// about a file that any stamp would not betray; `verify: full` passes it by.

import * as v from 'valibot';
import { algorithmOf, type Digest, hexOf, toDigest } from '../../core/digest.ts';
import { identityOf, promisedSha256, type RemoteFile } from '../../core/snapshot.ts';
import { bootId, bootMs } from '../platform.ts';
import { storeText } from '../staging.ts';
import { readSmall } from '../swift-steps.ts';
import type { Layout } from './layout.ts';
import { digestSchema } from './record.ts';
import { isSettled, type Stamp, sameStamp, stampSchema } from './stamp.ts';

// `boot`: the bytes may not have been flushed, so a power cut in that run of the system could have taken them. Null: they were.
const oneSchema = v.object({
  ...stampSchema.entries,
  digests: v.array(digestSchema),
  boot: v.nullable(v.string()),
});
// A shared folder is another device on every machine, so each has a receipt of its own.
const receiptSchema = v.object({ ...oneSchema.entries, others: v.optional(v.array(oneSchema), []) });
type Receipt = v.InferOutput<typeof oneSchema>;

/** More machines than this hash again now and then. */
const MOST = 32;

/** The digests of the file with this stamp, as far as they were ever computed; undefined when no receipt fits it. */
export async function recall(layout: Layout, sha256: string, stamp: Stamp): Promise<Digest[] | undefined> {
  const fits = ({ boot, digests, ...of }: Receipt) =>
    sameStamp(of, stamp) && (boot === null || boot === bootId()) && digests.includes(`sha256:${sha256}`);
  return (await readReceipts(layout, sha256)).find(fits)?.digests;
}

/** All digests that a blob was said to have; they prove nothing. */
export async function digestsOfReceipt(layout: Layout, sha256: string): Promise<readonly Digest[]> {
  return (await readReceipts(layout, sha256)).flatMap(({ digests }) => digests);
}

async function readReceipts(layout: Layout, sha256: string): Promise<Receipt[]> {
  const text = await readSmall(layout.receipt(sha256));
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), receiptSchema), text);
  if (!parsed.success) return [];
  const { others, ...first } = parsed.output;
  return [first, ...others];
}

async function keepReceipt(layout: Layout, sha256: string, receipt: Receipt): Promise<void> {
  const others = (await readReceipts(layout, sha256)).filter(
    (other) =>
      other.sizeBytes === receipt.sizeBytes &&
      other.mtimeNs === receipt.mtimeNs &&
      (other.dev !== receipt.dev || other.boot !== receipt.boot),
  );
  const list = { ...receipt, ...(others.length === 0 ? {} : { others: others.slice(0, MOST - 1) }) };
  await storeText(layout, layout.receipt(sha256), `${JSON.stringify(list)}\n`);
}

/** Keeps what hashing the file with this stamp gave, and makes git's name for it lead here. */
export async function remember(layout: Layout, stamp: Stamp, digests: readonly Digest[], nowMs: number): Promise<void> {
  const sha256 = digests.find((digest) => algorithmOf(digest) === 'sha256');
  if (sha256 === undefined) throw new Error('a blob is remembered by its sha256');
  // A file written a moment ago could be written again without its time changing: it is hashed once more next time instead.
  if (isSettled(stamp, nowMs)) {
    // What was written before the system started can only have come from the disk.
    const boot = isSettled(stamp, bootMs()) ? null : bootId();
    await keepReceipt(layout, hexOf(sha256), { ...stamp, digests: [...digests], boot });
  }
  for (const digest of digests) {
    if (algorithmOf(digest) === 'git-sha1') await storeText(layout, layout.alias(hexOf(digest)), `${hexOf(sha256)}\n`);
  }
}

/** The sha256 in hex that the file's content should have: as promised, or as known by git's name for it; undefined for neither. */
export async function expectedSha256(layout: Layout, file: RemoteFile): Promise<string | undefined> {
  return promisedSha256(file) ?? (await readAlias(layout, hexOf(identityOf(file))));
}

/** Where git's name for a content leads: a sha256 in hex that must still be proved. */
export async function readAlias(layout: Layout, gitSha1: string): Promise<string | undefined> {
  const text = await readSmall(layout.alias(gitSha1));
  const digest = toDigest('sha256', text?.trim());
  return digest === undefined ? undefined : hexOf(digest);
}
