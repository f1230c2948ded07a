// The lock file: what each model was when it was locked. JSON with a line for each file, in a stable order, so that a change reads
// well in a pull request. It lies in somebody's repository, so it is checked like anything else that strangers write.

import * as v from 'valibot';
import { ALGORITHMS, type Algorithm, algorithmOf, type Digest, hexOf, toDigest } from './digest.ts';
import { readEndpoint } from './endpoint.ts';
import { ModelFetchError } from './errors.ts';
import type { Filter } from './filter.ts';
import { formatRef, type HubGrammar, isRevision, type ModelRef, parseRef } from './ref.ts';
import { printable } from './repo-path.ts';
import { createSnapshot, type ListedFile, type RemoteFile } from './snapshot.ts';

const VERSION = 1;
const MAX_PROBLEMS = 20;

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
  return `{\n  "version": ${VERSION},\n  "models": [${blocks.length === 0 ? '' : `\n${blocks.join(',\n')}\n  `}]\n}\n`;
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

const hex = (algorithm: Algorithm) =>
  v.optional(
    v.pipe(
      v.string(),
      v.check((text) => toDigest(algorithm, text) === `${algorithm}:${text}`, `is no ${algorithm} in lower-case hex`),
    ),
  );

const fileShape = v.strictObject({
  path: v.string(),
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  sha256: hex('sha256'),
  'git-sha1': hex('git-sha1'),
});

const modelShape = v.strictObject({
  ref: v.string(),
  site: v.optional(v.string()),
  include: v.optional(v.array(v.string()), []),
  exclude: v.optional(v.array(v.string()), []),
  revision: v.pipe(
    v.string(),
    v.check((text) => isRevision(text), 'is not a valid name'),
  ),
  snapshot: v.string(),
  files: v.array(fileShape),
});

const lockShape = v.strictObject({ version: v.literal(VERSION), models: v.array(modelShape) });

/** Reads and checks a lock file.
 * @param name of the file, for messages
 * @throws BAD_LOCK, naming every problem */
export function parseLock(text: string, name: string, hubs: readonly HubGrammar[]): Lock {
  const value = readJson(text, name);
  if (isNewer(value))
    throw badLock(name, ['it was written by a newer version of this program'], 'Use that version, or a newer one.');
  const result = v.safeParse(lockShape, value);
  if (!result.success) {
    throw badLock(
      name,
      result.issues.map((issue) => `${v.getDotPath(issue) ?? 'the file'}: ${printable(issue.message)}`),
    );
  }
  const problems: string[] = [];
  const seen = new Set<string>();
  const models = result.output.models.flatMap((row, index) => {
    try {
      const model = readModel(row, hubs);
      if (seen.has(lockIdentity(model))) problems.push(`models.${index}: it is there twice`);
      seen.add(lockIdentity(model));
      return [model];
    } catch (error) {
      if (!(error instanceof ModelFetchError)) throw error;
      problems.push(`models.${index}: ${error.message}`);
      return [];
    }
  });
  if (problems.length > 0) throw badLock(name, problems);
  return { models };
}

function readJson(text: string, name: string): unknown {
  try {
    // Some editors put a mark at the beginning.
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    const merge = /^(<{7}|>{7}) /m.test(text) ? 'it holds the marks of an unfinished merge' : 'it is no JSON';
    throw badLock(name, [merge], undefined, cause);
  }
}

function isNewer(value: unknown): boolean {
  const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
  return typeof version === 'number' && version > VERSION;
}

function readModel(row: v.InferOutput<typeof modelShape>, hubs: readonly HubGrammar[]): LockedModel {
  const written = parseRef(row.ref, hubs);
  const site = readEndpoint('site', row.site ?? '');
  const ref = site === undefined ? written : { ...written, site };
  const listed = row.files.map((file): ListedFile => {
    const digests = ALGORITHMS.map((algorithm) => toDigest(algorithm, file[algorithm]));
    return {
      path: file.path,
      sizeBytes: file.size,
      kind: 'file',
      digests: digests.filter((one): one is Digest => !!one),
    };
  });
  const { files, id } = createSnapshot({ ref, revision: row.revision, immutable: true }, listed);
  if (files.length === 0) throw new ModelFetchError('BAD_LOCK', 'It has no file.');
  if (id !== row.snapshot) throw new ModelFetchError('BAD_LOCK', `Its files are not those of its snapshot ${id}.`);
  return { ref, include: row.include, exclude: row.exclude, revision: row.revision, snapshotId: id, files };
}

/** BAD_LOCK, with the first of the problems. */
export function badLock(name: string, problems: readonly string[], hint?: string, cause?: unknown): ModelFetchError {
  const shown = problems.slice(0, MAX_PROBLEMS);
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`);
  const list = shown.length === 1 ? `: ${shown[0]}.` : `:\n${shown.map((line) => `- ${line}`).join('\n')}`;
  return new ModelFetchError('BAD_LOCK', `The lock file ${printable(name)} cannot be used${list}`, {
    hint: hint ?? 'Take it from the last good commit, or write it anew: remove it and run with the mode `lock`.',
    cause,
  });
}
