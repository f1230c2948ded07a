// The last step into the store: a proved private file gets its blob's name. Whoever calls has hashed it.

import type { Digest } from '../../core/digest.ts';
import type { Emit } from '../../core/events.ts';
import type { Blob, Hasher, LeanReader } from '../../core/ports.ts';
import type { Leases } from '../lease/lease.ts';
import { inFolderOf, moveLinkOver } from '../move-file.ts';
import { platform } from '../platform.ts';
import type { Layout } from '../store/layout.ts';
import { type Hashed, keepMarks } from '../store/marks.ts';
import { recall, remember } from '../store/receipt.ts';
import { type Stamp, settledSeconds, stampOf } from '../store/stamp.ts';
import { removeFile, setMode, setTimes } from '../swift-steps.ts';
import { blobOf } from './proof.ts';

/** What the parts of a store share. */
export interface StoreParts {
  readonly layout: Layout;
  readonly hasher: Hasher;
  /** Fetches very small files. */
  readonly reader: LeanReader | undefined;
  readonly leases: Leases;
  /** Of stores that came with the machine: read, and never written. */
  readonly lowers: readonly Layout[];
  /** Where blobs are that were found in one of those, by their sha256 in hex. */
  readonly elsewhere: Map<string, string>;
  readonly emit: Emit;
  nowMs(): number;
  /** Looking changes nothing: what is damaged stays where it is. */
  readonly isReadOnly: boolean;
  /** Makes the store's folders, once, before the first thing is written. */
  prepare(): Promise<void>;
}

/** Where a blob's bytes are. */
export function pathOfBlob({ layout, elsewhere }: StoreParts, { sha256 }: Blob): string {
  return elsewhere.get(sha256) ?? layout.blob(sha256);
}

/** Finishes a file of our own: a time that any later write changes, and read-only. Not flushed: its receipt says so, and does
 * not outlive the run of the system that wrote it. */
export async function seal(path: string, nowMs: number): Promise<void> {
  await setTimes(path, settledSeconds(nowMs));
  if (platform.blobMode !== undefined) await setMode(path, platform.blobMode);
}

/** Moves a proved file under its blob's name, or drops it when that content is already there and fine.
 * @param hashed as computed from exactly these bytes, sha256 among them. */
export async function publish(parts: StoreParts, path: string, hashed: Hashed): Promise<Blob> {
  const { layout } = parts;
  const { digests, marks } = hashed;
  const stamp = await stampOf(path);
  if (stamp === undefined) throw new Error(`nothing to publish at ${path}`);
  const blob = blobOf(stamp.sizeBytes, digests);
  const target = layout.blob(blob.sha256);
  parts.elsewhere.delete(blob.sha256);
  const there = await soundStamp(layout, blob);
  await keepMarks(layout, blob.sha256, marks);
  // Before it has its name: what garbage collection can find has to lead back to whoever holds it by git's name.
  await remember(layout, there?.stamp ?? stamp, union(digests, there?.digests ?? []), parts.nowMs());
  // The one that was there may have been collected before its new name was known.
  if (there !== undefined && (await stampOf(target)) !== undefined) {
    await removeFile(path);
  } else {
    await inFolderOf(target, () => moveLinkOver(path, target));
    if (there !== undefined) await remember(layout, stamp, digests, parts.nowMs());
  }
  return blob;
}

async function soundStamp(layout: Layout, blob: Blob): Promise<{ stamp: Stamp; digests: Digest[] } | undefined> {
  const stamp = await stampOf(layout.blob(blob.sha256));
  if (stamp === undefined || stamp.sizeBytes !== blob.sizeBytes) return undefined;
  const digests = await recall(layout, blob.sha256, stamp);
  return digests === undefined ? undefined : { stamp, digests };
}

function union(a: readonly Digest[], b: readonly Digest[]): Digest[] {
  return [...new Set([...a, ...b])];
}
