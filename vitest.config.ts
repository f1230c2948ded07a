import path from 'node:path';
import { defineConfig } from 'vitest/config';

// Each process and each hashing thread that a test starts reads our TypeScript anew; what Node made of it is kept from one to the next.
process.env['NODE_COMPILE_CACHE'] ??= path.join(import.meta.dirname, 'node_modules', '.cache', 'compile');

export default defineConfig({
  test: {
    include: ['__tests__/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
