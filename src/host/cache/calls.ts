// The three calls of the cache service's second protocol (github-actions.md 2.3). Each is short: it answers within its limit of time,
// or counts as failed. Knows what is said, and nothing of what is cached.

import * as v from 'valibot';
import { aborted, codeOf, ModelFetchError } from '../../core/errors.ts';
import type { HttpRequest, HttpResponse } from '../../core/http.ts';
import type { Clock, Transport } from '../../core/ports.ts';
import { printable } from '../../core/repo-path.ts';
import type { SlowCall } from './slow-call.ts';

export interface CacheServiceAddress {
  /** As the runner gives it; with a slash at its end or without. */
  readonly url: string;
  readonly token: string;
}

/** The name of an entry to the service. */
export interface EntryName {
  readonly key: string;
  /** 64 hex digits: what two entries of one key may differ in. */
  readonly version: string;
}

export interface CacheCalls {
  /** @returns undefined for a miss */
  lookUp(
    name: EntryName & { readonly restoreKeys: readonly string[] },
    signal: AbortSignal,
  ): Promise<{ readonly key: string; readonly url: string } | undefined>;
  /** @returns where to put the bytes; undefined when the key is taken, by an entry or by another job that is saving it */
  reserve(name: EntryName, signal: AbortSignal): Promise<string | undefined>;
  finish(name: EntryName & { readonly sizeBytes: number }, signal: AbortSignal): Promise<void>;
}

export interface CacheCallsParts {
  readonly transport: Transport;
  readonly clock: Clock;
  /** What an answer, a second try included, is waited for with. */
  readonly slowly: SlowCall;
}

const PATH = 'twirp/github.actions.results.api.v1.CacheService/';
const RETRY_WAIT_MS = 250;
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_QUOTED = 200;

const text = v.optional(v.string(), '');
// Twirp's JSON may spell names in either case.
const answerShape = v.object({
  ok: v.optional(v.boolean(), false),
  message: text,
  signed_download_url: text,
  signedDownloadUrl: text,
  signed_upload_url: text,
  signedUploadUrl: text,
  matched_key: text,
  matchedKey: text,
});
type Answer = v.InferOutput<typeof answerShape>;

/** Every call @throws CACHE_RESTORE when the service fails or refuses, with what it did as the message; ABORTED. */
export function createCacheCalls(service: CacheServiceAddress, parts: CacheCallsParts): CacheCalls {
  const ask = (method: string, message: object, signal: AbortSignal) =>
    askTwice(requestOf(service, method, message), parts, signal);
  return {
    async lookUp({ key, version, restoreKeys }, signal) {
      const answer = await ask('GetCacheEntryDownloadURL', { key, restore_keys: restoreKeys, version }, signal);
      if (answer === 'taken' || !answer.ok) return undefined;
      const url = answer.signed_download_url || answer.signedDownloadUrl;
      return { key: answer.matched_key || answer.matchedKey, url: checkAddress(url) };
    },
    async reserve({ key, version }, signal) {
      const answer = await ask('CreateCacheEntry', { key, version }, signal);
      if (answer === 'taken' || isTaken(answer)) return undefined;
      if (!answer.ok) throw failure(`it refused an entry: ${quoted(answer.message)}`);
      return checkAddress(answer.signed_upload_url || answer.signedUploadUrl);
    },
    async finish({ key, version, sizeBytes }, signal) {
      const answer = await ask('FinalizeCacheEntryUpload', { key, version, size_bytes: String(sizeBytes) }, signal);
      if (answer === 'taken' || !answer.ok) {
        throw failure(
          `it did not accept an entry that was uploaded: ${answer === 'taken' ? '' : quoted(answer.message)}`,
        );
      }
    },
  };
}

function requestOf({ url, token }: CacheServiceAddress, method: string, message: object): HttpRequest {
  const address = new URL(`${PATH}${method}`, url.endsWith('/') ? url : `${url}/`);
  return {
    method: 'POST',
    url: address.href,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    credential: { origin: address.origin, bearer: token },
    body: JSON.stringify(message),
  };
}

// One more try is what fits into the limit of time.
async function askTwice(
  request: HttpRequest,
  { transport, clock, slowly }: CacheCallsParts,
  signal: AbortSignal,
): Promise<Answer | 'taken'> {
  const askFor = async (limited: AbortSignal) => {
    const ask = async () => judge(await transport.send(request, limited));
    const first = await ask().catch(passingOnly);
    if (first !== 'passing') return first;
    await clock.sleep(RETRY_WAIT_MS * (0.5 + clock.random()), limited);
    return await ask();
  };
  try {
    return await slowly(request.url, askFor, signal);
  } catch (error) {
    if (signal.aborted) throw aborted();
    throw named(error);
  }
}

// A connection that was kept too long breaks off, and a service may fail for a moment.
function passingOnly(error: unknown): 'passing' {
  if (codeOf(error) === 'SERVER' || codeOf(error) === 'NETWORK') return 'passing';
  throw error;
}

async function judge(response: HttpResponse): Promise<Answer | 'taken'> {
  const body = await readAnswer(response);
  const { status } = response;
  if (status === 200) return parseAnswer(body);
  if (status === 409) return 'taken';
  if ([500, 502, 503, 504].includes(status)) throw new ModelFetchError('SERVER', `it failed (${status})`);
  if (status === 429) {
    const after = response.headers['retry-after'];
    throw failure(
      `it asked for fewer requests${after === undefined ? '' : `, for ${quoted(after)} seconds`} (${status})`,
    );
  }
  throw failure(`it refused (${status}): ${quoted(body)}`);
}

async function readAnswer(response: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_ANSWER_BYTES) throw failure('its answer has no end');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseAnswer(body: string): Answer {
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), answerShape), body);
  if (!result.success) throw failure('it answered with something that is not its protocol');
  return result.output;
}

// GitHub answers 409, others say it in words. A refusal without a word may be anything, so it is none of these.
function isTaken({ ok, message }: Answer): boolean {
  return !ok && /already exists|already reserved|another job/i.test(message);
}

function checkAddress(url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw failure('it gave a link that is no address');
  return url;
}

function named(error: unknown): unknown {
  return error instanceof ModelFetchError && error.code !== 'ABORTED' ? failure(error.message) : error;
}

function failure(message: string): ModelFetchError {
  return new ModelFetchError('CACHE_RESTORE', message);
}

function quoted(message: string): string {
  return printable(message.trim()).slice(0, MAX_QUOTED) || 'no reason given';
}
