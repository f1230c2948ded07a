// The checks before publishing: which bytes each file must show for them, and what they find. Pure; one error names every finding.

import { ModelFetchError } from '../errors.ts';
import type { CheckName } from '../options/upload.ts';
import { printable } from '../repo-path.ts';
import { safetensorsHeadBytes, safetensorsProblem } from './safetensors.ts';
import { isShardIndex, type ShardTree, shardProblems } from './shards.ts';
import {
  frontMatterProblem,
  hasSecretName,
  isLfsPointer,
  jsonProblem,
  MAX_JSON_BYTES,
  MAX_POINTER_BYTES,
} from './text.ts';

const MAX_README_BYTES = 4 * 1024 * 1024;
const SHOWN = 20;

export interface Finding {
  readonly check: CheckName;
  readonly path: string;
  readonly problem: string;
}

/** How many bytes from its start are read of a file first. For most files they are all that the checks want. */
export function firstBytes(path: string, sizeBytes: number): number {
  if (path.endsWith('.json') && sizeBytes <= MAX_JSON_BYTES) return sizeBytes;
  return Math.min(sizeBytes, isReadme(path) ? MAX_README_BYTES : MAX_POINTER_BYTES);
}

/** How many bytes from its start the checks want of a file.
 * @param first its first `firstBytes` */
export function headBytes(path: string, sizeBytes: number, first: Uint8Array): number {
  return path.endsWith('.safetensors') ? Math.max(first.length, safetensorsHeadBytes(sizeBytes, first)) : first.length;
}

/** What the checks find in one file. */
export function checkFile(
  { path, sizeBytes, head }: { path: string; sizeBytes: number; head: Uint8Array },
  tree: ShardTree,
  checks: ReadonlySet<CheckName>,
): Finding[] {
  const findings: Finding[] = [];
  const note = (check: CheckName, ...problems: readonly (string | undefined)[]) => {
    if (!checks.has(check)) return;
    for (const problem of problems) if (problem !== undefined) findings.push({ check, path, problem });
  };
  if (hasSecretName(path)) note('secrets', 'its name is one that secrets have');
  if (sizeBytes <= MAX_POINTER_BYTES && isLfsPointer(head)) {
    note('lfs-pointer', 'it is the text of a git-lfs pointer, and its content was never fetched');
    return findings;
  }
  if (path.endsWith('.safetensors')) note('safetensors', safetensorsProblem(sizeBytes, head));
  if (path.endsWith('.json') && head.length === sizeBytes) note('json', jsonProblem(head));
  if (isShardIndex(path)) note('shard-index', ...shardProblems(path, head, tree));
  if (isReadme(path)) note('front-matter', frontMatterProblem(head));
  return findings;
}

function isReadme(path: string): boolean {
  return /(^|\/)README\.md$/i.test(path);
}

/** @throws CHECK_FAILED, naming every finding */
export function refuseFindings(findings: readonly Finding[]): void {
  if (findings.length === 0) return;
  const lines = findings
    .slice(0, SHOWN)
    .map(({ check, path, problem }) => `- ${check}: ${printable(path)}: ${printable(problem)}`);
  if (findings.length > SHOWN) lines.push(`- and ${findings.length - SHOWN} more`);
  const names = [...new Set(findings.map(({ check }) => `no-${check}`))];
  throw new ModelFetchError('CHECK_FAILED', `${findings.length} checks failed:\n${lines.join('\n')}`, {
    hint: `Mend the files, leave them out with \`exclude\`, or turn the checks off: \`checks\` ${names.join(', ')}.`,
  });
}
