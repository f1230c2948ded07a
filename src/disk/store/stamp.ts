// What a file's metadata says about whether its bytes may have changed. Reads metadata only.

import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import * as v from 'valibot';
import { ifPresent } from '../io-error.ts';
import { statOf } from '../swift-steps.ts';

/** Changes with any write, and with any replacement of the file. Not the change time: making or removing a hard link moves it. */
export const stampSchema = v.object({
  dev: v.string(),
  ino: v.string(),
  sizeBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  /** Nanoseconds; text, as they do not fit a number. */
  mtimeNs: v.string(),
});

export type Stamp = Readonly<v.InferOutput<typeof stampSchema>>;

/** What lies at a path, links not followed; `other` is anything but a regular file. */
export async function look(path: string): Promise<Stamp | 'absent' | 'other'> {
  const found = await statOf(path);
  if (found === undefined) return 'absent';
  return found.isFile() ? toStamp(found) : 'other';
}

/** The stamp of a regular file; undefined for anything else. */
export async function stampOf(path: string): Promise<Stamp | undefined> {
  const seen = await look(path);
  return typeof seen === 'string' ? undefined : seen;
}

/** Of a file that is not ours: its change time too, which no program can set back. Links to it cost a further hash, and no more. */
export const originSchema = v.object({ ...stampSchema.entries, ctimeNs: v.string() });
export type OriginStamp = Readonly<v.InferOutput<typeof originSchema>>;

/** The stamp of the regular file that a path leads to, links followed; undefined for anything else. */
export async function stampThrough(path: string): Promise<OriginStamp | undefined> {
  const found = await ifPresent(stat(path, { bigint: true }));
  return found?.isFile() === true ? { ...toStamp(found), ctimeNs: `${found.ctimeNs}` } : undefined;
}

function toStamp(stat: BigIntStats): Stamp {
  return { dev: `${stat.dev}`, ino: `${stat.ino}`, sizeBytes: Number(stat.size), mtimeNs: `${stat.mtimeNs}` };
}

/** Whether both are the same file with, by all signs, the same bytes. */
export function sameStamp(a: Stamp, b: Stamp): boolean {
  return sameInode(a, b) && a.sizeBytes === b.sizeBytes && a.mtimeNs === b.mtimeNs;
}

/** Whether both are names of one file. */
export function sameInode(a: Stamp, b: Stamp): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

// The coarsest clock of a file system we may meet ticks every two seconds (FAT).
const TICK_MS = 2000;

/** A time for a finished file, in seconds: so far back that a write after now cannot leave the same time behind. */
export function settledSeconds(nowMs: number): number {
  return (Math.floor(nowMs / TICK_MS) * TICK_MS - TICK_MS) / 1000;
}

/** Whether a write after now must show in the file's time. */
export function isSettled(stamp: Stamp, nowMs: number): boolean {
  return Number(BigInt(stamp.mtimeNs) / 1_000_000n) < nowMs - TICK_MS;
}
