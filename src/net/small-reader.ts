// The lean reader for short answers, many of them: an exchange costs it a fraction of what it costs the full client.

import type { LeanReader } from '../core/ports.ts';
import { createLeanReader } from './lean-reader.ts';

const READ_BYTES = 64 * 1024;
/** A host whose answers only the full client reads frames all of them so, and would be asked twice for each file. */
const MOST_ODD_IN_A_ROW = 3;

/** A lean reader that asks nobody any more after a few answers in a row that it could not read. */
export function createSmallReader(): LeanReader {
  const reader = createLeanReader(READ_BYTES);
  let odd = 0;
  return {
    async fetch(task, sink, onHead, signal) {
      if (odd >= MOST_ODD_IN_A_ROW) return { kind: 'odd' };
      const fetched = await reader.fetch(task, sink, onHead, signal);
      odd = fetched.kind === 'odd' ? odd + 1 : 0;
      return fetched;
    },
  };
}
