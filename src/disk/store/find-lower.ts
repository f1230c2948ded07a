// Looking a file up in stores that came with the machine. They are read and never written: what was found out about them is remembered
// in our own store, and their bytes are used where they lie.

import { algorithmOf, hexOf } from '../../core/digest.ts';
import { codeOf } from '../../core/errors.ts';
import type { Blob, Verify } from '../../core/ports.ts';
import { identityOf, promisedSha256, type RemoteFile } from '../../core/snapshot.ts';
import { errnoOf } from '../io-error.ts';
import { algorithmsFor, keepsPromise } from '../slot/proof.ts';
import type { StoreParts } from '../slot/publish.ts';
import { refuseNewer } from './format.ts';
import type { Layout } from './layout.ts';
import { type Hashed, hashMarked } from './marks.ts';
import { readAlias, recall, remember } from './receipt.ts';
import { type Stamp, stampOf } from './stamp.ts';

/** The proved blob of the first store that has it. @throws ABORTED */
export async function findLower(
  parts: StoreParts,
  file: RemoteFile,
  verify: Verify,
  signal: AbortSignal,
): Promise<Blob | undefined> {
  for (const lower of parts.lowers) {
    try {
      const blob = await findIn(parts, lower, { file, verify }, signal);
      if (blob !== undefined) return blob;
    } catch (error) {
      // A store that cannot be read, or that is of a newer program, is as none.
      if (errnoOf(error) === undefined && !['DISK_IO', 'STORE_FORMAT'].includes(codeOf(error) ?? '')) throw error;
    }
  }
  return undefined;
}

async function findIn(
  parts: StoreParts,
  lower: Layout,
  { file, verify }: { file: RemoteFile; verify: Verify },
  signal: AbortSignal,
): Promise<Blob | undefined> {
  await refuseNewer(lower);
  const sha256 = promisedSha256(file) ?? (await readAlias(lower, hexOf(identityOf(file))));
  const stamp = sha256 === undefined ? undefined : await stampOf(lower.blob(sha256));
  if (sha256 === undefined || stamp?.sizeBytes !== file.sizeBytes) return undefined;
  const path = lower.blob(sha256);
  const recalled = verify === 'receipt' ? await recallEither(parts, lower, sha256, stamp) : undefined;
  const algorithms = algorithmsFor(file);
  const knowsAll = algorithms.every((algorithm) => recalled?.some((digest) => algorithmOf(digest) === algorithm));
  const hashed: Hashed =
    recalled !== undefined && knowsAll
      ? { digests: recalled, marks: [] }
      : await hashMarked(parts.hasher, { path, sizeBytes: stamp.sizeBytes, algorithms }, signal);
  if (!hashed.digests.includes(`sha256:${sha256}`) || !keepsPromise(file, hashed.digests)) return undefined;
  if (recalled === undefined || !knowsAll) await rememberIfPossible(parts, stamp, hashed);
  parts.elsewhere.set(sha256, path);
  return { sha256, sizeBytes: stamp.sizeBytes };
}

async function recallEither({ layout }: StoreParts, lower: Layout, sha256: string, stamp: Stamp) {
  return (await recall(layout, sha256, stamp)) ?? (await recall(lower, sha256, stamp));
}

async function rememberIfPossible(parts: StoreParts, stamp: Stamp, { digests }: Hashed): Promise<void> {
  if (parts.isReadOnly) return;
  try {
    await parts.prepare();
    await remember(parts.layout, stamp, digests, parts.nowMs());
  } catch (error) {
    // It is hashed again next time.
    if (errnoOf(error) === undefined) throw error;
  }
}
