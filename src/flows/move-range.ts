// One range of one file, from one source into its slot. Goes on from the last byte after a failure; knows nothing of other files.

import { judgeAnswer } from '../core/answer.ts';
import { ModelFetchError } from '../core/errors.ts';
import { errorOfStatus, formatRange, type HttpRequest, type HttpResponse, type Range } from '../core/http.ts';
import type { Clock, Located, Slot, Source, Transport } from '../core/ports.ts';
import { nextWaitMs, type RetryPolicy } from '../core/retry.ts';
import type { RemoteFile, Snapshot } from '../core/snapshot.ts';

/** Enough to tell an error message from a file. */
const MAX_REFUSAL_BYTES = 64 * 1024;
/** This much new data pays for the failure that came after it. */
const PROGRESS_BYTES = 1024 * 1024;

/** What the ranges of one file share. */
export interface Lead {
  readonly snapshot: Snapshot;
  readonly file: RemoteFile;
  readonly source: Source;
  readonly slot: Slot;
  readonly located: Located;
  /** Where the first answer came from, when that was a signed link on another origin; it spares the hub a question a range. */
  direct: string | undefined;
  /** Settles when the first request of the file has its headers, so that the others can use its link. */
  first: Promise<void> | undefined;
  /** Asked when a server sends the whole file instead of a range: true when no other range is under way, so that it may. */
  claimWhole(): boolean;
}

export interface MoveDependencies {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly policy: RetryPolicy;
  /** Bytes that arrived and are written. */
  onBytes(count: number): void;
  onRetry(error: ModelFetchError, attempt: number, waitMs: number): void;
}

/** How far a range has come. It outlives a source, so that the next one goes on from there. */
export interface Move {
  front: number;
  end: number;
  /** The highest front so far; a restart from byte 0 does not count as progress until it passes this. */
  furthest: number;
}

export function createMove({ start, end }: Range): Move {
  return { front: start, end, furthest: start };
}

/** Moves what is left of a range, trying again by the policy; tries count anew whenever a try brought bytes that no earlier one had.
 * @throws the last error. What arrived stays in the slot. */
export async function moveRange(lead: Lead, move: Move, deps: MoveDependencies, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; ) {
    const before = move.furthest;
    try {
      return await moveOnce(lead, move, deps, signal);
    } catch (error) {
      const progressed = move.furthest - before >= PROGRESS_BYTES;
      attempt = progressed ? 1 : attempt;
      const waitMs = signal.aborted ? undefined : nextWaitMs(deps.policy, error, attempt, deps.clock.random());
      if (waitMs === undefined) throw error;
      deps.onRetry(error as ModelFetchError, attempt, progressed ? 0 : waitMs);
      if (!progressed) await deps.clock.sleep(waitMs, signal);
      attempt += 1;
    }
  }
}

async function moveOnce(lead: Lead, move: Move, deps: MoveDependencies, signal: AbortSignal): Promise<void> {
  const response = await ask(lead, move, deps.transport, signal);
  let isRead = false;
  try {
    await admit(lead, move, response, deps.clock);
    await receive(lead, move, response, deps);
    isRead = true;
  } finally {
    if (!isRead) await response.discard();
  }
}

async function ask(lead: Lead, move: Move, transport: Transport, signal: AbortSignal): Promise<HttpResponse> {
  if (lead.first !== undefined) {
    await lead.first;
    return transport.send(requestOf(lead, move), signal);
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  lead.first = promise;
  try {
    const response = await transport.send(requestOf(lead, move), signal);
    const isElsewhere = new URL(response.url).origin !== new URL(lead.located.request.url).origin;
    if (isElsewhere && (response.status === 200 || response.status === 206)) lead.direct = response.url;
    return response;
  } finally {
    resolve();
  }
}

function requestOf({ located, direct, file }: Lead, { front, end }: Move): HttpRequest {
  const { request } = located;
  const isWhole = front === 0 && end === file.sizeBytes;
  const headers = isWhole ? request.headers : { ...request.headers, range: formatRange({ start: front, end }) };
  return { ...request, url: direct ?? request.url, ...(headers === undefined ? {} : { headers }) };
}

// Decides what the answer is before a byte of it is written.
async function admit(lead: Lead, move: Move, response: HttpResponse, clock: Clock): Promise<void> {
  const { file } = lead;
  const isWhole = move.front === 0 && move.end === file.sizeBytes;
  const what = `${file.path} from ${new URL(response.url).host}`;
  const answer = judgeAnswer(response, {
    range: isWhole ? undefined : { start: move.front, end: move.end },
    sizeBytes: file.sizeBytes,
    what,
  });
  if (answer.kind === 'slice' || (answer.kind === 'whole' && isWhole)) return;
  if (answer.kind === 'wrong') throw answer.error;
  if (answer.kind === 'text') throw await refusalOf(lead, response, what, clock);
  if (!lead.claimWhole())
    throw new ModelFetchError('SIZE_MISMATCH', `${what} came whole, though a range was asked for.`);
  await lead.slot.reset();
  move.front = 0;
  move.end = file.sizeBytes;
}

async function refusalOf(lead: Lead, response: HttpResponse, what: string, clock: Clock): Promise<Error> {
  const { status, headers } = response;
  const isForeign = new URL(response.url).origin !== new URL(lead.located.request.url).origin;
  if (isForeign && [400, 401, 403, 404, 410].includes(status)) {
    lead.direct = undefined;
    lead.first = undefined;
    return new ModelFetchError('LINK_EXPIRED', `The link to ${what} was refused (${status}).`, { waitMs: 0 });
  }
  const text = await readText(response);
  const told = isForeign ? undefined : lead.source.refusal({ status, headers, text }, lead.snapshot, lead.file);
  return told ?? errorOfStatus(status, headers, what, clock.nowMs()) ?? plainRefusal(status, what);
}

async function readText(response: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes >= MAX_REFUSAL_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_REFUSAL_BYTES).toString('utf8');
}

function plainRefusal(status: number, what: string): ModelFetchError {
  if (status === 200 || status === 206 || status === 416) {
    return new ModelFetchError(
      'SIZE_MISMATCH',
      `${what} does not have the size that the listing gives (status ${status}).`,
    );
  }
  if (status === 401)
    return new ModelFetchError('AUTH_REQUIRED', `${what} needs a token (401).`, { hint: 'Give `token`.' });
  if (status === 403)
    return new ModelFetchError('FORBIDDEN', `${what} was refused (403).`, { hint: 'Check what the token may read.' });
  if (status === 404)
    return new ModelFetchError('FILE_NOT_FOUND', `${what} is in the listing and was not found (404).`);
  return new ModelFetchError('HUB_PROTOCOL', `${what} was answered with the status ${status}.`);
}

async function receive(lead: Lead, move: Move, response: HttpResponse, deps: MoveDependencies): Promise<void> {
  for await (const chunk of response.body) {
    if (move.front + chunk.length > move.end) {
      throw new ModelFetchError(
        'SIZE_MISMATCH',
        `${lead.file.path} from ${new URL(response.url).host} sent more bytes than it has.`,
      );
    }
    await lead.slot.write(move.front, chunk);
    move.front += chunk.length;
    move.furthest = Math.max(move.furthest, move.front);
    deps.onBytes(chunk.length);
  }
  if (move.front < move.end) {
    throw new ModelFetchError(
      'NETWORK',
      `${lead.file.path} from ${new URL(response.url).host} ended ${move.end - move.front} bytes early.`,
    );
  }
}
