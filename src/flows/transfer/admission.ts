// What an answer to a range means for its file, decided before a byte of it is written. Sends and writes nothing.

import { codeOf, ModelFetchError } from '../../core/errors.ts';
import type { HttpResponse } from '../../core/http.ts';
import type { Clock, FailedAnswer } from '../../core/ports.ts';
import { judgeAnswer } from '../../core/transfer/answer.ts';
import type { Lead, Move } from './move-range.ts';
import { readText, refusalOf } from './refusal.ts';

/** The file and the host, for messages. */
export function whatOf({ file }: Lead, url: string): string {
  return `${file.path} from ${new URL(url).host}`;
}

/** Whether the move asks for the whole file, and so sends no range. */
export function isWhole({ file }: Lead, { front, end }: Move): boolean {
  return front === 0 && end === file.sizeBytes;
}

/** Whether another connection brings the whole file, this range with it. */
export function isLeftToAnother({ whole }: Lead, move: Move): boolean {
  return whole !== undefined && whole !== move;
}

function isForeign(lead: Lead, url: string): boolean {
  return new URL(url).origin !== new URL(lead.located.request.url).origin;
}

/** The bytes begin to arrive: what the other ranges of the file can learn from where they come from. */
export function noteAnswer(lead: Lead, move: Move, url: string): void {
  // A signed link on another origin spares the hub a question for each range.
  if (isForeign(lead, url)) lead.direct = url;
  if (!isWhole(lead, move)) lead.hasRanges = true;
}

/** Whether to write the body. False when the bytes come by another connection.
 * @throws what the answer says in place of the bytes, and SIZE_MISMATCH for other bytes than those that were asked for */
export async function admit(lead: Lead, move: Move, response: HttpResponse, clock: Clock): Promise<boolean> {
  const range = isWhole(lead, move) ? undefined : { start: move.front, end: move.end };
  const what = whatOf(lead, response.url);
  const answer = judgeAnswer(response, { range, sizeBytes: lead.file.sizeBytes, what });
  if (answer.kind === 'slice' || (answer.kind === 'whole' && range === undefined)) return true;
  if (answer.kind === 'wrong') throw answer.error;
  if (answer.kind === 'whole') return await takeWhole(lead, move, what);
  const { status, headers, url } = response;
  throw refuse(lead, { status, headers, text: await readText(response) }, url, clock);
}

/** A server without ranges: the file starts over, and comes in one piece. One that could do them a moment ago is asked again.
 * @returns false when another connection brings the whole file already. @throws SIZE_MISMATCH where others have brought parts of it */
export async function takeWhole(lead: Lead, move: Move, what: string): Promise<boolean> {
  if (isLeftToAnother(lead, move)) return false;
  // What others have brought would be lost.
  if (!lead.isSole()) throw new ModelFetchError('SIZE_MISMATCH', `${what} came whole, though a range was asked for.`);
  const isAlone = lead.claimAll();
  if (!isAlone && lead.hasRanges) {
    throw new ModelFetchError('SIZE_MISMATCH', `${what} came whole, though a range was asked for.`, {
      hint: 'The server does ranges at one time and not at another; try again with `connections` 1.',
    });
  }
  lead.whole = move;
  await lead.slot.reset();
  move.front = 0;
  move.end = lead.file.sizeBytes;
  return true;
}

/** The error for an answer that is not the bytes; a link that was refused is forgotten. */
export function refuse(lead: Lead, answer: FailedAnswer, url: string, clock: Clock): Error {
  const hasToken = lead.located.request.credential !== undefined;
  const refused = { ...lead, what: whatOf(lead, url), isForeign: isForeign(lead, url), hasToken };
  const error = refusalOf(answer, refused, clock.nowMs());
  // The next request asks the hub for a new link.
  if (codeOf(error) === 'LINK_EXPIRED') Object.assign(lead, { direct: undefined, first: undefined });
  return error;
}
