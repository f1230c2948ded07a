// The slot of a content that another process brought in meanwhile: nothing is missing, and it gives the blob.

import type { Blob, Slot } from '../../core/ports.ts';
import { throwIfAborted } from '../abort.ts';

export function landedSlot(blob: Blob): Slot {
  return {
    missing: [],
    resumedBytes: 0,
    lostBytes: 0,
    write: () => Promise.reject(new Error('nothing is missing from this slot')),
    marks: [],
    doubt: () => undefined,
    reset: async () => undefined,
    async commit(signal) {
      throwIfAborted(signal);
      return blob;
    },
    suspend: async () => undefined,
  };
}
