// ModelScope's JSON: its shapes, its envelope and its error codes. These types stay in this hub's files.

import * as v from 'valibot';
import { type ErrorCode, type ErrorDetail, ModelFetchError } from '../../core/errors.ts';
import { quoteWords } from '../../core/text/quote.ts';
import { type HubAnswer, hostOf, parseJson, type Question } from '../border.ts';

/** modelscope.md 1.5. The layer behind git says `message` instead; some successes leave out all but `Data`. */
const modelscopeEnvelope = v.object({
  Code: v.nullish(v.union([v.number(), v.string()])),
  Success: v.nullish(v.boolean()),
  Message: v.nullish(v.string()),
  message: v.nullish(v.string()),
  Data: v.optional(v.unknown()),
  TotalCount: v.optional(v.unknown()),
});
export type ModelscopeEnvelope = v.InferOutput<typeof modelscopeEnvelope>;

const named = v.nullish(v.array(v.object({ Revision: v.string() })));
/** modelscope.md 2.2 */
export const modelscopeRevisions = v.object({ RevisionMap: v.object({ Branches: named, Tags: named }) });

/** modelscope.md 2.4 */
export const modelscopeCommits = v.object({ Commit: v.nullish(v.array(v.object({ Id: v.string() }))) });

/** modelscope.md 2.6: the number that the listing of a dataset is asked by. */
export const modelscopeDataset = v.object({ Id: v.nullish(v.union([v.number(), v.string()])) });

const modelscopeEntry = v.object({
  Type: v.string(),
  Path: v.string(),
  Size: v.nullish(v.number()),
  Sha256: v.nullish(v.string()),
  Mode: v.nullish(v.union([v.string(), v.number()])),
});
export type ModelscopeEntry = v.InferOutput<typeof modelscopeEntry>;
/** modelscope.md 2.5 and 2.6 */
export const modelscopeListing = v.object({
  Files: v.nullish(v.array(modelscopeEntry)),
  TotalCount: v.optional(v.unknown()),
});

/** Code → what it means, where it does not depend on the token (modelscope.md 1.6). */
const CODES: ReadonlyMap<number, ErrorCode> = new Map([
  [10990101004, 'REVISION_NOT_FOUND'],
  [10990101007, 'FILE_NOT_FOUND'],
  [10010205001, 'NOT_FOUND'],
]);
const NO_ACCESS = 10010200001;

/** The envelope of an answer; undefined when it is none. */
export function readEnvelope(text: string): ModelscopeEnvelope | undefined {
  const result = v.safeParse(modelscopeEnvelope, parseJson(text));
  return result.success ? result.output : undefined;
}

/** Whether the hub says that it did what was asked: the status alone proves nothing (modelscope.md 1.5). */
export function succeeded(status: number, envelope: ModelscopeEnvelope): boolean {
  const code = envelope.Code ?? 200;
  return status === 200 && Number(code) === 200 && envelope.Success !== false;
}

/** The typed error that a failing envelope stands for, under any status; undefined for an answer that is no failing envelope, and
 * for the statuses that mean the same on every host (408, 429, 5xx).
 * @param missing what a plain 404 means where this question was asked */
export function modelscopeRefusal(
  answer: HubAnswer,
  question: Question,
  missing: ErrorCode,
): ModelFetchError | undefined {
  const { status } = answer;
  if (status === 408 || status === 429 || status >= 500) return undefined;
  const envelope = readEnvelope(answer.text);
  const words = envelope?.Message ?? envelope?.message ?? undefined;
  if (envelope === undefined || (envelope.Code == null && words === undefined) || succeeded(status, envelope))
    return undefined;
  // A file may be JSON that has a `message`; only the whole envelope counts under 200.
  if (status < 400 && (envelope.Code == null || words === undefined)) return undefined;
  const code = codeOfEnvelope(status, envelope, { hasToken: question.hasToken, words: words ?? '', missing });
  const said = `${envelope.Code ?? status}${words === undefined ? '' : `: ${quoteWords(words)}`}`;
  return new ModelFetchError(
    code,
    `${hostOf(question)} ${VERDICTS[code] ?? 'refused'} ${question.subject} (${said}).`,
    hintFor(code, question),
  );
}

function codeOfEnvelope(
  status: number,
  envelope: ModelscopeEnvelope,
  context: { hasToken: boolean; words: string; missing: ErrorCode },
): ErrorCode {
  // The overloaded database answers with the code of a missing record (modelscope.md 1.6).
  if (/max_prepared_stmt_count|Error 1461/i.test(context.words)) return 'SERVER';
  const code = Number(envelope.Code);
  const known = CODES.get(code);
  if (known !== undefined) return known;
  // The envelope may carry an HTTP status under 200, as `{"Code":403}` does.
  const says = (meant: number) => status === meant || code === meant;
  const isRefused = code === NO_ACCESS || says(401) || says(403) || /not logged in/i.test(context.words);
  if (isRefused) return context.hasToken ? 'FORBIDDEN' : 'AUTH_REQUIRED';
  if (says(404) || /record not found/i.test(context.words)) return context.missing;
  return 'HUB_PROTOCOL';
}

const VERDICTS: Partial<Record<ErrorCode, string>> = {
  NOT_FOUND: 'has no',
  REVISION_NOT_FOUND: 'has no such revision of',
  FILE_NOT_FOUND: 'does not have',
  AUTH_REQUIRED: 'wants a token for',
  FORBIDDEN: 'does not let this token read',
  SERVER: 'is overloaded and could not answer on',
};

function hintFor(code: ErrorCode, question: Question): ErrorDetail {
  if (code === 'FILE_NOT_FOUND')
    return { hint: 'The repository changed since it was listed; run again, best with a commit as revision.' };
  if (code === 'SERVER') return { hint: 'The fault is the host’s; try again later.' };
  if (code === 'AUTH_REQUIRED') return { hint: 'Give a token of an account that may read the repository.' };
  if (code === 'FORBIDDEN')
    return {
      hint: 'Check that the token is valid, and that its account was granted access on the page of the repository.',
    };
  if (code === 'HUB_PROTOCOL')
    return { hint: `Check that the endpoint ${question.endpoint} is a ${question.title} hub.` };
  if (code === 'REVISION_NOT_FOUND')
    return { hint: 'Name a branch, a tag or a commit that the page of the repository shows.' };
  if (code !== 'NOT_FOUND') return {};
  const hint = question.hasToken
    ? 'Check the spelling. It is missing, or this token has no access: the hub does not say which.'
    : 'Check the spelling. Private, gated and missing repositories look alike here: for the first two give a token.';
  return { hint };
}
