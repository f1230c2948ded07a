// Fetching in a thread: a reader's bytes go to their place in the file and through its hash, and the other side hears how far they are.

import { writeSync } from 'node:fs';
import type { FetchTask, LeanReader } from '../../core/ports.ts';
import { diskError } from '../io-error.ts';
import type { FileHash } from './hash-file.ts';
import { type FetchNews, toPlainError } from './hash-message.ts';

/** News of bytes are gathered for so long: each costs both threads a wake-up. */
const NEWS_EVERY_MS = 5;

export interface FetchTarget {
  readonly path: string;
  /** Open for writing. */
  readonly file: number;
  readonly hash: FileHash;
}

/** Never rejects: the last news tells how it ended. */
export async function runFetch(
  task: FetchTask,
  parts: { reader: LeanReader; target: FetchTarget; say: (news: FetchNews) => void },
  signal: AbortSignal,
): Promise<void> {
  const { reader, target, say } = parts;
  let offsetBytes = task.range.start;
  let untold = 0;
  let toldMs = performance.now();
  const sink = (bytes: Uint8Array) => {
    writeAll(target, offsetBytes, bytes);
    target.hash.feed(offsetBytes, bytes);
    offsetBytes += bytes.length;
    untold += bytes.length;
    if (performance.now() - toldMs < NEWS_EVERY_MS) return;
    say({ news: 'bytes', countBytes: untold });
    untold = 0;
    toldMs = performance.now();
  };
  try {
    const outcome = await reader.fetch(task, sink, () => say({ news: 'head' }), signal);
    say({ news: 'end', countBytes: untold, outcome });
  } catch (error) {
    say({ news: 'end', countBytes: untold, outcome: { kind: 'failed', ...toPlainError(error) } });
  }
}

function writeAll({ path, file }: FetchTarget, offsetBytes: number, bytes: Uint8Array): void {
  try {
    for (let done = 0; done < bytes.length; )
      done += writeSync(file, bytes, done, bytes.length - done, offsetBytes + done);
  } catch (error) {
    throw diskError(error, path);
  }
}
