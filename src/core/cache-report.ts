// What the runner cache brought a run, and what that was worth. Pure.

import { showBytes, showSeconds } from './text.ts';

/** How much a source sent, and during how many seconds something of it arrived. */
export interface SourceTime {
  readonly bytes: number;
  readonly seconds: number;
}

export interface CacheReport {
  /** Entries that were asked for, and those that were there. */
  readonly asked: number;
  readonly found: number;
  readonly lookupSeconds: number;
  /** Reading packs of small files, before anything else moves. */
  readonly packSeconds: number;
  /** Bytes that the cache sent. */
  readonly bytes: number;
  /** Bytes a second of each source that sent enough to be measured. */
  readonly rates: Readonly<Record<string, number>>;
  /** Against having everything from the quickest other source of this run, at its measured rate; negative when the cache cost time.
   * Null when no other source sent enough to be measured. */
  readonly savedSeconds: number | null;
}

export interface CacheReportInput {
  readonly asked: number;
  readonly found: number;
  readonly lookupSeconds: number;
  readonly packSeconds: number;
  readonly bytes: number;
  /** By source, without what came in packs. */
  readonly times: Readonly<Record<string, SourceTime>>;
  /** The name of the cache among them. */
  readonly source: string;
}

/** Less says more about connecting than about the source. */
const MEASURABLE_BYTES = 4 * 1024 * 1024;

export function createCacheReport({ times, source, ...counts }: CacheReportInput): CacheReport {
  const measured = Object.entries(times).filter(([, { bytes, seconds }]) => bytes >= MEASURABLE_BYTES && seconds > 0);
  const rates = Object.fromEntries(measured.map(([name, { bytes, seconds }]) => [name, Math.round(bytes / seconds)]));
  const others = Object.entries(rates).filter(([name]) => name !== source);
  const best = Math.max(0, ...others.map(([, rate]) => rate));
  const costSeconds = counts.lookupSeconds + counts.packSeconds + (times[source]?.seconds ?? 0);
  const savedSeconds = best === 0 ? null : counts.bytes / best - costSeconds;
  return { ...counts, rates, savedSeconds };
}

/** One paragraph of plain text. */
export function describeCache(report: CacheReport): string {
  const { asked, found, bytes, lookupSeconds, packSeconds, rates, savedSeconds } = report;
  const pack = packSeconds >= 0.05 ? `, small files took ${showSeconds(packSeconds)}` : '';
  const speeds = Object.entries(rates).map(([name, rate]) => `${name} ${showBytes(rate)}/s`);
  const parts = [
    `Runner cache: ${found} of ${asked} entries, ${showBytes(bytes)}; looking up took ${showSeconds(lookupSeconds)}${pack}.`,
    ...(speeds.length === 0 ? [] : [`Measured: ${speeds.join(', ')}.`]),
    ...(savedSeconds === null ? [] : [worth(savedSeconds)]),
  ];
  return parts.join(' ');
}

function worth(savedSeconds: number): string {
  return savedSeconds >= 0
    ? `It saved about ${showSeconds(savedSeconds)}.`
    : `It cost about ${showSeconds(-savedSeconds)}: the other sources are quicker than it was.`;
}
