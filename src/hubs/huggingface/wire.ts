// The Hugging Face Hub's JSON: its shapes and how it says no. These types stay in this hub's files.

import * as v from 'valibot';
import { type ErrorCode, ModelFetchError } from '../../core/errors.ts';
import { quoteWords } from '../../core/text/quote.ts';
import { type HubAnswer, hostOf, parseJson, type Question } from '../border.ts';

/** huggingface.md 2.1 */
export const huggingfaceInfo = v.object({ sha: v.string() });

const named = v.nullish(v.array(v.object({ name: v.string() })));
/** huggingface.md 2.2 */
export const huggingfaceRefs = v.object({ branches: named, tags: named });

const huggingfaceEntry = v.object({
  type: v.string(),
  path: v.string(),
  size: v.nullish(v.number()),
  oid: v.nullish(v.string()),
  lfs: v.nullish(v.object({ oid: v.string(), size: v.number(), pointerSize: v.nullish(v.number()) })),
});
export type HuggingfaceEntry = v.InferOutput<typeof huggingfaceEntry>;
/** One page of huggingface.md 2.3 */
export const huggingfaceTree = v.array(huggingfaceEntry);

/** huggingface.md 1.5: the forms that an error's text takes in a body. */
const huggingfaceFailure = v.union([
  v.object({ error: v.string() }),
  v.object({ error: v.array(v.string()) }),
  v.object({ errors: v.array(v.object({ message: v.string() })) }),
]);

export interface HuggingfaceQuestion extends Question {
  /** Where a person can ask for access: an address, or words for it. */
  readonly page: string;
}

interface Refused {
  readonly status: number;
  readonly code: string;
  readonly words: string;
}

/** The typed error that a refusal stands for (huggingface.md 1.5, 1.6); undefined for an answer that is not in this dialect, as a
 * CDN's 403, and for the statuses that mean the same on every host (408, 429, 5xx). */
export function huggingfaceRefusal(answer: HubAnswer, question: HuggingfaceQuestion): ModelFetchError | undefined {
  const { status, headers } = answer;
  if (![400, 401, 403, 404].includes(status)) return undefined;
  const body = failureText(answer.text);
  const code = headers['x-error-code'] ?? '';
  const words = headers['x-error-message'] ?? body ?? '';
  if (code === '' && words === '') return undefined;
  const refused = { status, code, words };
  const meant = CODE_OF_NAME.get(code) ?? codeOfStatus(refused, question);
  const said = `${status}${words === '' ? '' : `: ${quoteWords(words)}`}`;
  const message = `${hostOf(question)} ${VERDICTS[meant] ?? 'refused'} ${question.subject} (${said}).`;
  return new ModelFetchError(meant, message, { hint: hintFor(meant, refused, question) });
}

const CODE_OF_NAME: ReadonlyMap<string, ErrorCode> = new Map([
  ['RevisionNotFound', 'REVISION_NOT_FOUND'],
  ['EntryNotFound', 'FILE_NOT_FOUND'],
]);

// The order of the official client (huggingface.md 1.5).
function codeOfStatus({ status, code, words }: Refused, { hasToken }: HuggingfaceQuestion): ErrorCode {
  if (status === 403) return 'FORBIDDEN';
  if (status === 404) return /^Invalid rev id/i.test(words) ? 'REVISION_NOT_FOUND' : 'NOT_FOUND';
  if (status !== 401) return 'HUB_PROTOCOL';
  if (isBadToken(words)) return 'FORBIDDEN';
  if (!hasToken) return 'AUTH_REQUIRED';
  return code === 'RepoNotFound' ? 'NOT_FOUND' : 'FORBIDDEN';
}

function isBadToken(words: string): boolean {
  return words === 'Invalid credentials in Authorization header';
}

const VERDICTS: Partial<Record<ErrorCode, string>> = {
  NOT_FOUND: 'has no',
  REVISION_NOT_FOUND: 'has no such revision of',
  FILE_NOT_FOUND: 'does not have',
  AUTH_REQUIRED: 'wants a token for',
  FORBIDDEN: 'does not let this token read',
};

function hintFor(meant: ErrorCode, { code, words }: Refused, question: HuggingfaceQuestion): string {
  if (isBadToken(words)) return 'The token itself is not accepted: it may be mistyped, expired or revoked.';
  if (words.startsWith('Access to this resource is disabled'))
    return 'The hub has disabled the repository; no token helps.';
  if (code === 'GatedRepo' && meant === 'FORBIDDEN')
    return `The repository is gated: ask for access on ${question.page}.`;
  if (code === 'GatedRepo') return `The repository is gated: ask for access on ${question.page}, and give a token.`;
  if (meant === 'AUTH_REQUIRED')
    return 'It is not there, or private or gated: the hub does not say which without a token. Check the spelling, or give one.';
  if (meant === 'NOT_FOUND') return 'Check the spelling. It is missing, or this token has no access to it.';
  if (meant === 'REVISION_NOT_FOUND') return 'Name a branch, a tag or a commit that the page of the repository shows.';
  if (meant === 'FILE_NOT_FOUND') return 'The repository changed since it was listed; run again.';
  if (meant === 'FORBIDDEN') return `Check that the token may read what ${question.page} shows.`;
  return `Check that the endpoint ${question.endpoint} is a ${question.title} hub.`;
}

/** The words of a failure, in whichever form they come; undefined where there are none. */
export function failureText(text: string): string | undefined {
  const result = v.safeParse(huggingfaceFailure, parseJson(text));
  if (!result.success) return undefined;
  if ('errors' in result.output) return result.output.errors.map(({ message }) => message).join('; ');
  const { error } = result.output;
  return typeof error === 'string' ? error : error.join('; ');
}
