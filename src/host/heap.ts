// How much memory the engine underneath may spend on garbage that it has not collected yet. Changes nothing else.

import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8';

/** A heap below this is left alone: it is that of a run with few files, which collecting would only hold up. */
const SMALL_BYTES = 32 * 1024 * 1024;
/** Enough for the youngest objects of many small files; eight times as much is no faster. */
const YOUNG_BYTES = 16 * 1024 * 1024;

/** Keeps garbage small where left alone it grows with the memory of the machine: the old generation of a large heap is collected when
 * it has grown by half, and the young one grows to 16 MB in place of 128. To be called first. */
export function keepHeapSmall(): void {
  const observer = new PerformanceObserver(() => {
    const isYoungLarge = youngBytes() >= YOUNG_BYTES;
    if (!isYoungLarge && getHeapStatistics().total_heap_size < SMALL_BYTES) return;
    setFlagsFromString('--heap-growing-percent=50');
    if (!isYoungLarge) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    observer.disconnect();
  });
  observer.observe({ entryTypes: ['gc'] });
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;
}
