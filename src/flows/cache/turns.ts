// Whose turn it is while a body is read: its host's while the next bytes are waited for, ours while they are put away.

import type { Rival } from './rival.ts';

/** The same chunks; while one of them is in hand nobody waits for the host. */
export async function* turnByTurn(
  body: AsyncIterable<Uint8Array>,
  { work }: Pick<Rival, 'work'>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    const done = work();
    try {
      yield chunk;
    } finally {
      done();
    }
  }
}
