// Digests as text: `sha256:<hex>` or `git-sha1:<hex>`. Recomputable from the bytes alone, so an ETag is never one.

import { createHash, type Hash } from 'node:crypto';

export const ALGORITHMS = ['sha256', 'git-sha1'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];
export type Digest = `${Algorithm}:${string}`;

const HEX_LENGTH: Record<Algorithm, number> = { sha256: 64, 'git-sha1': 40 };

/** A digest from the hub's text, lower-cased; undefined when it is not hex of the right length. */
export function toDigest(algorithm: Algorithm, hex: unknown): Digest | undefined {
  if (typeof hex !== 'string' || hex.length !== HEX_LENGTH[algorithm] || !/^[0-9a-f]+$/i.test(hex)) return undefined;
  return `${algorithm}:${hex.toLowerCase()}`;
}

/** Reads a digest as it is written here; undefined for any other text. */
export function parseDigest(text: string): Digest | undefined {
  const [name, hex] = text.split(':', 2);
  const algorithm = ALGORITHMS.find((one) => one === name);
  const digest = algorithm === undefined ? undefined : toDigest(algorithm, hex);
  return digest === text ? digest : undefined;
}

export function algorithmOf(digest: Digest): Algorithm {
  return digest.slice(0, digest.indexOf(':')) as Algorithm;
}

export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** A running digest. git's blob id hashes a header with the length first, so the size must be known beforehand. */
export function createDigester(algorithm: Algorithm, sizeBytes: number): Hash {
  if (algorithm === 'sha256') return createHash('sha256');
  return createHash('sha1').update(`blob ${sizeBytes}\0`);
}

/** The digest of bytes that are in memory. */
export function digestOf(algorithm: Algorithm, bytes: Uint8Array | string): Digest {
  const buffer = Buffer.from(bytes as Uint8Array);
  return `${algorithm}:${createDigester(algorithm, buffer.length).update(buffer).digest('hex')}`;
}
