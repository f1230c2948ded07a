// Bodies of answers with something wrong in them. Each takes the answer it spoils; when that happens is for the plan of faults.

import type { Answer } from './file-answer.ts';

/** The answer without its end. */
export async function* firstBytes(answer: Answer, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of answer.read()) {
    if (left > 0) yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) return;
  }
}

/** The answer with one bit of the byte at the offset turned. */
export async function* flipped(answer: Answer, offset: number): AsyncGenerator<Uint8Array> {
  let front = 0;
  for await (const chunk of answer.read()) {
    const at = Math.min(offset, answer.sizeBytes - 1) - front;
    front += chunk.length;
    // A copy: the chunk may be a view of bytes that are served again.
    const bytes = Buffer.from(chunk);
    if (at >= 0 && at < bytes.length) bytes.writeUInt8(bytes.readUInt8(at) ^ 0x01, at);
    yield bytes;
  }
}

/** The answer, which waits at the offset until it is released. */
export async function* stalled(answer: Answer, offset: number, released: Promise<void>): AsyncGenerator<Uint8Array> {
  let front = 0;
  for await (const chunk of answer.read()) {
    const cut = Math.max(0, Math.min(chunk.length, offset - front));
    const isHere = front <= offset && offset < front + chunk.length;
    front += chunk.length;
    if (cut > 0) yield chunk.subarray(0, cut);
    if (isHere) await released;
    if (cut < chunk.length) yield chunk.subarray(cut);
  }
}

/** The answer and something after it. */
export async function* followed(answer: Answer, extra: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* answer.read();
  yield extra;
}
