// One range of one file, from one source into its slot. Goes on from the last byte after a failure; knows nothing of other files.

import { codeOf, ModelFetchError } from '../../core/errors.ts';
import { formatRange, type HttpRequest, type HttpResponse, type Range } from '../../core/http.ts';
import type { Clock, Located, Slot, Source, Transport } from '../../core/ports.ts';
import { nextWaitMs, type RetryPolicy } from '../../core/retry.ts';
import type { RemoteFile, Snapshot } from '../../core/snapshot.ts';
import type { Pace } from '../../core/transfer/pace.ts';
import { admit, isLeftToAnother, isWhole, noteAnswer, refuse, takeWhole, whatOf } from './admission.ts';
import { renewLead } from './renewal.ts';
import { withWatchdog } from './watchdog.ts';

/** This much new data pays for the failure that came after it: the tries count anew. A connection that is reset loses what is still on
 * its way, so what arrives can be far less than what was sent. */
const PROGRESS_BYTES = 16 * 1024;
/** And this much for the wait, too. */
const SWIFT_BYTES = 1024 * 1024;

/** What the ranges of one file share. */
export interface Lead {
  readonly snapshot: Snapshot;
  readonly file: RemoteFile;
  readonly source: Source;
  readonly slot: Slot;
  /** Under the token of the moment. */
  located: Located;
  /** Where the first answer came from, when that was a signed link on another origin; it spares the hub a question a range. */
  direct: string | undefined;
  /** Settles when the first request of the file has its headers, so that the others can use its link. */
  first: Promise<void> | undefined;
  /** Some range of the file came as a range: this source can do them. */
  hasRanges: boolean;
  /** The one that brings the whole file, since the source cannot do ranges; the others leave it to that. */
  whole: Move | undefined;
  /** Takes back the ranges that nobody has begun. @returns whether no other range is under way */
  claimAll(): boolean;
  /** Whether the file can come from nowhere else. */
  isSole(): boolean;
}

export interface MoveDependencies {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly policy: RetryPolicy;
  readonly pace: Pace;
  /** An answer begins. */
  onHead(): void;
  /** Bytes that arrived and are written. */
  onBytes(count: number): void;
  onRetry(error: ModelFetchError, attempt: number, waitMs: number): void;
  /** Whether the source that just failed is worth another try. Absent where the policy alone decides. */
  mayRetry?(): boolean;
  /** It waits before another try, and then tries. */
  onRest(isResting: boolean): void;
}

/** How far a range has come. It outlives a source, so that the next one goes on from there. */
export interface Move {
  front: number;
  end: number;
  /** Tries in a row that failed. */
  failures: number;
  /** The highest front so far; a restart from byte 0 does not count as progress until it passes this. */
  furthest: number;
}

export function createMove({ start, end }: Range): Move {
  return { front: start, end, furthest: start, failures: 0 };
}

/** Moves what is left of a range, trying again by the policy; tries count anew whenever a try brought bytes that no earlier one had.
 * @throws the last error. What arrived stays in the slot. */
export async function moveRange(lead: Lead, move: Move, deps: MoveDependencies, signal: AbortSignal): Promise<void> {
  for (;;) {
    const before = move.furthest;
    const used = lead.located;
    try {
      return await moveOnce(lead, move, deps, signal);
    } catch (error) {
      // It broke off after the last byte.
      if (move.front >= move.end && !signal.aborted && codeOf(error) !== undefined) return;
      // The file started over in the midst of it.
      if (isLeftToAnother(lead, move) && !signal.aborted && codeOf(error) !== undefined) return;
      const newBytes = move.furthest - before;
      move.failures = newBytes >= PROGRESS_BYTES ? 1 : move.failures + 1;
      const isRenewable = move.failures <= Math.max(1, deps.policy.retries);
      const isRenewed = isRenewable && (await renewLead(lead, { used, error }, signal));
      const askedMs = isRenewed ? 0 : nextWaitMs(deps.policy, error, move.failures, deps.clock.random());
      if (signal.aborted) throw error;
      if (askedMs === undefined || deps.mayRetry?.() === false) throw error;
      const waitMs = newBytes >= SWIFT_BYTES ? 0 : askedMs;
      deps.onRetry(error as ModelFetchError, move.failures, waitMs);
      deps.onRest(true);
      if (waitMs > 0) await deps.clock.sleep(waitMs, signal);
      deps.onRest(false);
    }
  }
}

