// The record of a partial download that outlives its process: which ranges are on disk. Append-only lines of JSON; a line that
// a crash tore is passed over. Never proves a byte: the final digest does.

import { open, readFile, writeFile } from 'node:fs/promises';
import * as v from 'valibot';
import type { Digest } from '../core/digest.ts';
import type { Range } from '../core/http.ts';
import { mergeRanges } from '../core/schedule.ts';
import { ifPresent, onDisk } from './io-error.ts';
import { hostId } from './platform.ts';

const VERSION = 1;
const offsetSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const headerSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    version: v.literal(VERSION),
    digest: v.string(),
    sizeBytes: offsetSchema,
    host: v.string(),
    pid: offsetSchema,
  }),
);
const lineSchema = v.pipe(v.string(), v.parseJson(), v.object({ range: v.tuple([offsetSchema, offsetSchema]) }));

/** What a journal is about. */
export interface JournalSubject {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

export interface Journal {
  /** The ranges must be on disk already: whoever reads the journal takes its word. @throws DISK_FULL, DISK_IO */
  append(ranges: readonly Range[]): Promise<void>;
  /** Forgets all ranges. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Begins a journal, over any that is there. @throws DISK_FULL, DISK_IO */
export async function createJournal(path: string, subject: JournalSubject, have: readonly Range[]): Promise<Journal> {
  await onDisk(path, () => writeFile(path, toHeader(subject) + have.map(toLine).join('')));
  const handle = await onDisk(path, () => open(path, 'a'));
  const written = new Set(have.map(toLine));
  return {
    async append(ranges) {
      const lines = ranges.map(toLine).filter((line) => !written.has(line));
      if (lines.length > 0) await onDisk(path, () => handle.appendFile(lines.join('')));
      for (const line of lines) written.add(line);
    },
    async clear() {
      written.clear();
      await onDisk(path, () => handle.truncate(0).then(() => handle.appendFile(toHeader(subject))));
    },
    close: () => onDisk(path, () => handle.close()),
  };
}

function toHeader({ digest, sizeBytes }: JournalSubject): string {
  return `${JSON.stringify({ version: VERSION, digest, sizeBytes, host: hostId(), pid: process.pid })}\n`;
}

function toLine({ start, end }: Range): string {
  return `${JSON.stringify({ range: [start, end] })}\n`;
}

/** The ranges that a journal vouches for; undefined when it is missing or about another content. */
export async function readJournal(path: string, subject: JournalSubject): Promise<Range[] | undefined> {
  const text = await ifPresent(readFile(path, 'utf8'));
  const [first, ...rest] = (text ?? '').split('\n');
  const header = v.safeParse(headerSchema, first);
  if (!header.success || header.output.digest !== subject.digest || header.output.sizeBytes !== subject.sizeBytes)
    return undefined;
  const ranges = rest.flatMap((line) => {
    const parsed = v.safeParse(lineSchema, line);
    return parsed.success ? [{ start: parsed.output.range[0], end: parsed.output.range[1] }] : [];
  });
  return mergeRanges(ranges.filter(({ end }) => end <= subject.sizeBytes));
}
