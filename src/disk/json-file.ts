// Small JSON files that programs leave for one another: written whole or not at all.

import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { onDisk } from './io-error.ts';

/** Writes beside the final name first. @throws DISK_FULL, DISK_IO */
export async function writeJson(file: string, value: unknown): Promise<void> {
  await onDisk(file, async () => {
    await mkdir(path.dirname(file), { recursive: true });
    const temporary = `${file}.${randomUUID()}`;
    await writeFile(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
    await rename(temporary, file);
  });
}

/** @throws DISK_IO, SyntaxError */
export async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await onDisk(file, () => readFile(file, 'utf8')));
}
