// ModelScope’s JSON where something is changed: its shapes, and how it says no. Nothing here asks or sends.

import * as v from 'valibot';
import { type ErrorCode, ModelFetchError } from '../../core/errors.ts';
import { errorOfStatus, retryAfterMs } from '../../core/http.ts';
import { quoteWords } from '../../core/text/quote.ts';
import { foreignAnswer, type HubAnswer, hostOf, type Question } from '../border.ts';
import { REFUSED_HINT, refusedContent } from '../lfs.ts';
import { serverNowMs } from '../storage.ts';
import { readEnvelope, succeeded } from './wire.ts';

/** Every shape that was seen of what a commit answers (modelscope.md 5.6). */
export const modelscopeCommitted = v.nullish(
  v.object({
    oid: v.nullish(v.string()),
    commit: v.nullish(v.union([v.string(), v.object({ id: v.nullish(v.string()) })])),
  }),
);

const EXISTS: ReadonlySet<number> = new Set([10010101001, 10020101001, 10010202004]);
const EXISTS_WORDS = /already|exists?\b|can ?not be used|not available|已被注册|已存在|名称不可用/i;
/** What commits that follow too fast are told; who spaced them by this got through (modelscope.md 6). */
const POLICY = /rejected by repository policy/i;
const POLICY_WAIT_MS = 5000;

/** The typed error that an answer to a change stands for (modelscope.md 1.5, 5.6, 6); undefined when the hub says that it did it. An
 * empty body under 200 says so too. Statuses that mean the same on every host are among them, because a change may be sent once. A page
 * in place of an answer is SERVER: it comes from something in between, and the hub behind it may have done what was asked. */
export function modelscopeChangeRefusal(answer: HubAnswer, question: Question): ModelFetchError | undefined {
  const refusal = modelscopeWriteRefusal(answer, question);
  if (refusal?.code !== 'HUB_PROTOCOL' || answer.status !== 200) return refusal;
  const message = `Whether it was done is not known: ${refusal.message}`;
  return new ModelFetchError('SERVER', message, { cause: refusal });
}

/** The same for what wants the right to write and changes nothing, where a page is HUB_PROTOCOL as it is in reading: asked again, a proxy
 * would show it again. */
export function modelscopeWriteRefusal(answer: HubAnswer, question: Question): ModelFetchError | undefined {
  const { status, headers, text } = answer;
  if (status === 200 && text.trim() === '') return undefined;
  const envelope = readEnvelope(text);
  if (envelope !== undefined && succeeded(status, envelope)) return undefined;
  const words = envelope?.Message ?? envelope?.message ?? '';
  // Without an envelope it comes from something in between, and only these statuses say the same there.
  const isReadable = envelope !== undefined || status === 401 || status === 429;
  const code = isReadable
    ? codeOf({ status, code: Number(envelope?.Code ?? status), words, hasToken: question.hasToken })
    : undefined;
  const said = `${envelope?.Code ?? status}${words === '' ? '' : `: ${quoteWords(words)}`}`;
  const message = `${hostOf(question)} refused ${question.subject} (${said}).`;
  const content = refusedContent(status, words, message);
  // A 403 is also what a full account is told.
  if (code === 'READ_ONLY' && content?.code === 'QUOTA') return content;
  if (code !== undefined) {
    const waitMs = retryAfterMs(headers, serverNowMs(headers)) ?? (POLICY.test(words) ? POLICY_WAIT_MS : undefined);
    return new ModelFetchError(code, message, { ...HINTS[code], ...(waitMs === undefined ? {} : { waitMs }) });
  }
  return (
    content ??
    errorOfStatus(status, headers, `${question.subject} at ${hostOf(question)}`, serverNowMs(headers)) ??
    (envelope === undefined
      ? foreignAnswer(answer, question)
      : new ModelFetchError('REFUSED', message, { hint: REFUSED_HINT }))
  );
}

interface Said {
  readonly status: number;
  readonly code: number;
  readonly words: string;
  readonly hasToken: boolean;
}

function codeOf({ status, code, words, hasToken }: Said): ErrorCode | undefined {
  if (/lock busy/i.test(words)) return 'BUSY';
  if (status === 429 || code === 429 || /frequency limit/i.test(words)) return 'RATE_LIMITED';
  if (/not logged in|AccessToken error/i.test(words) || status === 401 || code === 401)
    return hasToken ? 'FORBIDDEN' : 'AUTH_REQUIRED';
  if (EXISTS.has(code) || ((status === 400 || status === 405) && EXISTS_WORDS.test(words))) return 'CONFLICT';
  if (POLICY.test(words)) return 'BUSY';
  if (/when you are on a branch/i.test(words)) return 'REVISION_NOT_FOUND';
  if (/(sha256|size|digest|hash|checksum).*(match|wrong|invalid|differ)|mismatch/i.test(words))
    return 'DIGEST_MISMATCH';
  // Without the right to write, the repository is said to be missing (modelscope.md 1.3).
  if ([status, code].some((says) => says === 403 || says === 404) || code === 10010200001) return 'READ_ONLY';
  return undefined;
}

const HINTS: Partial<Record<ErrorCode, { readonly hint: string }>> = {
  BUSY: { hint: 'One commit at a time is made in a repository; try again later.' },
  RATE_LIMITED: { hint: 'Run again later: what was sent is kept, and only the commit is missing.' },
  FORBIDDEN: { hint: 'The token itself is not accepted: it may be mistyped, expired or revoked.' },
  AUTH_REQUIRED: { hint: 'Give a token with the right to write.' },
  READ_ONLY: { hint: 'Give a token of an account that may write to the repository, and check the spelling.' },
  CONFLICT: { hint: 'Something of that name is there already; choose another name.' },
  REVISION_NOT_FOUND: { hint: 'Only an existing branch takes commits: give one as `revision`.' },
  DIGEST_MISMATCH: { hint: 'Run again: what is wrong is sent anew.' },
};
