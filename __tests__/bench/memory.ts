// The peak memory of a tree of processes, sampled from /proc while it runs. Reads only.

import { readFileSync } from 'node:fs';

const SAMPLE_MS = 20;

export interface MemoryWatch {
  /** Ends the sampling. The most that all processes below the root held together at one sample, or the most that one of them ever
   * held, whichever is more. Resident bytes; pages that processes share count once for each. */
  stop(): number;
}

/** @param rootPid the process whose descendants count; itself it does not */
export function watchMemory(rootPid: number): MemoryWatch {
  let peakBytes = 0;
  const timer = setInterval(() => {
    const tree = childrenOf(rootPid).map(statusOf);
    const togetherBytes = tree.reduce((sum, { residentBytes }) => sum + residentBytes, 0);
    peakBytes = Math.max(peakBytes, togetherBytes, ...tree.map(({ highestBytes }) => highestBytes));
  }, SAMPLE_MS);
  return {
    stop() {
      clearInterval(timer);
      return peakBytes;
    },
  };
}

// Clients start processes from their main thread, so only its children are asked for.
function childrenOf(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...childrenOf(child)]);
}

function statusOf(pid: number): { residentBytes: number; highestBytes: number } {
  const text = read(`/proc/${pid}/status`);
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
  return { residentBytes: field('VmRSS'), highestBytes: field('VmHWM') };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The process has ended since it was listed.
    return '';
  }
}