async function moveOnce(lead: Lead, move: Move, deps: MoveDependencies, signal: AbortSignal): Promise<void> {
  const { first } = lead;
  if (first !== undefined) await first;
  if (isLeftToAnother(lead, move)) return;
  const opened = first === undefined ? openFirst(lead) : () => undefined;
  const host = whatOf(lead, lead.direct ?? lead.located.request.url);
  try {
    await withWatchdog({ ...deps, what: host }, signal, async (onBytes, watched) => {
      const once = { ...deps, onOpen: opened, onBytes };
      const isDone = await fetchThere(lead, move, once, watched);
      if (!isDone) await readHere(lead, move, once, watched);
    });
  } finally {
    opened();
  }
}

/** The first request of a file holds the others back until it knows where the bytes are. */
function openFirst(lead: Lead): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  lead.first = promise;
  return resolve;
}

type MoveOnce = MoveDependencies & {
  /** To be called when it is known where the bytes come from. */
  onOpen(): void;
};

/** @returns false when only the full client can read what the server says, or must reach it */
async function fetchThere(lead: Lead, move: Move, deps: MoveOnce, signal: AbortSignal): Promise<boolean> {
  const { slot, file } = lead;
  let request = requestOf(lead, move);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const wire = deps.transport.wire(request);
    if (slot.fetch === undefined || wire === undefined) return false;
    const url = request.url;
    const watch = {
      onHead() {
        noteAnswer(lead, move, url);
        deps.onHead();
        deps.onOpen();
      },
      onBytes: (count: number) => advance(move, count, deps),
    };
    const range = { start: move.front, end: move.end };
    const asked = {
      range: isWhole(lead, move) ? undefined : range,
      sizeBytes: file.sizeBytes,
      what: whatOf(lead, url),
    };
    const fetched = await slot.fetch({ wire, range, asked }, watch, signal);
    if (fetched.kind === 'done') return true;
    if (fetched.kind === 'odd') return false;
    if (fetched.kind === 'whole') {
      if (!(await takeWhole(lead, move, asked.what))) return true;
      request = requestOf(lead, move);
      continue;
    }
    const next = deps.transport.hop(request, fetched);
    if (next === undefined) throw refuse(lead, fetched, url, deps.clock);
    request = next;
  }
  return false;
}

const MAX_REDIRECTS = 5;

async function readHere(lead: Lead, move: Move, deps: MoveOnce, signal: AbortSignal): Promise<void> {
  const response = await deps.transport.send(requestOf(lead, move), signal);
  let isRead = false;
  try {
    if (!(await admit(lead, move, response, deps.clock))) return;
    noteAnswer(lead, move, response.url);
    deps.onHead();
    deps.onOpen();
    await receive(lead, move, response, deps);
    isRead = true;
  } finally {
    if (!isRead) await response.discard();
  }
}

function advance(move: Move, count: number, deps: MoveDependencies): void {
  move.front += count;
  move.furthest = Math.max(move.furthest, move.front);
  deps.onBytes(count);
}

function requestOf(lead: Lead, move: Move): HttpRequest {
  const { request } = lead.located;
  const headers = isWhole(lead, move)
    ? request.headers
    : { ...request.headers, range: formatRange({ start: move.front, end: move.end }) };
  return { ...request, url: lead.direct ?? request.url, ...(headers === undefined ? {} : { headers }) };
}

async function receive(lead: Lead, move: Move, response: HttpResponse, deps: MoveDependencies): Promise<void> {
  const what = whatOf(lead, response.url);
  for await (const chunk of response.body) {
    if (move.front + chunk.length > move.end) {
      throw new ModelFetchError('SIZE_MISMATCH', `${what} sent more bytes than it has.`);
    }
    await lead.slot.write(move.front, chunk);
    advance(move, chunk.length, deps);
  }
  if (move.front < move.end) {
    throw new ModelFetchError('NETWORK', `${what} ended ${move.end - move.front} bytes early.`);
  }
}
