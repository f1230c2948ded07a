// Tests as somebody who may not do everything: to root no folder is closed. Not a test.

const NOBODY = 65_534;

/** The test, which makes all that it needs as that user too. */
export function asUser(test: () => Promise<void>): () => Promise<void> {
  if (process.geteuid?.() !== 0) return test;
  return async () => {
    process.seteuid?.(NOBODY);
    try {
      await test();
    } finally {
      process.seteuid?.(0);
    }
  };
}

/** Windows knows no such users. */
export const hasUsers = process.platform !== 'win32';
