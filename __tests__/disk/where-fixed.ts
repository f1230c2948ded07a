// Work as somebody whom the folder does not belong to: root may do everything everywhere. Not a test.

import { chmod } from 'node:fs/promises';

const NOBODY = 65_534;

/** Runs the work while nothing in the folder can be changed. Only where users are told apart by number. */
export async function whereFixed<T>(folder: string, work: () => Promise<T>): Promise<T> {
  await chmod(folder, 0o555);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
    await chmod(folder, 0o755);
  }
}
