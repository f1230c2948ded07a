// The lean reader for short answers, many of them: an exchange costs it a fraction of what it costs the full client.

import type { LeanReader } from '../core/ports.ts';
import { createLeanReader } from './lean-reader.ts';

const READ_BYTES = 64 * 1024;
/** A host whose answers only the full client reads frames all of them so, and would be asked twice for each file. */
const MOST_ODD_IN_A_ROW = 3;

/** A lean reader that does not ask a host any more after a few answers of it in a row that it could not read. */
export function createSmallReader(): LeanReader {
  const reader = createLeanReader(READ_BYTES);
  // By origin: a hub whose redirects are plain may lead to a file host whose answers are not.
  const odd = new Map<string, number>();
  return {
    async fetch(task, sink, onHead, signal) {
      const { origin } = new URL(task.wire.url);
      const inARow = () => odd.get(origin) ?? 0;
      if (inARow() >= MOST_ODD_IN_A_ROW) return { kind: 'odd' };
      const fetched = await reader.fetch(task, sink, onHead, signal);
      if (fetched.kind === 'odd') odd.set(origin, inARow() + 1);
      else odd.delete(origin);
      return fetched;
    },
  };
}
