// How much disk a folder takes at most while something runs: blocks of each file once, however many names it has.

import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

const INTERVAL_MS = 50;

export interface DiskWatch {
  /** @returns the most that it took, in bytes */
  stop(): number;
}

export function watchDisk(folder: string): DiskWatch {
  let peakBytes = 0;
  const look = () => {
    peakBytes = Math.max(peakBytes, usedBytes(folder));
  };
  const timer = setInterval(look, INTERVAL_MS);
  return {
    stop() {
      clearInterval(timer);
      look();
      return peakBytes;
    },
  };
}

export function usedBytes(folder: string): number {
  const blocks = new Map<number, number>();
  const names = ifThere(() => readdirSync(folder, { recursive: true, withFileTypes: true })) ?? [];
  for (const entry of names) {
    const found = entry.isFile() ? ifThere(() => statSync(path.join(entry.parentPath, entry.name))) : undefined;
    if (found !== undefined) blocks.set(found.ino, found.blocks);
  }
  return [...blocks.values()].reduce((sum, count) => sum + count * 512, 0);
}

// Files come and go while it looks.
function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
