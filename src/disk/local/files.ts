// The user's own files, read to be published: their beginnings, their digests, their bytes. Changes none of them, and notices when
// something else does.

import { resolve } from 'node:path';
import type { Chunks } from '../../core/chunks.ts';
import { ModelFetchError } from '../../core/errors.ts';
import type { Range } from '../../core/http.ts';
import type { FoundFile, LocalFiles } from '../../core/ports/local-files.ts';
import { type LocalDigests, MAX_GIT_BYTES } from '../../core/ports/push.ts';
import type { Hasher } from '../../core/ports.ts';
import { onDisk } from '../io-error.ts';
import { readChunks } from '../read-chunks.ts';
import { prepareStore } from '../staging.ts';
import { refuseNewer } from '../store/format.ts';
import { createLayout, type Layout } from '../store/layout.ts';
import { type OriginStamp, sameStamp, stampThrough } from '../store/stamp.ts';
import { listLocal } from './list.ts';
import { recallLocal, rememberLocal } from './receipt.ts';

export interface LocalFilesOptions {
  readonly workspace: string;
  /** Of the store, where receipts are kept. */
  readonly store: string;
  readonly hasher: Hasher;
  /** Files that are never published, wherever they lie, as the store never is. */
  readonly secrets?: readonly string[];
  /** For a dry run: nothing is kept. */
  readonly isReadOnly?: boolean;
  /** Milliseconds since 1970; the system's when not given. */
  readonly nowMs?: () => number;
}

export function createLocalFiles(options: LocalFilesOptions): LocalFiles {
  const { hasher, secrets = [], isReadOnly = false, nowMs = Date.now } = options;
  const layout = createLayout(options.store);
  const workspace = resolve(options.workspace);
  const never = [layout.folder, ...secrets].map((path) => resolve(workspace, path));
  const stamps = new Map<string, OriginStamp>();
  // Of this run; `verify: full` distrusts earlier ones only.
  const hashed = new Map<string, LocalDigests>();

  const check = async (file: FoundFile): Promise<OriginStamp> => {
    const now = await onDisk(file.location, () => stampThrough(file.location));
    const before = stamps.get(file.location);
    if (now === undefined || before === undefined || !sameStamp(now, before)) throw changed(file);
    return now;
  };
  return {
    async list(request, signal) {
      await onDisk(layout.folder, () => refuseNewer(layout));
      const found = await listLocal({ workspace, never }, request, signal);
      for (const file of found) {
        const stamp = await onDisk(file.location, () => stampThrough(file.location));
        if (stamp?.sizeBytes !== file.sizeBytes) throw changed(file);
        stamps.set(file.location, stamp);
      }
      return found;
    },
    async head(file, countBytes) {
      const parts: Uint8Array[] = [];
      for await (const part of read(file, { start: 0, end: Math.min(countBytes, file.sizeBytes) }, check))
        parts.push(Buffer.from(part));
      return Buffer.concat(parts);
    },
    async digests(file, verify, signal) {
      const stamp = await check(file);
      const ours = hashed.get(file.location);
      if (ours !== undefined) return ours;
      const known = verify === 'receipt' ? await recallLocal(layout, stamp) : undefined;
      if (known !== undefined) return known;
      const digests = await hash(file, { hasher, check }, signal);
      hashed.set(file.location, digests);
      if (!isReadOnly) await keep({ layout, stamp, digests, nowMs: nowMs() });
      return digests;
    },
    open: (file, range = { start: 0, end: file.sizeBytes }) => read(file, range, check),
  };
}

async function hash(
  file: FoundFile,
  { hasher, check }: { hasher: Hasher; check: (file: FoundFile) => Promise<OriginStamp> },
  signal: AbortSignal,
): Promise<LocalDigests> {
  const algorithms = file.sizeBytes <= MAX_GIT_BYTES ? (['sha256', 'git-sha1'] as const) : (['sha256'] as const);
  const hashing = hasher.hash(file.location, file.sizeBytes, algorithms, signal);
  const [sha256, gitSha1] = await hashing.catch(async (error: unknown) => {
    // A file that became shorter fails in the reading: say what it is.
    await check(file);
    throw error;
  });
  await check(file);
  if (sha256 === undefined) throw new Error('a file was hashed without a sha256');
  return { sha256, ...(gitSha1 === undefined ? {} : { 'git-sha1': gitSha1 }) };
}

async function keep(receipt: {
  layout: Layout;
  stamp: OriginStamp;
  digests: LocalDigests;
  nowMs: number;
}): Promise<void> {
  const { layout, stamp, digests, nowMs } = receipt;
  await onDisk(layout.folder, async () => {
    await prepareStore(layout);
    await rememberLocal(layout, stamp, digests, nowMs);
  });
}

async function* read(file: FoundFile, range: Range, check: (file: FoundFile) => Promise<OriginStamp>): Chunks {
  await check(file);
  yield* readChunks(file.location, range, () => changed(file));
  await check(file);
}

function changed(file: FoundFile): ModelFetchError {
  return new ModelFetchError('FILE_CHANGED', `"${file.location}" changed while it was read.`, {
    hint: 'Publish when everything that writes the file has ended; then run again.',
  });
}
