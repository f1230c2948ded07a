// Finds the end of a pack's head in a stream, and gives the stream from there on. The head is only a hint of where members lie.

import { type PackHead, type PackMember, parsePackHead } from '../../core/cache/pack.ts';
import { ModelFetchError } from '../../core/errors.ts';

export interface OpenedPack {
  readonly members: readonly PackMember[];
  /** Everything behind the head. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** @throws SIZE_MISMATCH when it is no pack; what the body fails with */
export async function readPackHead(body: AsyncIterable<Uint8Array>): Promise<OpenedPack> {
  const iterator = body[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  let triedBytes = 0;
  for (;;) {
    const { done, value } = await iterator.next();
    if (done !== true) {
      chunks.push(value);
      sizeBytes += value.length;
      // A long head is looked through each time it has doubled, not with each chunk.
      if (sizeBytes < 2 * triedBytes) continue;
    }
    triedBytes = sizeBytes;
    const bytes = Buffer.concat(chunks);
    const head: PackHead = parsePackHead(bytes);
    if (head.kind === 'head') {
      return { members: head.members, chunks: resume(bytes.subarray(head.sizeBytes), iterator) };
    }
    if (head.kind === 'wrong' || done === true) throw brokenPack('is no pack');
  }
}

async function* resume(first: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  yield first;
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
}

/** For an entry that is not the pack that it should be. */
export function brokenPack(how: string): ModelFetchError {
  return new ModelFetchError('SIZE_MISMATCH', `A pack of the runner cache ${how}.`);
}
