// The file with the rules for large files: what a release makes of it, and what the Hugging Face Hub adds to it by itself.

import type { LocalFile } from '../../core/ports/push.ts';
import { type ModelRef, repositoryOf } from '../../core/ref.ts';
import { readAll } from '../inline-body.ts';
import type { HuggingfaceApi } from './api.ts';
import { huggingfaceRefusal } from './wire.ts';

const ATTRIBUTES = '.gitattributes';
/** As the hub writes a rule for an extension or a file that it meets first (huggingface.md 5.6). */
const RULE = /\sfilter=lfs(\s|$)/;

/** Whether the hub reads its rules from the file at this path, and adds to them (huggingface.md 5.6). */
export function isRules(path: string): boolean {
  return path === ATTRIBUTES;
}

/** The new rules among the files, which decide how the others travel. */
export async function attributesOf(files: readonly LocalFile[]): Promise<string | undefined> {
  const file = files.find(({ path }) => isRules(path));
  return file === undefined ? undefined : (await readAll(file.open())).toString('utf8');
}

interface Place {
  readonly api: HuggingfaceApi;
  readonly ref: ModelRef;
  readonly commit: string;
}

/** Whether the commit has these rules and beyond them none but such as the hub adds: sending ours again would only take those away.
 * @returns the path if so */
export async function heldAttributes(
  { api, ref, commit }: Place,
  rules: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const question = api.question(repositoryOf(ref), ref);
  const request = { method: 'GET', url: `${api.pageUrl(ref)}/resolve/${commit}/${ATTRIBUTES}` } as const;
  const { status, text } = await api.tell({ request, judge: (answer) => huggingfaceRefusal(answer, question) }, signal);
  return status === 200 && isAmended(rules, text) ? ATTRIBUTES : undefined;
}

/** Whether `theirs` is `ours` with nothing but rules for large files added. */
export function isAmended(ours: string, theirs: string): boolean {
  const before = linesOf(ours);
  const after = linesOf(theirs);
  const isKept = before.every((line) => after.includes(line));
  return isKept && after.every((line) => before.includes(line) || RULE.test(line));
}

function linesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
}
