// Records of what runs need: small files, each a list of digests, whose age says when the need was last felt. Hints for garbage
// collection: a record that cannot be read counts as none.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { algorithmOf, type Digest, hexOf, toDigest } from '../core/digest.ts';
import { errnoOf, ifPresent } from './io-error.ts';
import type { Layout, RecordKind } from './layout.ts';
import { storeText } from './staging.ts';

export const digestSchema = v.custom<Digest>(
  (text) =>
    typeof text === 'string' &&
    /^(sha256|git-sha1):/.test(text) &&
    toDigest(algorithmOf(text as Digest), hexOf(text as Digest)) === text,
);
const recordSchema = v.object({ about: v.string(), digests: v.array(digestSchema) });

/** What somebody needs. */
export interface Need {
  /** For people: a snapshot, a lock file. Strangers' text when it is read back. */
  readonly about: string;
  readonly digests: readonly Digest[];
}

export interface NeedRecord extends Need {
  readonly name: string;
  /** When it was last written, by the clock of the file system. */
  readonly atMs: number;
}

/** @throws the system's own error */
export async function writeRecord(layout: Layout, kind: RecordKind, name: string, need: Need): Promise<void> {
  await storeText(layout, layout.record(kind, name), `${JSON.stringify(need)}\n`);
}

export async function readRecords(layout: Layout, kind: RecordKind): Promise<NeedRecord[]> {
  const names = (await ifPresent(readdir(layout.records(kind)))) ?? [];
  const records = await Promise.all(names.map((name) => readRecord(join(layout.records(kind), name), name)));
  return records.filter((record) => record !== undefined);
}

async function readRecord(path: string, name: string): Promise<NeedRecord | undefined> {
  try {
    const { mtimeMs } = await stat(path);
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), recordSchema), await readFile(path, 'utf8'));
    return parsed.success ? { ...parsed.output, name, atMs: mtimeMs } : undefined;
  } catch (error) {
    // Gone meanwhile, or another user's.
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
