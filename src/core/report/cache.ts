// What the runner cache brought a run, and what that was worth. Pure.

import { showBytes, showSeconds } from '../text/show.ts';

/** How much a source sent, and during how many seconds something of it arrived. */
export interface SourceTime {
  readonly bytes: number;
  readonly seconds: number;
}

export interface CacheReport {
  /** Entries that were asked for, and those that were there and of use. */
  readonly asked: number;
  readonly found: number;
  readonly lookupSeconds: number;
  /** Reading packs of small files, before anything else moves. */
  readonly packSeconds: number;
  /** Bytes that the cache sent. */
  readonly bytes: number;
  /** All that the cache took: asking, packs, and the time during which it was sending. */
  readonly seconds: number;
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
  /** Large files that the cache sent whole, before the transfer. */
  readonly whole: SourceTime;
  /** By source, of the transfer. */
  readonly times: Readonly<Record<string, SourceTime>>;
  /** The name of the cache among them. */
  readonly source: string;
}

/** Less says more about connecting than about the source. */
const MEASURABLE_BYTES = 4 * 1024 * 1024;

export function createCacheReport({ times, whole, source, ...counts }: CacheReportInput): CacheReport {
  const { bytes, seconds } = times[source] ?? { bytes: 0, seconds: 0 };
  const sending: SourceTime = { bytes: bytes + whole.bytes, seconds: seconds + whole.seconds };
  const measured = Object.entries({ ...times, [source]: sending }).filter(
    ([, { bytes, seconds }]) => bytes >= MEASURABLE_BYTES && seconds > 0,
  );
  const rates = Object.fromEntries(measured.map(([name, { bytes, seconds }]) => [name, Math.round(bytes / seconds)]));
  const others = Object.entries(rates).filter(([name]) => name !== source);
  const best = Math.max(0, ...others.map(([, rate]) => rate));
  const costSeconds = counts.lookupSeconds + counts.packSeconds + sending.seconds;
  const savedSeconds = best === 0 ? null : counts.bytes / best - costSeconds;
  return { ...counts, seconds: costSeconds, rates, savedSeconds };
}

/** One paragraph of plain text. */
export function describeCache(report: CacheReport): string {
  const { asked, found, bytes, seconds, lookupSeconds, packSeconds, rates, savedSeconds } = report;
  const pack = packSeconds >= 0.05 ? `, small files took ${showSeconds(packSeconds)}` : '';
  const speeds = Object.entries(rates).map(([name, rate]) => `${name} ${showBytes(rate)}/s`);
  const parts = [
    `Runner cache: ${found} of ${asked} entries, ${showBytes(bytes)} in ${showSeconds(seconds)}; of that, looking up took ${showSeconds(lookupSeconds)}${pack}.`,
    ...(speeds.length === 0 ? [] : [`Measured: ${speeds.join(', ')}.`]),
    savedSeconds === null ? UNCOMPARED : worth(savedSeconds),
  ];
  return parts.join(' ');
}

const UNCOMPARED = 'No other source sent enough to be measured, so there is nothing to compare it with.';

function worth(savedSeconds: number): string {
  return savedSeconds >= 0
    ? `It saved about ${showSeconds(savedSeconds)}.`
    : `It cost about ${showSeconds(-savedSeconds)}: the other sources are quicker than it was.`;
}
