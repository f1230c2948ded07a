// Options of publishing, as text → as settings. The readers of single values, and the telling of problems, are parse.ts’s.

import { ModelFetchError } from '../errors.ts';
import type { OptionName } from '../options.ts';
import { isRevision, type ModelRef, repositoryOf } from '../ref.ts';
import { unsafeReason } from '../repo-path.ts';
import { quote } from '../text/quote.ts';
import { isRange } from '../version.ts';
import { CHECK_NAMES, type CheckName, type UploadOptions } from './upload.ts';

/** How parse.ts reads single values; a problem is kept, and a fallback given. */
export interface OptionReader {
  text(name: OptionName): string;
  list(name: OptionName): readonly string[];
  globs(name: OptionName): readonly string[];
  choice<T extends string>(name: OptionName): T;
  count(name: OptionName): number;
  flag(name: OptionName): boolean;
  attempt<T>(read: () => T, fallback: T): T;
}

/** Reads everything that only publishing knows. @throws nothing: problems go to the reader */
export function readUploadOptions(read: OptionReader): UploadOptions {
  return {
    paths: read.attempt(() => readPaths(read.list('path')), []),
    pathInRepo: read.attempt(() => readPathInRepo(read.text('path-in-repo')), ''),
    tag: read.attempt(() => readTag(read.text('tag')), undefined),
    moveTag: read.flag('move-tag'),
    message: read.text('message').trim() || undefined,
    create: read.choice('create') === 'true',
    visibility: read.choice('visibility'),
    license: read.attempt(() => readLicense(read.text('license')), undefined),
    deletes: read.globs('delete'),
    maxDeletes: read.count('max-deletes'),
    createPr: read.flag('create-pr'),
    checks: read.attempt(() => readChecks(read.list('checks')), new Set<CheckName>()),
  };
}

function readPaths(paths: readonly string[]): readonly string[] {
  if (paths.length > 0) return paths;
  throw bad('`path` is empty', 'Name the folder to publish, or files, one a line.');
}

function readPathInRepo(text: string): string {
  const path = text
    .trim()
    .replace(/^(\.?\/)+/, '')
    .replace(/\/+$/, '');
  if (path === '' || path === '.') return '';
  const reason = unsafeReason(path);
  if (reason === undefined) return path;
  throw bad(`\`path-in-repo\` is refused: ${reason}`, 'Write a folder of the repository, such as `onnx`.');
}

function readTag(text: string): string | false | undefined {
  const tag = text.trim();
  if (tag === '') return undefined;
  if (tag.toLowerCase() === 'false') return false;
  if (isPlainName(tag) && !isTaken(tag)) return tag;
  throw bad(
    `\`tag\` is ${quote(tag)}`,
    'It is a name without blanks and none of ~ ^ : ? * [ \\, such as `v1.0`, and means nothing else to git.',
  );
}

function readLicense(text: string): string | undefined {
  const license = text.trim();
  if (license === '') return undefined;
  if (/^[a-z0-9][a-z0-9.+-]*$/i.test(license)) return license.toLowerCase();
  throw bad(`\`license\` is ${quote(license)}`, 'It is an SPDX id, such as `apache-2.0` or `mit`.');
}

function readChecks(lines: readonly string[]): ReadonlySet<CheckName> {
  const left = new Set(CHECK_NAMES);
  for (const line of lines.map((text) => text.toLowerCase())) {
    const off = line === 'none' ? CHECK_NAMES : CHECK_NAMES.filter((name) => line === `no-${name}`);
    if (off.length === 0 && line !== 'all') {
      const known = CHECK_NAMES.map((name) => `no-${name}`).join(', ');
      throw bad(`\`checks\` names ${quote(line)}`, `It can be ${known}, none.`);
    }
    for (const name of off) left.delete(name);
  }
  return left;
}

/** What makes references unfit to be published to. */
export function targetProblems(models: readonly ModelRef[], { pathInRepo }: UploadOptions): ModelFetchError[] {
  const problems = models.flatMap(({ revision }) => (revision === undefined ? [] : branchProblem(revision)));
  const names = models.map((ref) => `${ref.site ?? ''} ${repositoryOf(ref)}@${ref.revision ?? ''}`.toLowerCase());
  const twice = models.find((_, index) => names.indexOf(names[index] ?? '') < index);
  if (twice !== undefined) {
    problems.push(bad(`\`model\` names ${repositoryOf(twice)} twice`, 'Name each repository and branch once.'));
  }
  const isMixed = pathInRepo !== '' && models.some((ref) => ref.subpath !== undefined && ref.subpath !== pathInRepo);
  if (isMixed) problems.push(bad('`path-in-repo` and the subpath of a reference differ', 'Give one of them.'));
  return problems;
}

// To git it is the name of something that is there already, so nobody could read the new one.
function isTaken(name: string): boolean {
  return /^(refs\/.*|head|[0-9a-f]{40})$/i.test(name);
}

function branchProblem(revision: string): ModelFetchError[] {
  if (/^(refs\/.*|head)$/i.test(revision)) {
    return [
      bad(`${quote(revision)} is no branch`, 'Give a branch by its name alone; `create-pr` opens a pull request.'),
    ];
  }
  if (isPlainName(revision) && !isRange(revision) && !isTaken(revision)) return [];
  return [
    bad(`${quote(revision)} is no branch`, 'Files are published to a branch: not to a commit or a range of versions.'),
  ];
}

function isPlainName(text: string): boolean {
  return isRevision(text) && !/[\s~^:?*[\\]/.test(text) && !text.startsWith('-');
}

function bad(what: string, hint: string): ModelFetchError {
  return new ModelFetchError('BAD_OPTION', `${what}.`, { hint });
}
