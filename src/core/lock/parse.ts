// A lock file read: it lies in somebody's repository, so it is checked like anything else that strangers write, and all that is wrong
// with it is told at once, unless it is very long.

import * as v from 'valibot';
import { ALGORITHMS, type Algorithm, type Digest, toDigest } from '../digest.ts';
import { codeOf, type ErrorCode, ModelFetchError } from '../errors.ts';
import { type Filter, isGlob, selectFiles } from '../filter.ts';
import { LOCK_VERSION, type Lock, type LockedModel, lockIdentity } from '../lock.ts';
import { type HubGrammar, isCommit, isRevision, type ModelRef, parseRef } from '../ref.ts';
import { printable } from '../repo-path.ts';
import { createSnapshot, type ListedFile, type RemoteFile } from '../snapshot.ts';
import { quote } from '../text/quote.ts';

const MAX_PROBLEMS = 20;
const MAX_GLOBS = 1000;
/** Of a longer file only the first problem is told: a few megabytes can hold millions of them. */
const READABLE_LENGTH = 256 * 1024;

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

const globs = v.optional(
  v.pipe(
    v.array(
      v.pipe(
        v.string(),
        v.check((glob) => isGlob(glob), 'is no glob, or too long, or has more than two `**`'),
      ),
    ),
    v.maxLength(MAX_GLOBS, 'has too many globs'),
  ),
  [],
);

const modelShape = v.strictObject({
  ref: v.string(),
  site: v.optional(v.string()),
  include: globs,
  exclude: globs,
  revision: v.pipe(
    v.string(),
    v.check((text) => isRevision(text), 'is not a valid name'),
  ),
  snapshot: v.string(),
  files: v.array(fileShape),
});

const lockShape = v.strictObject({ version: v.literal(LOCK_VERSION), models: v.array(modelShape) });

/** Reads and checks a lock file.
 * @param name of the file, for messages
 * @throws BAD_LOCK, naming every problem, of a very long file the first */
export function parseLock(text: string, name: string, hubs: readonly HubGrammar[]): Lock {
  const value = readJson(text, name);
  if (isNewer(value))
    throw badLock(name, ['it was written by a newer version of this program'], 'Use that version, or a newer one.');
  const result = v.safeParse(lockShape, value, { abortEarly: text.length > READABLE_LENGTH });
  if (!result.success) {
    throw badLock(
      name,
      result.issues.map((issue) => printable(`${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`)),
    );
  }
  // Of two members with one name a reader of the file may believe the first, and JSON takes the last.
  if (countWritten(text) !== countMembers(value)) throw badLock(name, ['a name is twice in one of its objects']);
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

// In text that is JSON, a string before a colon is the name of a member.
function countWritten(text: string): number {
  let count = 0;
  for (const [, colon] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"\s*(:?)/g)) if (colon === ':') count += 1;
  return count;
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum: number, member) => sum + countMembers(member), own);
}

function isNewer(value: unknown): boolean {
  const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
  return typeof version === 'number' && version > LOCK_VERSION;
}

function readModel(row: v.InferOutput<typeof modelShape>, hubs: readonly HubGrammar[]): LockedModel {
  const ref = readRef(row, hubs);
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
  if (isCommit(ref.revision) && ref.revision !== row.revision)
    throw new ModelFetchError('BAD_LOCK', `It is of the commit ${ref.revision}, and its revision is another one.`);
  refuseUnasked(ref, row, files);
  return { ref, include: row.include, exclude: row.exclude, revision: row.revision, snapshotId: id, files };
}

// An entry is what a run with its reference and filters would take, and no file more.
function refuseUnasked(ref: ModelRef, filter: Filter, files: readonly RemoteFile[]): void {
  const asked = new Set(codeIs('NO_MATCH', () => selectFiles(ref, files, filter)) ?? []);
  const other = files.find((file) => !asked.has(file));
  if (other !== undefined)
    throw new ModelFetchError('BAD_LOCK', `Its reference and filters do not mean its file ${printable(other.path)}.`);
}

/** Undefined when the work ends with this code. */
function codeIs<T>(code: ErrorCode, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (codeOf(error) !== code) throw error;
    return undefined;
  }
}

// A token may go to a site, so it has to be one of the hub's own.
function readRef({ ref: text, site }: v.InferOutput<typeof modelShape>, hubs: readonly HubGrammar[]): ModelRef {
  const ref = parseRef(text, hubs);
  if (ref.site !== undefined || /^https?:/i.test(text))
    throw new ModelFetchError('BAD_LOCK', 'Its reference is the address of a page.');
  if (site === undefined) return ref;
  const place = `${ref.kind}s/${ref.repo}`;
  // An address without slashes, such as a script, is one, and none that anything can lie below.
  const page = URL.canParse(place, `${site}/`) ? new URL(place, `${site}/`) : undefined;
  const grammar = hubs.find(({ name }) => name === ref.hub);
  if (page === undefined || grammar?.parsePage(page)?.site !== site)
    throw new ModelFetchError('BAD_LOCK', `Its site ${quote(site)} is none of the hub’s.`);
  return { ...ref, site };
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
