// The lock file: what each model was when it was locked. JSON with a line for each file, in a stable order, so that a change reads
// well in a pull request. Reading it is lock/parse.ts.

import { algorithmOf, hexOf } from './digest.ts';
import type { Filter } from './filter.ts';
import { formatRef, type ModelRef } from './ref.ts';
import type { RemoteFile } from './snapshot.ts';

/** Of the form of the file. One that says another is refused. */
export const LOCK_VERSION = 1;

/** One model as it was locked, with the filters that chose its files. */
export interface LockedModel extends Filter {
  /** As it was asked for: its revision may be a branch or a range. */
  readonly ref: ModelRef;
  /** What it meant: a commit where the hub tells one. */
  readonly revision: string;
  /** sha256 over paths, sizes and digests, so that a bad merge shows. */
  readonly snapshotId: string;
  /** Sorted by path. */
  readonly files: readonly RemoteFile[];
}

export interface Lock {
  readonly models: readonly LockedModel[];
}

export const EMPTY_LOCK: Lock = { models: [] };

/** What makes two entries the same: the reference as it is written, its site, and the filters. */
export function lockIdentity({ ref, include, exclude }: Pick<LockedModel, 'ref'> & Filter): string {
  return JSON.stringify([formatRef(ref), ref.site ?? '', include, exclude]);
}

/** The lock as text: the same models give the same bytes, whatever their order was. */
export function formatLock({ models }: Lock): string {
  const blocks = models
    .toSorted((a, b) => (lockIdentity(a) < lockIdentity(b) ? -1 : 1))
    .map((model) => formatModel(model));
  return `{\n  "version": ${LOCK_VERSION},\n  "models": [${blocks.length === 0 ? '' : `\n${blocks.join(',\n')}\n  `}]\n}\n`;
}

function formatModel({ ref, include, exclude, revision, snapshotId, files }: LockedModel): string {
  const members: [string, unknown][] = [
    ['ref', formatRef(ref)],
    ...(ref.site === undefined ? [] : [['site', ref.site] as [string, unknown]]),
    ...(include.length === 0 ? [] : [['include', include] as [string, unknown]]),
    ...(exclude.length === 0 ? [] : [['exclude', exclude] as [string, unknown]]),
    ['revision', revision],
    ['snapshot', snapshotId],
  ];
  const head = members.map(([name, value]) => `      "${name}": ${JSON.stringify(value)},\n`).join('');
  return `    {\n${head}      "files": [\n${files.map(formatFile).join(',\n')}\n      ]\n    }`;
}

function formatFile({ path, sizeBytes, digests }: RemoteFile): string {
  const sums = digests.map((digest) => `, "${algorithmOf(digest)}": "${hexOf(digest)}"`).join('');
  return `        { "path": ${JSON.stringify(path)}, "size": ${sizeBytes}${sums} }`;
}
