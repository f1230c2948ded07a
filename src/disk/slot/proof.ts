// Which digests a file needs, and whether the ones computed are those promised. Pure.

import { ALGORITHMS, type Algorithm, algorithmOf, type Digest, hexOf } from '../../core/digest.ts';
import { ModelFetchError } from '../../core/errors.ts';
import type { Blob } from '../../core/ports.ts';
import type { RemoteFile } from '../../core/snapshot.ts';

/** What must be computed of a file: sha256, which names its blob, and all that was promised. */
export function algorithmsFor(file: RemoteFile): Algorithm[] {
  const promised = new Set(file.digests.map(algorithmOf));
  return ALGORITHMS.filter((algorithm) => algorithm === 'sha256' || promised.has(algorithm));
}

/** Whether every digest that was promised is among those computed. */
export function keepsPromise(file: RemoteFile, computed: readonly Digest[]): boolean {
  return file.digests.every((digest) => computed.includes(digest));
}

/** @throws DIGEST_MISMATCH, naming the file, what was expected and what it is. */
export function proveDigests(file: RemoteFile, computed: readonly Digest[]): void {
  const broken = file.digests.find((digest) => !computed.includes(digest));
  if (broken === undefined) return;
  const actual = computed.find((digest) => algorithmOf(digest) === algorithmOf(broken));
  throw new ModelFetchError('DIGEST_MISMATCH', `"${file.path}" should be ${broken} and is ${actual}.`, {
    hint: 'The bytes were dropped. If it happens again, the source or something in between alters files.',
  });
}

/** @throws SIZE_MISMATCH */
export function sizeMismatch(file: RemoteFile, what: string): ModelFetchError {
  return new ModelFetchError('SIZE_MISMATCH', `"${file.path}" should have ${file.sizeBytes} bytes, but ${what}.`, {
    hint: 'The bytes were dropped. If it happens again, the source or something in between alters files.',
  });
}

/** The blob of a content whose digests were computed. */
export function blobOf(sizeBytes: number, computed: readonly Digest[]): Blob {
  const sha256 = computed.find((digest) => algorithmOf(digest) === 'sha256');
  if (sha256 === undefined) throw new Error('a blob is named by its sha256');
  return { sha256: hexOf(sha256), sizeBytes };
}
