// The body of a commit: text with files in it as base64, streamed from the disk and never whole in memory. Knows no hub.

import type { Chunks } from '../core/chunks.ts';
import type { HttpBody } from '../core/http.ts';
import type { LocalFile } from '../core/ports/push.ts';

/** Text is sent as it is, a file as the base64 of its content. */
export type InlinePiece = string | LocalFile;

export function inlineBody(pieces: readonly InlinePiece[]): HttpBody {
  const texts = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece));
  const sizeBytes = texts.reduce((sum, piece) => sum + lengthOf(piece), 0);
  return {
    sizeBytes,
    async *open() {
      for (const piece of texts) {
        if (Buffer.isBuffer(piece)) yield piece;
        else yield* base64Of(piece.open());
      }
    },
  };
}

function lengthOf(piece: Buffer | LocalFile): number {
  return Buffer.isBuffer(piece) ? piece.length : Math.ceil(piece.sizeBytes / 3) * 4;
}

// Only whole groups of three bytes can be encoded before more is known.
async function* base64Of(chunks: Chunks): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk]);
    const whole = bytes.length - (bytes.length % 3);
    rest = bytes.subarray(whole);
    if (whole > 0) yield Buffer.from(bytes.toString('base64', 0, whole));
  }
  if (rest.length > 0) yield Buffer.from(rest.toString('base64'));
}

/** All bytes of a small file. */
export async function readAll(chunks: Chunks): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(Buffer.from(chunk));
  return Buffer.concat(all);
}
