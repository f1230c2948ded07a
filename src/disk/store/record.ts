// Records of what runs need: small files, each a list of digests, whose age says when the need was last felt. Hints for garbage
// collection: a text that is no record counts as none.

import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import * as v from 'valibot';
import { algorithmOf, type Digest, hexOf, toDigest } from '../../core/digest.ts';
import { ifOurs, ifPresent } from '../io-error.ts';
import { readText } from '../read-text.ts';
import { storeText } from '../staging.ts';
import { untilFresh } from '../stale.ts';
import type { Layout, RecordKind } from './layout.ts';

const READS_AT_ONCE = 16;
/** Two listings of half a million entries. */
const MOST_BYTES = 80 * 1024 * 1024;

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

/** The names of all records of a kind. What is no file, or is not for this user, counts as none.
 * @throws the system's own error, when a record may be there and cannot be looked at now */
export async function listRecords(layout: Layout, kind: RecordKind): Promise<{ name: string; mark: string }[]> {
  const names = (await ifPresent(untilFresh(() => readdir(layout.records(kind))))) ?? [];
  // Anything else that goes wrong, too many open files above all, would make needs look like none.
  const look = async (name: string) => {
    const found = await ifOurs(untilFresh(() => lstat(join(layout.records(kind), name), { bigint: true })));
    // Each writing makes a file anew.
    return found?.isFile() === true ? { name, mark: `${found.ino} ${found.mtimeNs} ${found.size}` } : undefined;
  };
  return (await pMap(names, look, { concurrency: READS_AT_ONCE })).filter((one) => one !== undefined);
}

/** Undefined when it is gone, not for this user, or no record. @throws as `listRecords` */
export async function readRecord(layout: Layout, kind: RecordKind, name: string): Promise<NeedRecord | undefined> {
  const path = join(layout.records(kind), name);
  const found = await ifOurs(untilFresh(() => lstat(path)));
  if (found?.isFile() !== true) return undefined;
  const text = await ifOurs(readText(path, MOST_BYTES));
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), recordSchema), text);
  return parsed.success ? { ...parsed.output, name, atMs: found.mtimeMs } : undefined;
}

/** All of a kind. @throws as `listRecords` */
export async function readRecords(layout: Layout, kind: RecordKind): Promise<NeedRecord[]> {
  const names = await listRecords(layout, kind);
  const records = await pMap(names, ({ name }) => readRecord(layout, kind, name), { concurrency: READS_AT_ONCE });
  return records.filter((record) => record !== undefined);
}
