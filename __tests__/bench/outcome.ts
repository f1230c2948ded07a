// Whether a client did what it was asked to: every file there, every digest right. Not timed; an exit code alone proves nothing.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { FixtureFile } from './fixture.ts';
import type { Measured } from './measure.ts';

/** `verified`, or what went wrong. */
export async function judge(measured: Measured, folder: string, files: readonly FixtureFile[]): Promise<string> {
  if (measured.exitCode === undefined) return 'stopped at the time limit';
  const wrong: string[] = [];
  for (const file of files) if ((await digestOf(path.join(folder, file.path))) !== file.sha256) wrong.push(file.path);
  const state = wrong.length === 0 ? 'all files right' : `${wrong.length} files missing or wrong`;
  if (measured.exitCode !== 0) return `failed (exit ${measured.exitCode}), ${state}`;
  return wrong.length === 0 ? 'verified' : `exit 0, ${state}`;
}

async function digestOf(file: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash);
    return hash.digest('hex');
  } catch {
    // Missing or unreadable, which is as wrong as another content.
    return undefined;
  }
}
