// The record of a partial download that outlives its process: which ranges are on disk. Append-only lines of JSON; a line that
// a crash tore is passed over, and so is one about bytes that were not flushed when the system has been started since. Never
// proves a byte: the final digest does.

import { open, writeFile } from 'node:fs/promises';
import * as v from 'valibot';
import type { Digest } from '../../core/digest.ts';
import type { Range } from '../../core/http.ts';
import { mergeRanges } from '../../core/transfer/schedule.ts';
import { onDisk } from '../io-error.ts';
import { bootId, hostId } from '../platform.ts';
import { readText } from '../read-text.ts';
import { statOf } from '../swift-steps.ts';

const VERSION = 1;
/** One line a second for a week is shorter. */
const MOST_BYTES = 128 * 1024 * 1024;
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
const lineSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ range: v.tuple([offsetSchema, offsetSchema]), boot: v.optional(v.string()) }),
);

/** What a journal is about. */
export interface JournalSubject {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

export type Lasting = 'written' | 'flushed';

export interface Journal {
  /** `written` bytes survive the process, `flushed` ones the system: whoever reads the journal takes its word.
   * @throws DISK_FULL, DISK_IO */
  append(ranges: readonly Range[], how: Lasting): Promise<void>;
  /** Forgets all ranges. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Begins a journal, over any that is there. @param have what is written already. @throws DISK_FULL, DISK_IO */
export async function createJournal(path: string, subject: JournalSubject, have: readonly Range[]): Promise<Journal> {
  const first = have.map((range) => toLine(range, 'written'));
  await onDisk(path, () => writeFile(path, toHeader(subject) + first.join('')));
  const handle = await onDisk(path, () => open(path, 'a'));
  const written = new Set(first);
  return {
    async append(ranges, how) {
      const lines = ranges.map((range) => toLine(range, how)).filter((line) => !written.has(line));
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

function toLine({ start, end }: Range, how: Lasting): string {
  return `${JSON.stringify({ range: [start, end], ...(how === 'written' ? { boot: bootId() } : {}) })}\n`;
}

/** The ranges that a journal vouches for; undefined when it is missing or about another content. One that is a link counts as none: whoever
 * takes up the download writes to its journal. */
export async function readJournal(path: string, subject: JournalSubject): Promise<Range[] | undefined> {
  const text = (await statOf(path))?.isFile() === true ? await readText(path, MOST_BYTES) : undefined;
  const [first, ...rest] = (text ?? '').split('\n');
  const header = v.safeParse(headerSchema, first);
  if (!header.success || header.output.digest !== subject.digest || header.output.sizeBytes !== subject.sizeBytes)
    return undefined;
  const ranges = rest.flatMap((line) => {
    const parsed = v.safeParse(lineSchema, line);
    if (!parsed.success || (parsed.output.boot ?? bootId()) !== bootId()) return [];
    return [{ start: parsed.output.range[0], end: parsed.output.range[1] }];
  });
  return mergeRanges(ranges.filter(({ end }) => end <= subject.sizeBytes));
}
