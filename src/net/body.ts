// A body on its way out: opened anew for each try, watched while it goes, its length kept. Knows nothing of what is in it.

import { ModelFetchError } from '../core/errors.ts';
import type { HttpBody } from '../core/http.ts';
import { hostOf } from './network-error.ts';

/** Who was sent a body may need time to check and store it before it answers. */
const STORED_BYTES_PER_MS = 20 * 1024;
/** On a slow line a larger write would look like silence. */
const WRITE_BYTES = 256 * 1024;

export interface Outgoing {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Fires with STALLED when the host takes no more bytes for too long. */
  readonly stalled: AbortSignal;
}

/** How long an answer may take once the body is sent, in milliseconds: what changes something takes longer than what only looks. */
export function answerMs(body: HttpBody, headersMs: number): number {
  return 2 * headersMs + Math.ceil(body.sizeBytes / STORED_BYTES_PER_MS);
}

/** Opens a body for one exchange. The bytes fail with whatever the body itself fails with, and with SIZE_MISMATCH when they are more
 * or fewer than was told. */
export function openBody(body: HttpBody, url: string, silenceMs: number): Outgoing {
  const stall = new AbortController();
  async function* watched(): AsyncGenerator<Uint8Array> {
    let sentBytes = 0;
    for await (const chunk of body.open()) {
      sentBytes += chunk.length;
      if (sentBytes > body.sizeBytes) throw lengthError(url, body);
      for (let from = 0; from < chunk.length; from += WRITE_BYTES) {
        const timer = setTimeout(() => stall.abort(stallError(url)), silenceMs);
        try {
          yield chunk.subarray(from, from + WRITE_BYTES);
        } finally {
          clearTimeout(timer);
        }
      }
    }
    if (sentBytes < body.sizeBytes) throw lengthError(url, body);
  }
  return { bytes: watched(), stalled: stall.signal };
}

function stallError(url: string): ModelFetchError {
  return new ModelFetchError('STALLED', `${hostOf(url)} took no more bytes in the middle of a file.`);
}

function lengthError(url: string, { sizeBytes }: HttpBody): ModelFetchError {
  return new ModelFetchError('SIZE_MISMATCH', `What goes to ${hostOf(url)} is not ${sizeBytes} bytes long any more.`);
}
