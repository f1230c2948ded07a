// A view's own record of what it put into a folder, so that the next run can tell its files from the user's. A record that
// cannot be believed counts as none.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { toDigest } from '../../core/digest.ts';
import { unsafeReason } from '../../core/repo-path.ts';
import { ifPresent } from '../io-error.ts';
import { replaceText } from '../move-file.ts';
import { stampOf, stampSchema } from '../store/stamp.ts';

/** The name of the record inside the folder. */
export const MANIFEST = '.model-fetch.json';
const MAX_BYTES = 64 * 1024 * 1024;

const entrySchema = v.object({
  ...stampSchema.entries,
  path: v.pipe(
    v.string(),
    v.check((path) => unsafeReason(path) === undefined),
  ),
  sha256: v.pipe(
    v.string(),
    v.check((hex) => toDigest('sha256', hex) === `sha256:${hex}`),
  ),
  /** Whether it was a hard link to the blob, so that another inode means another file. */
  linked: v.boolean(),
});
const manifestSchema = v.object({
  version: v.literal(1),
  snapshotId: v.string(),
  ref: v.string(),
  files: v.array(entrySchema),
});

/** A file as it was when the view put it there. */
export type PlacedEntry = Readonly<v.InferOutput<typeof entrySchema>>;

/** The entries of the record, by path; empty when there is none that can be believed. */
export async function readManifest(root: string): Promise<Map<string, PlacedEntry>> {
  const path = join(root, MANIFEST);
  const stamp = await stampOf(path);
  if (stamp === undefined || stamp.sizeBytes > MAX_BYTES) return new Map();
  const text = await ifPresent(readFile(path, 'utf8'));
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), manifestSchema), text);
  return new Map(parsed.success ? parsed.output.files.map((entry) => [entry.path, entry]) : []);
}

/** Replaces the record. @param privatePath a free name in the same folder. @throws the system's own error */
export async function writeManifest(
  root: string,
  about: { readonly snapshotId: string; readonly ref: string },
  entries: Iterable<PlacedEntry>,
  privatePath: string,
): Promise<void> {
  const files = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  await replaceText(
    join(root, MANIFEST),
    `${JSON.stringify({ version: 1, ...about, files }, undefined, 1)}\n`,
    privatePath,
  );
}
