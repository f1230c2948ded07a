// The batch protocol of Git LFS, as far as both hubs speak it: what is asked, what an answer promises for each content.

import * as v from 'valibot';
import { hexOf } from '../core/digest.ts';
import { ModelFetchError } from '../core/errors.ts';
import type { LocalFile } from '../core/ports/push.ts';
import { printable } from '../core/repo-path.ts';
import { quoteWords } from '../core/text/quote.ts';
import { protocolError, type Question } from './border.ts';

/** The media type of the protocol’s own requests (huggingface.md 5.4). */
export const LFS_TYPE = 'application/vnd.git-lfs+json';

const header = v.nullish(v.record(v.string(), v.unknown()));
const action = v.object({ href: v.string(), header });
/** huggingface.md 5.4, modelscope.md 5.4 */
export const lfsObjects = v.object({
  objects: v.nullish(
    v.array(
      v.object({
        oid: v.string(),
        size: v.nullish(v.number()),
        error: v.nullish(v.unknown()),
        actions: v.nullish(v.object({ upload: v.nullish(action), verify: v.nullish(action) })),
      }),
    ),
  ),
});
type LfsObject = NonNullable<v.InferOutput<typeof lfsObjects>['objects']>[number];
export type LfsAction = v.InferOutput<typeof action>;

/** What the storage wants for a content: nothing where it has it. */
export interface LfsWant {
  readonly upload?: LfsAction;
  readonly verify?: LfsAction;
}

/** A content by its digest and size, as the protocol names it. */
export function lfsObject(file: LocalFile): { oid: string; size: number } {
  return { oid: hexOf(file.digests.sha256), size: file.sizeBytes };
}

/** What the answer says about a file.
 * @param isOmittedKnown whether a content that is left out is one that the storage has (modelscope.md 5.4)
 * @throws QUOTA, TOO_LARGE, REFUSED, HUB_PROTOCOL */
export function lfsWant(
  answer: v.InferOutput<typeof lfsObjects>,
  file: LocalFile,
  { question, isOmittedKnown }: { question: Question; isOmittedKnown: boolean },
): LfsWant {
  const { oid } = lfsObject(file);
  const object = answer.objects?.find((candidate) => candidate.oid.toLowerCase() === oid);
  if (object === undefined && isOmittedKnown) return {};
  if (object === undefined) throw protocolError(question, `it says nothing about the content of "${file.path}"`);
  if (object.error != null) throw objectError(object, file, question);
  const { upload, verify } = object.actions ?? {};
  if (upload == null) return {};
  return { upload, ...(verify == null ? {} : { verify }) };
}

const failure = v.object({ code: v.nullish(v.union([v.number(), v.string()])), message: v.nullish(v.string()) });

function objectError({ error }: LfsObject, file: LocalFile, question: Question): ModelFetchError {
  const read = v.safeParse(failure, error);
  const words = read.success ? (read.output.message ?? '') : typeof error === 'string' ? error : '';
  const status = read.success ? Number(read.output.code ?? 0) : 0;
  const said = `${status || 'no code'}${words === '' ? '' : `: ${quoteWords(words)}`}`;
  const message = `${question.title} does not take the content of "${printable(file.path)}" (${said}).`;
  return refusedContent(status, words, message) ?? new ModelFetchError('REFUSED', message, { hint: REFUSED_HINT });
}

export const REFUSED_HINT = 'The hub’s own words say why; nothing of the release is visible.';

/** QUOTA or TOO_LARGE where status or words say so. */
export function refusedContent(status: number, words: string, message: string): ModelFetchError | undefined {
  if (status === 402 || status === 507 || isQuota(words)) {
    return new ModelFetchError('QUOTA', message, {
      hint: 'Free storage on the page of the account, or have its limit raised; what was sent stays for the next run.',
    });
  }
  if (status === 413 || /too large|larger than|exceeds? the (maximum|max|limit)|entity too large/i.test(words)) {
    return new ModelFetchError('TOO_LARGE', message, {
      hint: 'Split the file into shards, or leave it out with `exclude`.',
    });
  }
  return undefined;
}

function isQuota(words: string): boolean {
  return /quota|storage (limit|space)|(insufficient|out of|not enough) (storage|space)|payment required|空间不足|容量|配额/i.test(
    words,
  );
}
