// One file on its way to one hub: its parts, each tried again for itself, a new link when one has expired, and the end of the upload.

import pMap from 'p-map';
import { codeOf, ModelFetchError } from '../../core/errors.ts';
import type { HttpBody, Range } from '../../core/http.ts';
import type { LocalFile, Push, Receipt, SendPart, SendTicket, Ticket } from '../../core/ports/push.ts';
import type { Clock, Transport } from '../../core/ports.ts';
import { nextWaitMs, type RetryPolicy, withRetry } from '../../core/retry.ts';
import type { Lanes } from './lanes.ts';

export interface SendDependencies {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly policy: RetryPolicy;
  readonly lanes: Lanes;
  /** Bytes that were handed to the network. */
  onSent(count: number): void;
  /** Bytes that a try had handed over in vain. */
  onLost(count: number): void;
  onRetry(error: ModelFetchError, attempt: number, waitMs: number): void;
}

/** Sends what a ticket asks for. Before anything is sent again the hub is asked what it has: a part that arrived stays, as long as the
 * hub takes up the same upload, and so does a whole file whose answer was lost.
 * @returns the ticket that the commit needs
 * @throws the last error */
export async function sendFile(
  first: SendTicket,
  push: Push,
  deps: SendDependencies,
  signal: AbortSignal,
): Promise<Ticket> {
  const receipts = new Map<string, Receipt>();
  let ticket: Ticket = first;
  for (let attempt = 1; ; attempt += 1) {
    const before = receipts.size;
    try {
      if (ticket.kind !== 'send') return ticket;
      await sendParts(ticket, push, receipts, deps, signal);
      await push.finish(ticket, inOrder(ticket, receipts), signal);
      return ticket;
    } catch (error) {
      // What brought a part further pays for the failure after it.
      attempt = receipts.size > before ? 1 : attempt;
      const waitMs = signal.aborted ? undefined : waitBeforeRound(error, ticket, attempt, deps);
      if (waitMs === undefined) throw error;
      if (codeOf(error) === 'DIGEST_MISMATCH') receipts.clear();
      deps.onRetry(error as ModelFetchError, attempt, waitMs);
      await deps.clock.sleep(waitMs, signal);
      ticket = await offerAgain(first.file, push, signal);
    }
  }
}

function waitBeforeRound(
  error: unknown,
  ticket: Ticket,
  attempt: number,
  { policy, clock }: SendDependencies,
): number | undefined {
  // Bytes that arrived wrong may arrive right; a file that changed is found out by the reading.
  if (codeOf(error) === 'DIGEST_MISMATCH') return attempt === 1 ? 0 : undefined;
  const isForParts = ticket.kind === 'send' && ticket.parts.length > 1 && codeOf(error) !== 'LINK_EXPIRED';
  return isForParts ? undefined : nextWaitMs(policy, error, attempt, clock.random());
}

async function offerAgain(file: LocalFile, push: Push, signal: AbortSignal): Promise<Ticket> {
  const [ticket] = await push.offer([file], signal);
  if (ticket === undefined) throw new Error(`no ticket for ${file.path}`);
  return ticket;
}

function keyOf({ upload, index }: Pick<Receipt, 'upload' | 'index'>): string {
  return `${index} ${upload}`;
}

function inOrder({ upload, parts }: SendTicket, receipts: ReadonlyMap<string, Receipt>): Receipt[] {
  return parts.flatMap(({ index }) => receipts.get(keyOf({ upload, index })) ?? []);
}

async function sendParts(
  ticket: SendTicket,
  push: Push,
  receipts: Map<string, Receipt>,
  deps: SendDependencies,
  signal: AbortSignal,
): Promise<void> {
  const missing = ticket.parts.filter(({ index }) => !receipts.has(keyOf({ upload: ticket.upload, index })));
  const sendOne = async (part: SendPart) => {
    const once = () => deps.lanes.run(() => sendPart(ticket, part, push, deps, signal), signal);
    // A file that travels whole is asked for again before it travels again, and so is a link that is refused.
    const work = ticket.parts.length > 1 ? () => keepExpired(once) : once;
    const retries = ticket.parts.length > 1 ? deps.policy.retries : 0;
    const receipt = await withRetry(work, { ...deps, policy: { ...deps.policy, retries } }, signal);
    if (receipt instanceof ModelFetchError) throw receipt;
    receipts.set(keyOf(receipt), receipt);
  };
  await pMap(missing, sendOne, { concurrency: Math.max(1, push.limits.parallelParts) });
}

async function keepExpired(work: () => Promise<Receipt>): Promise<Receipt | ModelFetchError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ModelFetchError && error.code === 'LINK_EXPIRED') return error;
    throw error;
  }
}

async function sendPart(
  ticket: SendTicket,
  part: SendPart,
  push: Push,
  deps: SendDependencies,
  signal: AbortSignal,
): Promise<Receipt> {
  let sentBytes = 0;
  const body = bodyOf(ticket.file, part.range, (count) => {
    sentBytes += count;
    deps.onSent(count);
  });
  try {
    const answer = await deps.transport.once({ ...part.request, body }, signal);
    return await push.receive(ticket, part, answer, signal);
  } catch (error) {
    deps.onLost(sentBytes);
    throw error;
  }
}

function bodyOf(file: LocalFile, range: Range, onSent: (count: number) => void): HttpBody {
  return {
    sizeBytes: range.end - range.start,
    async *open() {
      for await (const chunk of file.open(range)) {
        yield chunk;
        onSent(chunk.length);
      }
    },
  };
}
