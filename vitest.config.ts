import { availableParallelism } from 'node:os';
import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';

// Each process and each hashing thread that a test starts reads our TypeScript anew; what Node made of it is kept from one to the next.
process.env['NODE_COMPILE_CACHE'] ??= path.join(import.meta.dirname, 'node_modules', '.cache', 'compile');

// A long file that begins last leaves the other processors with nothing to do. Where no earlier run has measured them, these are long.
const LONGEST = [
  'flows/upload-kill',
  'flows/upload-faults',
  'flows/faults',
  'e2e/action',
  'flows/sources',
  'flows/cache',
  'flows/silence',
  'flows/cache-damage',
  'flows/shared-store',
  'soak/soak',
  'flows/circumstances',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: Parameters<BaseSequencer['sort']>[0]) {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: (typeof files)[number]) =>
      LONGEST.some((name) => moduleId.endsWith(`/${name}.test.ts`));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

// What is pure, or closes all that it opens, needs no process of its own for each file.
const TOGETHER = ['core', 'hubs', 'net'].map((room) => `__tests__/${room}/**/*.test.ts`);

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What is waited for comes soon, but for a busy machine; nobody waits longer than it takes.
    expect: { poll: { timeout: 20_000 } },
    pool: 'forks',
    maxWorkers: Math.max(2, availableParallelism()),
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: 'each alone', include: ['__tests__/**/*.test.ts'], exclude: TOGETHER } },
      { extends: true, test: { name: 'together', include: TOGETHER, isolate: false } },
    ],
  },
});
