// One commit to the Hugging Face Hub: its lines, its one request, and what the answer says happened.

import { hexOf } from '../../core/digest.ts';
import { ModelFetchError } from '../../core/errors.ts';
import type { HttpBody } from '../../core/http.ts';
import type { Change, Ticket } from '../../core/ports/push.ts';
import { isCommit, type ModelRef } from '../../core/ref.ts';
import { quoteWords } from '../../core/text/quote.ts';
import { believe, foreignAnswer, parseJson } from '../border.ts';
import { type InlinePiece, inlineBody } from '../inline-body.ts';
import { REFUSED_HINT } from '../lfs.ts';
import { gatewayTimeout } from '../push-rules.ts';
import type { HuggingfaceApi } from './api.ts';
import { huggingfaceChangeRefusal, huggingfaceCommit } from './push-wire.ts';

export interface CommitPlace {
  readonly api: HuggingfaceApi;
  readonly ref: ModelRef;
  /** The branch, or the ref of a pull request. */
  readonly revision: string;
}

/** Sends the commit once. @returns its id @throws as Push.commit */
export async function commitHuggingface(
  { api, ref, revision }: CommitPlace,
  change: Change,
  signal: AbortSignal,
): Promise<string> {
  const question = api.question('the commit', ref);
  const request = {
    method: 'POST',
    url: `${api.apiUrl(ref)}/commit/${encodeURIComponent(revision)}`,
    headers: { accept: 'application/json', 'content-type': 'application/x-ndjson' },
    body: commitLines(change),
  } as const;
  const judge = (text: Parameters<typeof huggingfaceChangeRefusal>[0]) =>
    gatewayTimeout(text) ?? huggingfaceChangeRefusal(text, question);
  const answer = await api.tell({ request, isOnce: true, judge }, signal);
  const value = parseJson(answer.text);
  if (value === undefined) throw unclear(foreignAnswer(answer, question));
  const said = believe(huggingfaceCommit, value, question);
  if (said.success === false) {
    const words = quoteWords(answer.text);
    throw new ModelFetchError('REFUSED', `The hub did not make the commit (${words}).`, { hint: REFUSED_HINT });
  }
  const made = said.commitOid ?? undefined;
  if (!isCommit(made)) throw unclear(foreignAnswer(answer, question));
  return made;
}

// A page in place of an answer comes from something in between: the hub behind it may have done what was asked.
function unclear(cause: ModelFetchError): ModelFetchError {
  return new ModelFetchError('SERVER', `Whether the commit was made is not known: ${cause.message}`, { cause });
}

/** The lines of huggingface.md 5.6. Content of files is streamed into them. */
export function commitLines({ tickets, deletes, message, parent }: Change): HttpBody {
  const [summary = '', ...description] = message.split('\n');
  const header = {
    summary,
    description: description.join('\n').trim(),
    ...(parent === undefined ? {} : { parentCommit: parent }),
  };
  return inlineBody([
    line('header', header),
    ...tickets.flatMap(fileLine),
    ...deletes.map((path) => line('deletedFile', { path })),
  ]);
}

function fileLine({ kind, file }: Ticket): InlinePiece[] {
  const { path, sizeBytes, digests } = file;
  if (kind === 'ignored' || kind === 'kept') return [];
  if (kind !== 'inline')
    return [line('lfsFile', { path, algo: 'sha256', oid: hexOf(digests.sha256), size: sizeBytes })];
  const [before, after] = line('file', { path, encoding: 'base64', content: '' }).split(/(?<="content":")(?="\}\}\n$)/);
  return [before ?? '', file, after ?? ''];
}

function line(key: string, value: object): string {
  return `${JSON.stringify({ key, value })}\n`;
}
