// A body on its way out: opened anew for each try, watched while it goes, its length kept. Knows nothing of what is in it.

import { ModelFetchError } from '../core/errors.ts';
import type { HttpBody } from '../core/http.ts';
import { PACE } from '../core/transfer/pace.ts';
import { hostOf } from './network-error.ts';

/** Who was sent a body may need time to check and store it before it answers. */
const STORED_BYTES_PER_MS = 20 * 1024;
/** No official client waits longer for the answer to a file (modelscope.md 1.2). */
const MAX_ANSWER_MS = 3_600_000;
/** Bytes go out in pieces of this, each within the longest silence: who takes fewer bytes in that time does not keep the pace. */
const PIECE_BYTES = PACE.bytesPerWindow;

export interface Outgoing {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Fires with STALLED when the host takes next to nothing for too long. */
  readonly stalled: AbortSignal;
}

/** How long an answer may take once the body is sent, in milliseconds: what changes something takes longer than what only looks. */
export function answerMs(body: HttpBody, headersMs: number): number {
  return Math.min(MAX_ANSWER_MS, 2 * headersMs + Math.ceil(body.sizeBytes / STORED_BYTES_PER_MS));
}

/** Opens a body for one exchange. The bytes fail with whatever the body itself fails with, and with SIZE_MISMATCH when they are more
 * or fewer than was told.
 * @param silenceMs in which the host is to take PIECE_BYTES; what the body itself needs to be read does not count */
export function openBody(body: HttpBody, url: string, silenceMs: number): Outgoing {
  const stall = new AbortController();
  async function* watched(): AsyncGenerator<Uint8Array> {
    let sentBytes = 0;
    for await (const chunk of body.open()) {
      sentBytes += chunk.length;
      if (sentBytes > body.sizeBytes) throw lengthError(url, body);
      for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
        const timer = setTimeout(() => stall.abort(stallError(url)), silenceMs);
        try {
          yield chunk.subarray(from, from + PIECE_BYTES);
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
  return new ModelFetchError('STALLED', `${hostOf(url)} took next to nothing more in the middle of a file.`);
}

function lengthError(url: string, { sizeBytes }: HttpBody): ModelFetchError {
  return new ModelFetchError('SIZE_MISMATCH', `What goes to ${hostOf(url)} is not ${sizeBytes} bytes long any more.`);
}
