// Counts what moves and tells it a few times a second; never once a chunk.

import type { Emit, Progress } from '../../core/events.ts';
import type { Clock } from '../../core/ports.ts';
import { totalBytes } from '../../core/snapshot.ts';

const INTERVAL_MS = 200;

/** Anything that stands for a file on its way. */
export interface Sized {
  readonly file: { readonly sizeBytes: number };
}

export interface ProgressCount {
  /** @param delta bytes; negative when bytes turned out to be worth nothing */
  add(delta: number, source: string | undefined): void;
  fileDone(): void;
  flush(): void;
}

export function createProgress(items: readonly Sized[], deps: { clock: Clock; emit: Emit }): ProgressCount {
  const total = totalBytes(items.map((item) => item.file));
  const sources: Record<string, number> = {};
  let doneBytes = 0;
  let doneFiles = 0;
  let toldMs = deps.clock.nowMs();

  const flush = () => {
    toldMs = deps.clock.nowMs();
    const progress: Progress = {
      doneBytes,
      totalBytes: total,
      doneFiles,
      totalFiles: items.length,
      sources: { ...sources },
    };
    deps.emit({ type: 'progress', ...progress });
  };
  const flushNowAndThen = () => {
    if (deps.clock.nowMs() - toldMs >= INTERVAL_MS) flush();
  };
  return {
    add(delta, source) {
      doneBytes += delta;
      if (source !== undefined) sources[source] = (sources[source] ?? 0) + delta;
      flushNowAndThen();
    },
    fileDone() {
      doneFiles += 1;
      flushNowAndThen();
    },
    flush,
  };
}
