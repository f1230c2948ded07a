// The bytes of a small file, gathered in memory: one write when it is closed, and none when it is given up.

import type { Range } from '../../core/http.ts';
import { mergeRanges, withoutRange } from '../../core/transfer/schedule.ts';
import { onDisk } from '../io-error.ts';
import { writeNew } from '../swift-steps.ts';
import type { RangeFile } from './range-file.ts';

export interface RangeMemory extends RangeFile {
  /** Empty once it is closed: whoever still holds the file holds no content. */
  readonly bytes: Uint8Array;
  /** Takes bytes in that `note` will be told of. */
  put(offsetBytes: number, chunk: Uint8Array): void;
}

const NOTHING = new Uint8Array();

/** @param path is free; the file is made by `close`. */
export function openRangeMemory(path: string, sizeBytes: number): RangeMemory {
  let bytes = new Uint8Array(sizeBytes);
  let ranges: readonly Range[] = [];
  const note = (start: number, countBytes: number) => {
    ranges = mergeRanges([...ranges, { start, end: start + countBytes }]);
  };
  return {
    get bytes() {
      return bytes;
    },
    get ranges() {
      return ranges;
    },
    get frontBytes() {
      return ranges[0]?.start === 0 ? ranges[0].end : 0;
    },
    put(offsetBytes, chunk) {
      bytes.set(chunk, offsetBytes);
    },
    async write(offsetBytes, chunk) {
      bytes.set(chunk, offsetBytes);
      note(offsetBytes, chunk.length);
    },
    note,
    waitFor: () => undefined,
    forget(range) {
      ranges = withoutRange(ranges, range);
    },
    settled: async () => undefined,
    sync: async () => undefined,
    async clear() {
      ranges = [];
    },
    async close() {
      await onDisk(path, () => writeNew(path, bytes));
      bytes = NOTHING;
    },
  };
}
