// A body on its way out: opened anew for each try, watched while it goes, its length kept. Knows nothing of what is in it.

import type { Chunks } from '../core/chunks.ts';
import { ModelFetchError } from '../core/errors.ts';
import type { HttpBody } from '../core/http.ts';
import { PACE } from '../core/transfer/pace.ts';
import { hostOf } from './network-error.ts';

/** Who was sent a body may need time to check and store it before it answers. */
const STORED_BYTES_PER_MS = 20 * 1024;
/** No official client waits longer for the answer to a file (modelscope.md 1.2). */
const MAX_ANSWER_MS = 3_600_000;
/** Bytes go out in pieces, each within the longest silence: who takes fewer bytes in that time does not keep the pace. */
const LEAST_PIECE_BYTES = PACE.bytesPerWindow;
/** Each piece costs some work, so who takes them quickly gets larger ones. */
const MOST_PIECE_BYTES = 1024 * 1024;
const QUICK_MS = 100;
/** What the sockets of the slowest line swallow at once, twice. */
const SWALLOWED_BYTES = 8 * 1024 * 1024;

export interface Outgoing {
  readonly bytes: Chunks;
  /** Fires with STALLED when the host takes next to nothing for too long. */
  readonly stalled: AbortSignal;
}

/** How long an answer may take once the body is sent, in milliseconds: what changes something takes longer than what only looks. */
export function answerMs(body: HttpBody, headersMs: number): number {
  return Math.min(MAX_ANSWER_MS, 2 * headersMs + Math.ceil(body.sizeBytes / STORED_BYTES_PER_MS));
}

/** Opens a body for one exchange. The bytes fail with whatever the body itself fails with, and with SIZE_MISMATCH when they are more
 * or fewer than was told.
 * @param silenceMs in which the host is to take a piece; what the body itself needs to be read does not count */
export function openBody(body: HttpBody, url: string, silenceMs: number): Outgoing {
  const stall = new AbortController();
  async function* watched(): Chunks {
    let sentBytes = 0;
    let pieceBytes = LEAST_PIECE_BYTES;
    for await (const chunk of body.open()) {
      if (sentBytes + chunk.length > body.sizeBytes) throw lengthError(url, body);
      for (const end = sentBytes + chunk.length; sentBytes < end; ) {
        const piece = chunk.subarray(chunk.length - (end - sentBytes)).subarray(0, pieceBytes);
        const beganMs = performance.now();
        const timer = setTimeout(() => stall.abort(stallError(url)), silenceMs);
        try {
          yield piece;
        } finally {
          clearTimeout(timer);
        }
        sentBytes += piece.length;
        pieceBytes = nextPieceBytes(pieceBytes, performance.now() - beganMs, sentBytes);
      }
    }
    if (sentBytes < body.sizeBytes) throw lengthError(url, body);
  }
  return { bytes: watched(), stalled: stall.signal };
}

function nextPieceBytes(pieceBytes: number, tookMs: number, sentBytes: number): number {
  const isQuick = tookMs < QUICK_MS && sentBytes > SWALLOWED_BYTES;
  return isQuick ? Math.min(2 * pieceBytes, MOST_PIECE_BYTES) : LEAST_PIECE_BYTES;
}

function stallError(url: string): ModelFetchError {
  return new ModelFetchError('STALLED', `${hostOf(url)} took next to nothing more in the middle of a file.`);
}

function lengthError(url: string, { sizeBytes }: HttpBody): ModelFetchError {
  return new ModelFetchError('SIZE_MISMATCH', `What goes to ${hostOf(url)} is not ${sizeBytes} bytes long any more.`);
}
