// Listens to what a transfer tells and adds up how long each source was sending. Changes nothing of it.

import type { Emit } from '../../core/events.ts';
import type { Clock } from '../../core/ports.ts';
import type { SourceTime } from '../../core/report/cache.ts';

export interface SourceTimes {
  readonly emit: Emit;
  times(): Record<string, SourceTime>;
}

export function createSourceTimes(emit: Emit, clock: Clock): SourceTimes {
  const seen = new Map<string, { bytes: number; seconds: number }>();
  let lastMs = clock.nowMs();
  return {
    emit(event) {
      if (event.type === 'progress') {
        const nowMs = clock.nowMs();
        for (const [name, bytes] of Object.entries(event.sources)) {
          const before = seen.get(name) ?? { bytes: 0, seconds: 0 };
          const seconds = bytes > before.bytes ? (nowMs - lastMs) / 1000 : 0;
          seen.set(name, { bytes, seconds: before.seconds + seconds });
        }
        lastMs = nowMs;
      }
      emit(event);
    },
    times: () => Object.fromEntries(seen),
  };
}
