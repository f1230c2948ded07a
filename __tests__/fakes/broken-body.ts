// Bodies of answers with something wrong in them. Each takes the answer it spoils; when that happens is for the plan of faults.

import { setTimeout } from 'node:timers/promises';
import type { Answer } from './file-answer.ts';

/** Together 1 KB/s, in steps that no limit on silence sees. */
const TRICKLE_BYTES = 100;
const TRICKLE_MS = 100;

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

/** The answer, which after the offset comes at 1 KB/s until it is released. */
export async function* trickled(answer: Answer, offset: number, released: Promise<void>): AsyncGenerator<Uint8Array> {
  let front = 0;
  let isReleased = false;
  void released.then(() => {
    isReleased = true;
  });
  for await (const chunk of answer.read()) {
    const cut = Math.max(0, Math.min(chunk.length, offset - front));
    front += chunk.length;
    if (cut > 0) yield chunk.subarray(0, cut);
    for (let at = cut; at < chunk.length; ) {
      const to = isReleased ? chunk.length : Math.min(chunk.length, at + TRICKLE_BYTES);
      yield chunk.subarray(at, to);
      at = to;
      if (!isReleased) await Promise.race([released, setTimeout(TRICKLE_MS)]);
    }
  }
}

/** The answer at a pace. @param bytesPerSecond of this answer alone */
export async function* paced(answer: Answer, bytesPerSecond: number): AsyncGenerator<Uint8Array> {
  const step = Math.max(1, Math.floor(bytesPerSecond / 50));
  for await (const chunk of answer.read()) {
    for (let at = 0; at < chunk.length; at += step) {
      yield chunk.subarray(at, at + step);
      await setTimeout(20);
    }
  }
}

/** Perhaps something at first, and then nothing until it is released. */
export async function* silence(released: Promise<void>, first?: Uint8Array): AsyncGenerator<Uint8Array> {
  if (first !== undefined) yield first;
  await released;
}
