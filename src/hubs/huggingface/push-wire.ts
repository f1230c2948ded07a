// The Hugging Face Hub’s JSON where something is changed: its shapes, and how it says no. Nothing here asks or sends.

import * as v from 'valibot';
import { type ErrorCode, ModelFetchError } from '../../core/errors.ts';
import { errorOfStatus, retryAfterMs } from '../../core/http.ts';
import { quoteWords } from '../../core/text/quote.ts';
import { type HubAnswer, hostOf } from '../border.ts';
import { REFUSED_HINT, refusedContent } from '../lfs.ts';
import { serverNowMs } from '../storage.ts';
import { failureText, type HuggingfaceQuestion, huggingfaceRefusal } from './wire.ts';

const target = v.object({ name: v.string(), ref: v.nullish(v.string()), targetCommit: v.nullish(v.string()) });
const targets = v.nullish(v.array(target));
/** huggingface.md 2.2, with where each points */
export const huggingfaceTargets = v.object({ branches: targets, tags: targets, pullRequests: targets });
export type HuggingfaceTargets = v.InferOutput<typeof huggingfaceTargets>;

/** huggingface.md 5.3 */
export const huggingfaceModes = v.object({
  files: v.array(
    v.object({
      path: v.string(),
      uploadMode: v.picklist(['regular', 'lfs']),
      shouldIgnore: v.nullish(v.boolean()),
    }),
  ),
});

/** huggingface.md 5.6 */
export const huggingfaceCommit = v.object({
  success: v.nullish(v.boolean()),
  commitOid: v.nullish(v.string()),
});

const author = v.nullish(v.object({ name: v.nullish(v.string()) }));
const number = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const discussion = v.object({
  num: number,
  status: v.nullish(v.string()),
  isPullRequest: v.nullish(v.boolean()),
  author,
  createdAt: v.nullish(v.string()),
});
export type HuggingfaceDiscussion = v.InferOutput<typeof discussion>;
/** One page, newest first; `count` is of all pages. */
export const huggingfaceDiscussions = v.object({ discussions: v.array(discussion), count: v.nullish(v.number()) });
/** The first comment is the description. */
const event = v.object({
  type: v.nullish(v.string()),
  author,
  data: v.nullish(v.object({ latest: v.nullish(v.object({ raw: v.nullish(v.string()) })) })),
});
export const huggingfaceDetails = v.object({
  ...discussion.entries,
  title: v.nullish(v.string()),
  events: v.nullish(v.array(event)),
  changes: v.nullish(v.object({ mergeCommitId: v.nullish(v.string()) })),
});
export type HuggingfaceDetails = v.InferOutput<typeof huggingfaceDetails>;
/** huggingface.md 5.2 */
export const huggingfaceOpened = v.object({ num: number });
/** huggingface.md 1.3 */
export const huggingfaceIdentity = v.object({ name: v.string() });

/** The typed error that an answer to a change stands for (huggingface.md 1.5, 5.7); undefined for a 2xx. Statuses that mean the same
 * on every host are among them, because a change is sent once. */
export function huggingfaceChangeRefusal(
  answer: HubAnswer,
  question: HuggingfaceQuestion,
): ModelFetchError | undefined {
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return undefined;
  const words = headers['x-error-message'] ?? failureText(answer.text) ?? '';
  const refused = (code: ErrorCode, hint: string) => refusal(code, { answer, question, words, hint });
  const said = refused('REFUSED', REFUSED_HINT);
  // A token that has ended looks like one that was never good, and renewing it settles which.
  if (status === 401) return huggingfaceRefusal(answer, question) ?? refused('FORBIDDEN', TOKEN_HINT);
  if (status === 403) return refusedContent(status, words, said.message) ?? refused('READ_ONLY', writeHint(question));
  if (status === 412) return refused('CONFLICT', 'Somebody else committed in the meantime; run again.');
  if (status === 409 && /in progress/i.test(words))
    return refused('BUSY', 'Another commit is under way; try again later.');
  if (status === 409) return refused('CONFLICT', 'Something of that name is there already; run again.');
  if (status === 404) return missing(answer, { question, words });
  if (status === 429) return rateLimited(answer, { question, words });
  return (
    refusedContent(status, words, said.message) ??
    errorOfStatus(status, headers, `${question.subject} at ${hostOf(question)}`, serverNowMs(headers)) ??
    said
  );
}

const TOKEN_HINT = 'The token itself is not accepted: it may be mistyped, expired or revoked.';

function writeHint({ page }: HuggingfaceQuestion): string {
  return `Give a token with the right to write to ${page}, or propose the release with \`create-pr\`.`;
}

interface Said {
  readonly question: HuggingfaceQuestion;
  readonly words: string;
}

function refusal(code: ErrorCode, { answer, question, words, hint }: Said & { answer: HubAnswer; hint: string }) {
  const said = `${answer.status}${words === '' ? '' : `: ${quoteWords(words)}`}`;
  return new ModelFetchError(code, `${hostOf(question)} refused ${question.subject} (${said}).`, { hint });
}

function missing(answer: HubAnswer, said: Said): ModelFetchError {
  const name = answer.headers['x-error-code'] ?? '';
  // A path that was to be deleted is gone (huggingface.md 5.6).
  if (name === 'EntryNotFound' || /doesn't exist|does not exist/i.test(said.words))
    return refusal('CONFLICT', { ...said, answer, hint: 'The repository changed since it was listed; run again.' });
  return (
    huggingfaceRefusal(answer, said.question) ??
    refusal('NOT_FOUND', { ...said, answer, hint: writeHint(said.question) })
  );
}

// The header counts requests, the words may count commits; whose wait holds depends on what ran out (huggingface.md 1.7).
function rateLimited({ headers }: HubAnswer, { question, words }: Said): ModelFetchError {
  const waitMs = retryAfterMs(headers, serverNowMs(headers)) ?? spokenWaitMs(words);
  const message = `${hostOf(question)} asked for fewer requests (429${words === '' ? '' : `: ${quoteWords(words)}`}) on ${question.subject}.`;
  return new ModelFetchError('RATE_LIMITED', message, {
    ...(waitMs === undefined ? {} : { waitMs }),
    hint: 'Run again later: what was sent is kept, and only the commit is missing.',
  });
}

const UNITS: Readonly<Record<string, number>> = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** `You can retry this action in about 1 hour` in milliseconds. */
export function spokenWaitMs(words: string): number | undefined {
  const match = /\bin (?:about |~ ?)?(an?|\d{1,5}) (second|minute|hour|day)s?\b/i.exec(words);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const count = /^an?$/i.test(match[1]) ? 1 : Number(match[1]);
  return count * (UNITS[match[2].toLowerCase()] ?? 0);
}
