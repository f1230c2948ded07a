// The vocabulary of one HTTP exchange as plain data, and what a status says when no hub knows better.

import type { Chunks } from './chunks.ts';
import { ModelFetchError } from './errors.ts';

/** Secrets and the one origin they belong to. A field of the request, not a header: one place drops and hides them. */
export interface Credential {
  readonly origin: string;
  readonly bearer?: string;
  readonly cookie?: string;
}

/** A body that is streamed, with its length told beforehand. */
export interface HttpBody {
  readonly sizeBytes: number;
  /** From the first byte; called again for every try. */
  open(): Chunks;
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly credential?: Credential;
  readonly body?: string | HttpBody;
}

/** Names lower-cased; of a repeated header the values are joined by a comma. */
export type Headers = Readonly<Record<string, string | undefined>>;

export interface HttpResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Where the answer came from, after redirects. */
  readonly url: string;
  /** Read it to the end or discard it. Fails with NETWORK or STALLED. */
  readonly body: AsyncIterable<Uint8Array>;
  discard(): Promise<void>;
}

export interface TimeLimits {
  readonly connectMs: number;
  readonly headersMs: number;
  /** The longest silence in the middle of a body; of one that is sent, the time in which a host is to take what PACE asks for. */
  readonly silenceMs: number;
}

/** A GET as it goes on the wire, secrets included. Plain data for a reader in another thread, and never shown. */
export interface WireRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly limits: TimeLimits;
}

export interface HttpText {
  readonly status: number;
  readonly headers: Headers;
  readonly url: string;
  readonly text: string;
}

/** A range of bytes: start inclusive, end exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The value of a Range header. */
export function formatRange(range: Range): string {
  return `bytes=${range.start}-${range.end - 1}`;
}

export interface ContentRange extends Range {
  /** Undefined where the server wrote `*`. */
  readonly totalBytes: number | undefined;
}

/** Reads `bytes a-b/total`; undefined for anything else. */
export function parseContentRange(text: string | undefined): ContentRange | undefined {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(text?.trim() ?? '');
  if (match === null) return undefined;
  const start = Number(match[1]);
  const end = Number(match[2]) + 1;
  const totalBytes = match[3] === '*' ? undefined : Number(match[3]);
  if (end <= start || (totalBytes !== undefined && end > totalBytes)) return undefined;
  return { start, end, totalBytes };
}

/** The error for a failing status that means the same on every host; undefined for one that a hub must read itself.
 * @param what the thing asked for and its host, for the message. */
export function errorOfStatus(
  status: number,
  headers: Headers,
  what: string,
  nowMs: number,
): ModelFetchError | undefined {
  const waitMs = retryAfterMs(headers, nowMs);
  const wait = waitMs === undefined ? {} : { waitMs };
  if (status === 408) return new ModelFetchError('TIMEOUT', `The host timed out (408) on ${what}.`, wait);
  if (status === 429) {
    return new ModelFetchError('RATE_LIMITED', `The host asked for fewer requests (429) on ${what}.`, {
      ...wait,
      hint: 'Give a token (anonymous limits are shared by everyone on the same address), or try again later.',
    });
  }
  if (status === 507) {
    return new ModelFetchError('QUOTA', `The host has no room left (507) for ${what}.`, {
      hint: 'Free storage on the page of the account, or have its limit raised; what was sent stays for the next run.',
    });
  }
  if (status >= 500) {
    return new ModelFetchError('SERVER', `The host failed (${status}) on ${what}.`, {
      ...wait,
      hint: 'The fault is the host’s; try again later.',
    });
  }
  return undefined;
}

/** How long the host asks to be left alone. `RateLimit` counts only when nothing remains (huggingface.md 1.7); `Retry-After` is
 * seconds or a date. */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const limit = /(?:^|;)\s*r=0\s*;\s*t=(\d{1,9})/.exec(headers['ratelimit'] ?? '');
  if (limit?.[1] !== undefined) return (Number(limit[1]) + 1) * 1000;
  const after = headers['retry-after']?.trim();
  if (after === undefined || after === '') return undefined;
  if (/^\d{1,9}$/.test(after)) return Number(after) * 1000;
  const dateMs = Date.parse(after);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
