// Bit rot for tests.

import { chmod, open, stat } from 'node:fs/promises';

/** Turns one bit of a file in place, whatever its mode. */
export async function flipByte(path: string, offsetBytes = 0): Promise<void> {
  const { mode } = await stat(path);
  await chmod(path, 0o644);
  const handle = await open(path, 'r+');
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, offsetBytes);
  await handle.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, offsetBytes);
  await handle.close();
  await chmod(path, mode);
}
