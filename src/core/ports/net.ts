// The seam to the network: one exchange, whole or as bytes that go straight to a file. Interfaces only.

import type { HttpRequest, HttpResponse, HttpText, Range, WireRequest } from '../http.ts';
import type { Asked } from '../transfer/answer.ts';
import type { FailedAnswer } from './hub.ts';

/** The one door to the network. */
export interface Transport {
  /** One exchange, redirects followed (at most five, never from https to http). A credential goes to its own origin only. A
   * failing status is an answer, not an error.
   * @throws NETWORK, TIMEOUT, HUB_PROTOCOL (redirects that lead nowhere), ABORTED; the body fails with NETWORK or STALLED. */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
  /** The same for small texts (at most 64 MiB), tried again by the policy on network errors, 408, 429 and 5xx.
   * @throws as send, and RATE_LIMITED, SERVER when the tries are used up. */
  read(request: HttpRequest, signal: AbortSignal): Promise<HttpText>;
  /** The same, tried once and with no status turned into an error: for what must not be asked twice without looking.
   * @throws as send */
  once(request: HttpRequest, signal: AbortSignal): Promise<HttpText>;
  /** The request as it would go out, for a lean reader; undefined where a proxy is in between. */
  wire(request: HttpRequest): WireRequest | undefined;
  /** The request that follows an answer to this one; undefined when the answer is no redirect.
   * @throws HUB_PROTOCOL for a redirect that is refused */
  hop(request: HttpRequest, answer: Pick<HttpResponse, 'status' | 'headers'>): HttpRequest | undefined;
  /** How far away the host of an address is: milliseconds that the quickest connection to it took to be made; while there is none, how
   * long the first attempt has lasted so far; 0 where nothing is known. */
  reachMs(url: string): number;
  close(): Promise<void>;
}

/** One exchange of a lean reader. Plain data, as the reader may be in another thread. */
export interface FetchTask {
  readonly wire: WireRequest;
  readonly range: Range;
  readonly asked: Asked;
}

export interface FetchWatch {
  /** The answer is the bytes, and they begin to arrive. */
  onHead(): void;
  /** So many more bytes of the range are in their place, in order. */
  onBytes(count: number): void;
}

export type Fetched =
  | { readonly kind: 'done' }
  /** The server offers the whole file in place of the range; nothing of it was read. */
  | { readonly kind: 'whole' }
  /** Something else than the bytes: a redirect, a refusal. */
  | ({ readonly kind: 'answer' } & FailedAnswer)
  /** Framed in a way that only the full client reads. */
  | { readonly kind: 'odd' };

/** Takes bytes in order; the view is valid during the call only. */
export type ByteSink = (bytes: Uint8Array) => void;

/** A reader for the bytes of files: strict about the head, quick about the body. */
export interface LeanReader {
  fetch(task: FetchTask, sink: ByteSink, onHead: () => void, signal: AbortSignal): Promise<Fetched>;
}
