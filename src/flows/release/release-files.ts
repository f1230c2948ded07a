// What is to be published, found on this machine and checked before anything moves: names, then the beginnings of the files.

import pMap from 'p-map';
import { checkFile, type Finding, firstBytes, headBytes, refuseFindings } from '../../core/checks/files.ts';
import type { ShardTree } from '../../core/checks/shards.ts';
import { ModelFetchError } from '../../core/errors.ts';
import { CHECK_NAMES, type CheckName, type UploadOptions } from '../../core/options/upload.ts';
import type { Options } from '../../core/options.ts';
import type { FoundFile, LocalFiles } from '../../core/ports/local-files.ts';
import { SAMPLE_BYTES } from '../../core/ports/push.ts';
import { createPass, selectLocal } from '../../core/release/filter.ts';
import { collisionOf, printable, unsafeReason } from '../../core/repo-path.ts';

/** A file of the release, its beginning known. */
export interface ReleaseFile {
  readonly found: FoundFile;
  /** The first SAMPLE_BYTES, or all there is. */
  readonly sample: Uint8Array;
}

/** Beginnings are short; looking waits for the disk. */
const LOOKS_AT_ONCE = 8;
const SHOWN = 20;

/** The files that the options mean, with names that any repository can hold.
 * @throws EMPTY_FOLDER, NO_MATCH, OUTSIDE_WORKSPACE, NAME_REFUSED, NAME_COLLISION, DISK_IO */
export async function findRelease(
  options: Pick<Options, 'include' | 'exclude'> & { readonly upload: Pick<UploadOptions, 'paths'> },
  files: LocalFiles,
  signal: AbortSignal,
): Promise<FoundFile[]> {
  const found = selectLocal(await files.list({ paths: options.upload.paths, ...createPass(options) }, signal), options);
  refuseNames(found.flatMap(({ name }) => nameProblem(name, unsafeReason(name))));
  const names = found.map(({ name }) => name);
  const seen = new Set<string>();
  const twice = names.find((name) => seen.has(name) || !seen.add(name));
  const collision = twice === undefined ? collisionOf(names) : `"${twice}" twice, from different folders`;
  if (collision === undefined) return found;
  throw new ModelFetchError('NAME_COLLISION', `The files to publish have ${printable(collision)}.`, {
    hint: 'Rename one of them, or leave it out with `exclude`.',
  });
}

/** A line for a name that is refused; none when there is no reason. */
export function nameProblem(name: string, reason: string | undefined): string[] {
  return reason === undefined ? [] : [`"${printable(name)}": ${reason}`];
}

/** @throws NAME_REFUSED, naming each */
export function refuseNames(problems: readonly string[]): void {
  if (problems.length === 0) return;
  const lines = problems.slice(0, SHOWN).map((problem) => `- ${problem}`);
  if (problems.length > SHOWN) lines.push(`- and ${problems.length - SHOWN} more`);
  throw new ModelFetchError(
    'NAME_REFUSED',
    `${problems.length === 1 ? 'A name is' : `${problems.length} names are`} refused:\n${lines.join('\n')}`,
    {
      hint: 'Rename the files, or leave them out with `exclude`.',
    },
  );
}

/** Where the release goes, as far as checks need it. */
export interface CheckedTarget {
  /** The path of a file in the repository. */
  pathOf(found: FoundFile): string;
  readonly tree: ShardTree;
}

/** Reads the beginning of every file and runs the checks on it. What the checks want is read, and not the weights.
 * @throws CHECK_FAILED, naming every finding; FILE_CHANGED, DISK_IO */
export async function checkRelease(
  found: readonly FoundFile[],
  targets: readonly CheckedTarget[],
  { files, checks }: { files: LocalFiles; checks: ReadonlySet<CheckName> },
): Promise<ReleaseFile[]> {
  const findings: Finding[] = [];
  const look = async (file: FoundFile): Promise<ReleaseFile> => {
    const { name, sizeBytes } = file;
    const first = await files.head(file, checks.size === 0 ? SAMPLE_BYTES : firstBytes(name, sizeBytes));
    const countBytes = checks.size === 0 ? 0 : headBytes(name, sizeBytes, first);
    const head = countBytes <= first.length ? first : await files.head(file, countBytes);
    for (const [index, { pathOf, tree }] of targets.entries()) {
      // What lies in a repository differs from target to target; the file itself does not.
      const wanted = CHECK_NAMES.filter((name) => checks.has(name) && (index === 0 || name === 'shard-index'));
      findings.push(...checkFile({ path: pathOf(file), sizeBytes, head }, tree, new Set(wanted)));
    }
    // A copy, so that the rest is not kept until the end of the run.
    return { found: file, sample: new Uint8Array(first.subarray(0, SAMPLE_BYTES)) };
  };
  const release = await pMap(found, look, { concurrency: LOOKS_AT_ONCE });
  const seen = new Set<string>();
  refuseFindings(
    findings.filter((finding) => {
      const key = `${finding.path}\0${finding.problem}`;
      return !seen.has(key) && seen.add(key);
    }),
  );
  return release;
}
